"""The library: documents come in, are looked at, and go again without a trace."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import CorruptDocument, InvalidRequest, NotFound, QuellwerkError
from core.ingest.jobs import Jobs
from core.ingest.stores import Stores
from core.reading.jsonl import Record, split_records
from core.reading.names import display_name, record_name, suffix
from core.reading.pool import ReaderPool
from core.records import Chunk, Document, DocumentStatus, Page, Receipt, Removed
from storage.catalog import Accepted, Arrival, short_hash
from storage.errors import FileStoreError, RowNotFound
from storage.removal import Remains

RECORD_SUFFIXES = (".jsonl", ".ndjson")
NAMED_BAD_LINES = 100  # of one file; the others are counted
MAX_UNLOCKED_BYTES = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be taken in. `source` is a path, an open binary file, or the bytes; it is read once."""

    name: str
    source: Path | BinaryIO | bytes
    password: str | None = None


class Library:
    """Documents, their versions, chunks and pages.

    `_intake_lock` keeps a delete from removing a file that an upload of the same content has just stored.
    """

    def __init__(self, stores: Stores, jobs: Jobs, readers: ReaderPool, max_bytes: int) -> None:
        self._stores = stores
        self._jobs = jobs
        self._readers = readers
        self._max_bytes = max_bytes
        self._intake_lock = threading.Lock()

    # -- coming in -------------------------------------------------------------------------------------------------

    def add(self, uploads: Sequence[Upload]) -> list[Receipt]:
        """Take files in: one receipt each (one per line of a JSONL file), and the work is queued.

        What is refused (too large, a bad line) has a receipt that says why; the others go on. Content that is here
        already is `skipped`; a known name with other content becomes a new version. Two different files of one call
        that share a name are kept apart by a number.
        """
        receipts: list[Receipt] = []
        taken: dict[str, str] = {}  # name -> content hash, within this call
        queued: list[str] = []
        for upload in uploads:
            name = display_name(upload.name)
            try:
                if name.lower().endswith(RECORD_SUFFIXES):
                    receipts += self._add_records(name, upload, taken, queued)
                else:
                    receipts.append(self._add_file(name, upload, taken, queued))
            except (QuellwerkError, FileStoreError, OSError) as error:
                receipts.append(Receipt(name, DocumentStatus.FAILED, error=_reason(error)))
        self._jobs.submit(self._stores.catalog.versions_in(queued))
        return receipts

    def adopt(self, arrivals: Sequence[Arrival]) -> None:
        """Take in files that were found inside a document and are stored already."""
        accepted = self._stores.catalog.accept(arrivals)
        ids = [item.version_id for item in accepted if item.version_id is not None]
        self._jobs.submit(self._stores.catalog.versions_in(ids))

    def unlock(self, document_id: str, password: str) -> Receipt:
        """Open an encrypted document and queue it. Raises NotFound, PasswordNeeded for a wrong password."""
        document = self.document(document_id)
        with self._intake_lock:
            readable = self._unlocked(self._stores.files.path(document.content_hash), password)
            self._stores.catalog.unlock(document.version_id, readable)
            self._stores.catalog.requeue(document.version_id)
        self._jobs.submit(self._stores.catalog.versions_in([document.version_id]))
        return Receipt(document.name, DocumentStatus.QUEUED, document.id, version=document.version)

    def _add_file(self, name: str, upload: Upload, taken: dict[str, str], queued: list[str]) -> Receipt:
        with self._intake_lock:
            content_hash, size = self._stores.files.put(_opened(upload.source), self._max_bytes)
            name = _apart(name, content_hash, taken)
            (accepted,) = self._stores.catalog.accept([Arrival(name, content_hash, size)])
            if accepted.version_id is not None and upload.password:
                path = self._stores.files.path(content_hash)
                with suppress(QuellwerkError):  # if the password is wrong, the run will say so
                    self._stores.catalog.unlock(accepted.version_id, self._unlocked(path, upload.password))
        return _receipt(name, accepted, queued)

    def _add_records(self, name: str, upload: Upload, taken: dict[str, str], queued: list[str]) -> list[Receipt]:
        receipts: list[Receipt] = []
        with self._intake_lock:
            whole, _ = self._stores.files.put(_opened(upload.source), self._max_bytes)
            try:
                arrivals: list[Arrival] = []
                bundle = short_hash(name, whole)
                for record in self._records(name, whole, receipts):
                    content_hash, size = self._stores.files.put(io.BytesIO(record.data), self._max_bytes)
                    called = _apart(record_name(record.name), content_hash, taken)
                    arrivals.append(Arrival(called, content_hash, size, kind="record", bundle=bundle))
                for arrival, accepted in zip(arrivals, self._stores.catalog.accept(arrivals), strict=True):
                    receipts.append(_receipt(arrival.name, accepted, queued))
            finally:
                if not self._stores.removal.is_referenced(whole):
                    self._stores.files.remove(whole)
        if not receipts:
            raise CorruptDocument(f"There is no record in “{name}”.", "Each line must be one JSON object.")
        return receipts

    def _records(self, name: str, content_hash: str, receipts: list[Receipt]) -> Iterator[Record]:
        bad = 0
        try:
            for found in split_records(self._stores.files.path(content_hash), name):
                if isinstance(found, Record):
                    yield found
                    continue
                bad += 1
                if bad <= NAMED_BAD_LINES:
                    line = f"{name}, line {found.number}"
                    receipts.append(Receipt(line, DocumentStatus.FAILED, error=str(found.error)))
        except QuellwerkError as error:
            receipts.append(Receipt(name, DocumentStatus.FAILED, error=str(error)))
        if bad > NAMED_BAD_LINES:
            more = f"{bad - NAMED_BAD_LINES} more lines are no records. Correct them, and add the file again."
            receipts.append(Receipt(name, DocumentStatus.FAILED, error=more))

    def _unlocked(self, path: Path, password: str) -> str:
        """Store the unlocked copy of an encrypted file and return its hash."""
        with tempfile.TemporaryDirectory(prefix="quellwerk-") as folder:
            target = Path(folder) / "unlocked.pdf"
            self._readers.unlock(path, password, target)
            with target.open("rb") as source:
                return self._stores.files.put(source, MAX_UNLOCKED_BYTES)[0]

    # -- looking ---------------------------------------------------------------------------------------------------

    def documents(self, ids: Sequence[str] | None = None) -> list[Document]:
        """All documents, or those of the given ids that are there; newest first."""
        return self._stores.catalog.documents(ids)

    def with_children(self, ids: Sequence[str]) -> list[Document]:
        """Those of the given documents that are there, and what was found inside them."""
        return self._stores.catalog.documents([*ids, *self._stores.catalog.children(ids)])

    def document(self, document_id: str) -> Document:
        """One document. Raises NotFound."""
        try:
            return self._stores.catalog.document(document_id)
        except RowNotFound as error:
            raise NotFound(f"There is no document {document_id}.", "It may have been deleted.") from error

    def chunks(self, document_id: str, offset: int = 0, limit: int = 50) -> list[Chunk]:
        """A document's chunks in reading order. Raises NotFound."""
        return self._stores.chunks.of_version(self.document(document_id).version_id, offset, limit)

    def pages(self, document_id: str, start: int = 1, limit: int = 20) -> list[Page]:
        """The reading text, from page (or section) `start`. Raises NotFound."""
        version = self._stores.catalog.version(self.document(document_id).version_id)
        return list(self._stores.cache.pages(version.readable_hash, start, limit))

    def versions(self, document_id: str) -> list[Document]:
        """All versions, newest first. Raises NotFound."""
        self.document(document_id)
        return self._stores.catalog.history(document_id)

    def original(self, document_id: str) -> tuple[str, Path]:
        """The name and the stored original of a document. Raises NotFound."""
        document = self.document(document_id)
        return document.name, self._stores.files.path(document.content_hash)

    # -- going -----------------------------------------------------------------------------------------------------

    def removal(self, document_ids: Sequence[str]) -> Removed:
        """What `delete` would take out, with what was found inside these documents."""
        ids = [*document_ids, *self._stores.catalog.children(document_ids)]
        remains = self._stores.removal.remains(ids)
        return _removed(remains, remains.indexed, remains.indexed, len(remains.file_hashes))

    def delete(self, document_ids: Sequence[str]) -> tuple[list[str], Removed]:
        """Delete documents and what was found inside them, from every store. Unknown ids raise NotFound.

        A document that is being worked on is stopped first. Returns the ids and what was removed.
        """
        for document_id in document_ids:
            self.document(document_id)
        self._stores.indexes.vectors()  # open first: while it opens, the workbench finishes deletes of its own
        ids = list(dict.fromkeys([*document_ids, *self._stores.catalog.children(document_ids)]))
        versions = [version.version_id for document_id in ids for version in self._stores.catalog.history(document_id)]
        buried = self._stores.removal.bury(ids)
        self._jobs.stop(versions)
        return buried, self.erase(buried)

    def erase(self, buried: Sequence[str], stores: Stores | None = None) -> Removed:
        """Remove everything that documents under a tombstone still hold. Repeatable.

        `stores` are given by whoever opens them, while others still wait for them.
        """
        stores = stores or self._stores
        with self._intake_lock:
            remains = stores.removal.remains(buried)
            vectors, keywords = stores.indexes.forget(remains.chunk_ids)
            files = sum(stores.files.remove(content_hash) for content_hash in remains.file_hashes)
            stores.removal.erase(buried)
        return _removed(remains, vectors, keywords, files)


def _opened(source: Path | BinaryIO | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if isinstance(source, Path):
        if not source.is_file():
            raise InvalidRequest(f"“{source.name}” is not a file.", "Name a file that exists.")
        return source.open("rb")
    return source


def _apart(name: str, content_hash: str, taken: dict[str, str]) -> str:
    """A name that no other content of this call has."""
    candidate, count = name, 1
    while taken.get(candidate, content_hash) != content_hash:
        count += 1
        end = suffix(name)
        candidate = f"{name.removesuffix(end)} ({count}){end}"
    taken[candidate] = content_hash
    return candidate


def _receipt(name: str, accepted: Accepted, queued: list[str]) -> Receipt:
    if accepted.version_id is None:
        return Receipt(name, DocumentStatus.SKIPPED, accepted.document_id, accepted.duplicate_of, accepted.number)
    queued.append(accepted.version_id)
    return Receipt(name, DocumentStatus.QUEUED, accepted.document_id, version=accepted.number)


def _removed(remains: Remains, vectors: int, keywords: int, files: int) -> Removed:
    return Removed(chunks=len(remains.chunk_ids), vectors=vectors, keywords=keywords, files=files)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"The file could not be read: {error.strerror or error}. Check that it is still there."
    return str(error)
