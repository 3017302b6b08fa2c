"""One document version from its bytes to `done`: read, split, hand to the shared stages, settle, finish.

Every step may be repeated. Pages are kept as they are read, chunks are keyed by content, and the status is written
last, so that a run which is killed anywhere is simply run again and pays only for what is missing.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from core.errors import EmptyDocument, LimitExceeded, PasswordNeeded, QuellwerkError, ReadError
from core.ingest.stages import Stages
from core.ingest.stores import Stores
from core.ingest.ticket import RunCancelled, RunStopped, Ticket, Work
from core.reading.pool import ReaderPool
from core.records import Attachment, Chunk, DocumentHead, DocumentStatus, Page
from core.splitting.splitter import embedding_text, heading_prefix, split
from storage.catalog import Arrival, Version
from storage.errors import StorageError

log = logging.getLogger(__name__)

READER = "1"  # raise it when a reader's output changes: what older ones made of a file is then read again
FLUSH_CHUNKS = 24
FLUSH_S = 0.3
PAGES_AT_ONCE = 16
MAX_ATTACHMENT_BYTES = 256 * 1024 * 1024
FINAL_READ_ERRORS = (LimitExceeded, PasswordNeeded, EmptyDocument)

CountTokens = Callable[[str], int]
Adopt = Callable[[Sequence[Arrival]], None]


class Runner:
    """Runs document versions. Stateless between runs; `start` and `finish` are separate so that runs can overlap."""

    def __init__(
        self, stores: Stores, readers: ReaderPool, stages: Stages, count_tokens: CountTokens, limit: int, adopt: Adopt
    ) -> None:
        self._stores = stores
        self._readers = readers
        self._stages = stages
        self._count_tokens = count_tokens
        self._limit = limit
        self._adopt = adopt

    def start(self, version: Version, ticket: Ticket) -> DocumentRun:
        """Read and split a version and hand its chunks to the stages. Failures are kept for `finish`."""
        run = DocumentRun(self._stores, self._readers, self._stages, version, ticket)
        run.read(self._count_tokens, self._limit)
        return run

    def finish(self, run: DocumentRun) -> DocumentStatus:
        """Wait for the stages, settle the rows, write the status. Raises RunStopped when the workbench closes."""
        return run.settle(self._adopt_from)

    def _adopt_from(self, run: DocumentRun) -> None:
        """Take in what was found inside. Before the status is written, so that whoever waits sees it coming."""
        arrivals = []
        for name, content_hash in run.attachments:
            path = self._stores.files.path(content_hash)
            if path.is_file():  # it may have been deleted since an earlier run found it
                size = path.stat().st_size
                arrivals.append(Arrival(name, content_hash, size, parent_id=run.version.document_id))
        if arrivals:
            self._adopt(arrivals)


class DocumentRun:
    """The state of one run. Used by one thread."""

    def __init__(self, stores: Stores, readers: ReaderPool, stages: Stages, version: Version, ticket: Ticket) -> None:
        self.version = version
        self.attachments: list[tuple[str, str]] = []
        self._stores = stores
        self._readers = readers
        self._stages = stages
        self._ticket = ticket
        self._head: DocumentHead | None = None
        self._kept: set[str] = set()
        self._languages: Counter[str] = Counter()
        self._page_errors: list[str] = []
        self._error: Exception | None = None
        self._began = time.monotonic()

    # -- read and split --------------------------------------------------------------------------------------------

    def read(self, count_tokens: CountTokens, limit: int) -> None:
        """Bring all chunks of the document under way. Expected failures are kept for `settle`."""
        self._stores.catalog.set_version(self.version.id, status=DocumentStatus.RUNNING.value, stage="read")
        try:
            with closing(self._pages()) as pages:
                first = next(pages, None)  # the head is known from here on
                head = self._head
                if first is None or head is None:
                    raise EmptyDocument("There is no text in this document.", "Check that it opens elsewhere.")
                chunks = split(
                    self._until_broken(first, pages),
                    document_id=self.version.document_id,
                    version_id=self.version.id,
                    title=head.title or self.version.name,
                    paged=head.pages is not None,
                    count_tokens=count_tokens,
                    limit=limit,
                )
                self._hand_over(chunks, head.title or self.version.name)
            self._stores.catalog.set_version(self.version.id, stage="embed")
        except (RunCancelled, RunStopped) as error:
            self._error = error
        except (QuellwerkError, StorageError) as error:
            self._error = self._ticket.reason() or error
        except Exception as error:
            log.exception("reading %s failed", self.version.id)
            self._error = error

    def _until_broken(self, first: Page, rest: Iterator[Page]) -> Iterator[Page]:
        """All pages; a document that breaks in the middle ends there, so that what came before is kept whole."""
        yield first
        try:
            yield from rest
        except FINAL_READ_ERRORS:
            raise
        except ReadError as error:
            self._ticket.check()  # a reader that was told to end is no broken document
            self._error = error

    def _hand_over(self, chunks: Iterator[Chunk], title: str) -> None:
        waiting: list[Chunk] = []
        flushed = time.monotonic()
        for chunk in chunks:
            waiting.append(chunk)
            if len(waiting) >= FLUSH_CHUNKS or time.monotonic() - flushed > FLUSH_S:
                self._flush(waiting, title)
                waiting, flushed = [], time.monotonic()
        self._flush(waiting, title)

    def _flush(self, batch: list[Chunk], title: str) -> None:
        if not batch:
            return
        self._ticket.check()
        indexed = self._stores.chunks.add(self.version.id, batch)
        for chunk in batch:
            self._kept.add(chunk.chunk_id)
            self._languages[chunk.language] += 1
            if chunk.chunk_id not in indexed:
                heading = heading_prefix(title, chunk.heading)
                self._stages.submit(Work(chunk, embedding_text(chunk, title), self._ticket, heading))

    def _pages(self) -> Generator[Page]:
        """Pages from the cache, then from a reader; sets the head before the first one."""
        cache, file_hash = self._stores.cache, self.version.readable_hash
        parsed = cache.parsed(file_hash, READER)
        if parsed is not None:
            self._set_head(parsed.head)
            self.attachments = list(parsed.attachments)
            for page in cache.pages(file_hash):
                yield self._seen(page)
            if parsed.complete:
                return
        # Only a PDF can be entered in the middle; the others are read again, and their known pages passed over.
        known = parsed.pages if parsed is not None else 0
        start = known + 1 if parsed is not None and parsed.head.kind == "pdf" else 1
        waiting: list[Page] = []
        flushed = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="quellwerk-") as findings:
            found = self._readers.read(  # a generator: leaving early ends the reader
                self._stores.files.path(file_hash),
                self.version.name,
                start_page=start,
                findings=Path(findings),
                cancel=self._ticket.cancelled,
            )
            with closing(found):
                for item in found:
                    self._ticket.check()
                    if isinstance(item, DocumentHead):
                        self._set_head(item)
                        cache.start(file_hash, READER, item)
                    elif isinstance(item, Attachment):
                        self._keep_attachment(item)
                    elif item.number > known:
                        waiting.append(item)
                        if len(waiting) >= PAGES_AT_ONCE or time.monotonic() - flushed > FLUSH_S:
                            yield from self._keep_pages(waiting)
                            waiting, flushed = [], time.monotonic()
            yield from self._keep_pages(waiting)
            cache.complete(file_hash, READER, self.attachments)

    def _keep_pages(self, pages: list[Page]) -> Iterator[Page]:
        if pages:
            self._stores.cache.add_pages(self.version.readable_hash, READER, pages)
            self._stores.catalog.set_version(self.version.id, pages_done=pages[-1].number)
        for page in pages:
            yield self._seen(page)

    def _seen(self, page: Page) -> Page:
        if page.error:
            self._page_errors.append(f"Page {page.number}: {page.error}")
        return page

    def _set_head(self, head: DocumentHead) -> None:
        self._head = head
        self._stores.catalog.set_version(
            self.version.id, kind=head.kind, title=head.title, pages=head.pages, metadata=dict(head.metadata)
        )

    def _keep_attachment(self, found: Attachment) -> None:
        with Path(found.path).open("rb") as source:
            content_hash, _ = self._stores.files.put(source, MAX_ATTACHMENT_BYTES)
        self.attachments.append((found.name, content_hash))

    # -- settle ----------------------------------------------------------------------------------------------------

    def settle(self, before_end: Callable[[DocumentRun], None]) -> DocumentStatus:
        """Wait for the stages and write the final status, after `before_end` if the run went well.

        Raises RunStopped; the version then stays `running`.
        """
        try:
            self._wait()
            return self._conclude(self._error, before_end)
        except RunCancelled:
            return self._conclude(RunCancelled(), before_end)

    def _wait(self) -> None:
        if isinstance(self._error, RunStopped):
            raise self._error
        while not self._ticket.settled(timeout=0.5):
            if self._ticket.stopped.is_set():
                raise RunStopped
            if not self._stages.figures().alive:
                raise RunStopped
        self._ticket.check()

    def _conclude(self, error: Exception | None, before_end: Callable[[DocumentRun], None]) -> DocumentStatus:
        if isinstance(error, RunStopped):
            raise error
        if isinstance(error, RunCancelled):
            self._ticket.settled(timeout=30)
            return self._leave_nothing(DocumentStatus.CANCELLED, None, None)
        salvage = isinstance(error, ReadError) and not isinstance(error, FINAL_READ_ERRORS) and self._kept
        if error is None and not self._kept:
            error = EmptyDocument("No text was found in this document.", "If it is a scan, check that it is readable.")
        if error is not None and not salvage:
            return self._leave_nothing(DocumentStatus.FAILED, _sentence(error), type(error).__name__)
        stale, failed = self._stores.chunks.settle(self.version.id, self._kept)
        self._stores.indexes.forget(stale)
        problems = [_sentence(error)] if error is not None else []
        problems += self._page_errors[:5]
        if failed:
            problems.append(f"{failed} passages could not be indexed; retry them from the library.")
        before_end(self)
        status = DocumentStatus.PARTIAL if problems else DocumentStatus.DONE
        superseded = self._stores.catalog.finish(
            self.version.id,
            status,
            error=" ".join(problems) or None,
            error_type=type(error).__name__ if error is not None else None,
            language=self._languages.most_common(1)[0][0] if self._languages else "",
            seconds=round(time.monotonic() - self._began, 3),
        )
        self._clear(superseded)
        return status

    def _leave_nothing(self, status: DocumentStatus, error: str | None, kind: str | None) -> DocumentStatus:
        self._clear([self.version.id])
        seconds = round(time.monotonic() - self._began, 3)
        self._stores.catalog.finish(self.version.id, status, error=error, error_type=kind, seconds=seconds)
        return status

    def _clear(self, version_ids: list[str]) -> None:
        if version_ids:
            self._stores.indexes.forget(self._stores.chunks.ids_of(version_ids=version_ids))
            self._stores.removal.clear_chunks(version_ids)


def _sentence(error: Exception) -> str:
    if isinstance(error, QuellwerkError | StorageError):
        return str(error)
    return "Something unexpected happened while this document was read. Retry it; the log has the details."
