"""The jobs: who works on which document version, and what may be asked of them.

The catalog says what is to be done (versions that are queued or running), the engine does it. At every start the two
are compared, so work is found again wherever the process died: before it was queued, while it ran, or after it was
done but before that was written down.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import InvalidRequest, NotFound, QuellwerkError
from core.ingest.engine import FIRST, LATER, Engine
from core.ingest.ticket import RunStopped, Ticket
from core.records import FINAL, Document, DocumentStatus, Job
from storage.catalog import Catalog, Version
from storage.chunks import ChunkStore
from storage.errors import RowNotFound, StorageError

if TYPE_CHECKING:
    from core.ingest.run import Runner

log = logging.getLogger(__name__)

BUNDLE = 64  # records of one import that share a workflow, and so their embedding batches
CANCEL_WAIT_S = 60.0
CLOSE_WAIT_S = 15.0
RETRY_AFTER_S = 2.0
ATTEMPTS = 5
UNFINISHED = (DocumentStatus.QUEUED, DocumentStatus.RUNNING)


class Jobs:
    """Queues, cancels and retries. The lock `_tickets_lock` guards the tickets of what runs now."""

    def __init__(self, catalog: Catalog, chunks: ChunkStore) -> None:
        self._catalog = catalog
        self._chunks = chunks
        self._engine: Engine | None = None
        self._runner: Runner | None = None
        self._tickets: dict[str, Ticket] = {}
        self._tickets_lock = threading.Lock()
        self._stranded: dict[str, str] = {}  # version id → why not even its failure could be written down
        self._closing = threading.Event()
        self._queued: set[str] = set()  # versions that this process gave to the engine and that have not ended
        self._queued_lock = threading.Lock()

    # -- life ------------------------------------------------------------------------------------------------------

    def start(self, path: Path, runner: Runner, concurrency: int) -> None:
        """Open the engine on `jobs.sqlite` at `path` and take up what is unfinished."""
        self._runner = runner
        self._engine = Engine(path, self._work, concurrency)
        self._engine.sweep()
        with self._queued_lock:
            recovered = self._engine.under_way()  # what an earlier process queued and the engine took up by itself
            self._enqueue(self._engine, [v for v in self._catalog.unfinished() if v.id not in recovered])

    def close(self) -> None:
        """Ask all runs to stop, wait up to 15 s, close the engine. Their versions go on at the next start."""
        self._closing.set()
        with self._tickets_lock:
            for ticket in self._tickets.values():
                ticket.stopped.set()
        deadline = time.monotonic() + CLOSE_WAIT_S
        while self._tickets and time.monotonic() < deadline:
            time.sleep(0.05)
        if self._engine is not None:
            self._engine.close()

    # -- work ------------------------------------------------------------------------------------------------------

    def submit(self, versions: Iterable[Version]) -> None:
        """Queue versions that are not queued yet. Before the engine runs they wait in the catalog."""
        if self._engine is not None:
            with self._queued_lock:
                self._enqueue(self._engine, versions)

    def _enqueue(self, engine: Engine, versions: Iterable[Version]) -> None:
        """A workflow for each version, or for each bundle of records; with `_queued_lock` held."""
        bundles: dict[str, list[str]] = {}
        for version in versions:
            if version.id in self._queued:
                continue
            self._queued.add(version.id)
            if version.bundle:
                bundles.setdefault(version.bundle, []).append(version.id)
            else:
                engine.enqueue(f"{version.id}:{version.attempts}:{time.time_ns()}", [version.id], FIRST)
        for bundle, ids in bundles.items():
            for first in range(0, len(ids), BUNDLE):
                engine.enqueue(f"{bundle}:{first}:{time.time_ns()}", ids[first : first + BUNDLE], LATER)

    def _work(self, version_ids: list[str]) -> None:
        """One workflow: start all its versions, so that their chunks share batches, then finish each."""
        if self._runner is None:
            raise RunStopped
        try:
            started = [
                self._runner.start(version, self._ticket(version.id))
                for version in self._catalog.versions_in(version_ids)
                if version.status in UNFINISHED
            ]
            for run in started:
                self._runner.finish(run)
        except RunStopped:
            raise
        except StorageError as error:  # one that fails for a moment must not leave a document waiting for a start
            log.warning("a job broke off; it is queued again: %s", error)
            self._try_again(version_ids)
        except Exception:
            log.exception("a job broke off; it is queued again")
            self._try_again(version_ids)
        finally:
            with self._tickets_lock:
                for version_id in version_ids:
                    self._tickets.pop(version_id, None)
            with self._queued_lock:
                self._queued.difference_update(version_ids)

    def _try_again(self, version_ids: Sequence[str]) -> None:
        self._closing.wait(RETRY_AFTER_S)
        try:
            self._queue_again(version_ids)
        except StorageError as error:  # a full disk: nothing can be noted, and whoever waits must be told
            log.error("a job stopped and could not be queued again: %s", error)
            self._stranded |= dict.fromkeys(version_ids, str(error))

    def _queue_again(self, version_ids: Sequence[str]) -> None:
        for version in self._catalog.versions_in(version_ids):
            if version.status not in UNFINISHED:
                continue
            if version.attempts >= ATTEMPTS:
                reason = "The stores failed again and again. Run “doctor --repair”, then retry it."
                self._catalog.finish(version.id, DocumentStatus.FAILED, error=reason, error_type="StorageError")
                continue
            self._catalog.requeue(version.id)
            if self._engine is not None and not self._closing.is_set():
                self._engine.enqueue(f"{version.id}:{version.attempts + 1}:{time.time_ns()}", [version.id], LATER)

    def _ticket(self, version_id: str) -> Ticket:
        ticket = Ticket(version_id)
        self._stranded.pop(version_id, None)
        with self._tickets_lock:
            self._tickets[version_id] = ticket
            if self._closing.is_set():
                ticket.stopped.set()
        ticket.check()
        return ticket

    # -- asking ----------------------------------------------------------------------------------------------------

    def list(self, failed: bool = False) -> list[Job]:
        """Jobs, newest first: all of them, or those that failed or left something behind."""
        jobs = [self._job(document) for document in self._catalog.documents()]
        if failed:
            return [job for job in jobs if job.status in (DocumentStatus.FAILED, DocumentStatus.PARTIAL)]
        return jobs

    def job(self, job_id: str) -> Job:
        """One job. Its id is its document's id. Raises NotFound."""
        return self._job(self._document(job_id))

    def retry(self, job_id: str) -> Job:
        """Do a failed, partial or cancelled job again; what it had reached is used. Raises NotFound, InvalidRequest."""
        document = self._document(job_id)
        if document.status not in (DocumentStatus.FAILED, DocumentStatus.PARTIAL, DocumentStatus.CANCELLED):
            raise InvalidRequest(f"“{document.name}” is {document.status.value}.", "Only what failed can be retried.")
        self._chunks.revive(document.version_id)
        self._catalog.requeue(document.version_id)
        self.submit([self._catalog.version(document.version_id)])
        return self.job(job_id)

    def cancel(self, job_id: str) -> Job:
        """Stop a job and leave nothing of it; one that has ended stays as it is. Raises NotFound."""
        document = self._document(job_id)
        if document.status in UNFINISHED:
            self.stop([document.version_id])
            if self._catalog.version(document.version_id).status in UNFINISHED:  # it had not begun
                self._catalog.finish(document.version_id, DocumentStatus.CANCELLED)
        return self.job(job_id)

    def stop(self, version_ids: Sequence[str]) -> None:
        """Cancel the runs of versions and wait until their chunks have left the stages."""
        with self._tickets_lock:
            running = [self._tickets[version_id] for version_id in version_ids if version_id in self._tickets]
        for ticket in running:
            ticket.cancelled.set()
        deadline = time.monotonic() + CANCEL_WAIT_S
        while time.monotonic() < deadline:
            with self._tickets_lock:
                if not any(self._tickets.get(ticket.version_id) is ticket for ticket in running):
                    return
            time.sleep(0.05)
        log.warning("%d runs did not stop within %.0f s", len(running), CANCEL_WAIT_S)

    def wait(
        self,
        document_ids: Sequence[str],
        timeout: float | None = None,
        progress: Callable[[Sequence[Document]], None] | None = None,
    ) -> bool:
        """Wait until all these documents, and what is found inside them, have ended; False when time is up.

        Raises QuellwerkError when one of them cannot go on because the stores can no longer be written.
        """
        deadline = time.monotonic() + timeout if timeout is not None else None
        while True:
            wanted = [*document_ids, *self._catalog.children(document_ids)]
            standing = self._catalog.standing(wanted)
            ended = all(status in FINAL for status in standing.values()) and not self._running(standing)
            if progress is not None:
                progress(self._catalog.documents(wanted))
            if ended:
                return True
            self._refuse_stranded(standing)
            if deadline is not None and time.monotonic() > deadline:
                return False
            # A look costs with the number of documents; so does the time between two.
            time.sleep(min(1.0, 0.05 + len(wanted) / (1000 if progress is not None else 5000)))

    def _refuse_stranded(self, standing: Mapping[str, DocumentStatus]) -> None:
        """Raise QuellwerkError if the only ones left are those whose stores can no longer be written."""
        left = [version_id for version_id, status in standing.items() if status not in FINAL]
        reasons = [self._stranded[version_id] for version_id in left if version_id in self._stranded]
        if reasons and len(reasons) == len(left) and not self._running(left):
            raise QuellwerkError(
                f"{len(left)} documents could not be finished: {reasons[0]}",
                "Make room on the disk of the data folder, then start again: the work goes on by itself.",
            )

    def _running(self, version_ids: Iterable[str]) -> bool:
        """Whether a run of these still tidies up after its last word."""
        with self._tickets_lock:
            return any(version_id in self._tickets for version_id in version_ids)

    def counts(self) -> dict[str, int]:
        """How many documents stand where, by status."""
        return self._catalog.status_counts()

    def _document(self, job_id: str) -> Document:
        try:
            return self._catalog.document(job_id)
        except RowNotFound as error:
            raise NotFound(f"There is no job {job_id}.", "List them with “jobs”.") from error

    def _job(self, document: Document) -> Job:
        with self._tickets_lock:
            ticket = self._tickets.get(document.version_id)
        return Job(
            id=document.id,
            document_id=document.id,
            name=document.name,
            status=document.status.value,
            stage=document.stage,
            chunks_total=document.chunks,
            chunks_done=document.chunks_done,
            chunks_in_flight=ticket.under_way if ticket is not None else 0,
            chunks_failed=document.chunks_failed,
            attempts=document.attempts,
            error=document.error,
            eta_seconds=_seconds_left(document, ticket),
            pages_total=document.pages,
            pages_done=document.pages_done,
        )


def _seconds_left(document: Document, ticket: Ticket | None) -> float | None:
    """What is left at the pace so far; the passages of unread pages are taken to be as many as those of read ones."""
    rate = ticket.rate if ticket is not None else None
    if not rate:
        return None
    total = float(document.chunks)
    if document.pages and document.pages_done:
        total *= max(1.0, document.pages / document.pages_done)
    return round(max(0.0, total - document.chunks_done) / rate, 1)
