"""The readers' processes and who may use them: what crashes, hangs or swells there costs one document."""

from __future__ import annotations

import base64
import logging
import os
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from core.errors import InvalidRequest, ReadCancelled, ReaderCrashed, ReadError, ReaderTimeout
from core.reading.process import START_SECONDS, WorkerProcess
from core.reading.protocol import Found, Limits, message_to_error, message_to_found
from core.settings import Settings
from storage.records import Attachment, Box

log = logging.getLogger(__name__)

SERVED_BEFORE_RESTART = 200
RESIDENT_BEFORE_RESTART = 900 * 1024 * 1024
READING_NICENESS = 10
"""Readers yield to the workbench and to the process that draws pages, for which somebody waits."""

WARM_MODULES = ("core.reading.pdf", "core.reading.sniff", "core.reading.limits")


class ReaderPool:
    """A bounded number of readers' processes, and one more for showing pages, so that looking never waits for reading.

    All methods may be called from any thread. Processes start when first needed, or by `warm()`, and are kept.
    """

    def __init__(
        self,
        settings: Settings,
        workers: int,
        *,
        limits: Limits | None = None,
        readers: Mapping[str, str] | None = None,
    ) -> None:
        """`limits` default to the settings'; `readers` replaces entries of the registry (tests crash on purpose)."""
        self._limits = limits or Limits.from_settings(settings)
        self._readers = dict(readers or {})
        self._loud = settings.log_level == "debug"
        self._threads = max(1, (os.cpu_count() or 1) // max(1, workers))
        self._size = max(1, workers)
        self._lock = threading.Condition()
        self._idle: list[WorkerProcess] = []
        self._viewers: list[WorkerProcess] = []  # at most one
        self._busy: set[WorkerProcess] = set()
        self._reading = 0
        self._viewing = False
        self._closed = False
        # A process asks to die with the *thread* that started it, so one thread of ours starts them all.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="reader-start")

    # -- reading -------------------------------------------------------------------------------------------------------

    def read(
        self,
        path: Path,
        name: str,
        *,
        password: str | None = None,
        start_page: int = 1,
        findings: Path,
        cancel: threading.Event | None = None,
    ) -> Generator[Found]:
        """What is in a document: its head, then pages from `start_page` on, attachments in between.

        `name` is used for telling kinds of text apart, never as a path; `findings` is created. Time is counted only
        while we wait for the reader, not while the caller works. Closing the generator early ends the reader.
        Raises the errors below ReadError; ReadCancelled when `cancel` is set.
        """
        findings.mkdir(parents=True, exist_ok=True)
        request = self._request("read", path, password) | {
            "name": name,
            "start_page": start_page,
            "findings": str(findings),
            "readers": self._readers,
        }
        with self._worker(cancel) as worker:
            worker.ask(request)
            left = self._limits.read_seconds
            while True:
                began = time.monotonic()
                message = self._wait(worker, left, cancel)
                left -= time.monotonic() - began
                if message["is"] == "done":
                    return
                found = _found(message)
                if isinstance(found, Attachment) and not _inside(Path(found.path), findings):
                    log.warning("A reader named a file outside its folder; it is left out.")
                    continue
                yield found

    def _wait(self, worker: WorkerProcess, left: float, cancel: threading.Event | None) -> dict[str, Any]:
        """The next finding or the end. Raises what the worker reports."""
        if left <= 0 or left < self._limits.page_seconds:
            try:
                message = worker.next_message(max(left, 0.0), cancel)
            except ReaderTimeout as error:
                raise ReaderTimeout(
                    f"Reading took longer than {self._limits.read_seconds:.0f} seconds and was stopped.",
                    "Split the document, or raise QUELLWERK_READ_TIMEOUT_S.",
                ) from error
        else:
            message = worker.next_message(self._limits.page_seconds, cancel)
        return _checked(worker, message)

    # -- looking -------------------------------------------------------------------------------------------------------

    def kind(self, path: Path, name: str) -> str:
        """The kind of a file by its content (`core.reading.sniff`), found out in a process of its own.

        Raises UnsupportedFormat, EmptyDocument, CorruptDocument, PasswordNeeded, LimitExceeded, ReaderCrashed.
        """
        return str(self._look(self._request("kind", path, None) | {"name": name}))

    def render(
        self,
        path: Path,
        page: int,
        *,
        password: str | None = None,
        width_px: int = 1100,
        find: str = "",
        hint: tuple[int, int] | None = None,
    ) -> bytes:
        """A PNG of a page of a PDF or an image (`page` counts from 1), `width_px` wide, with the text `find` marked.

        `hint` is the half-open range of characters (as in `Block`) where the text is expected; it decides between
        repeats. Text that is not on the page leaves the page unmarked. Raises InvalidRequest for a page that is not
        there, else as `read`.
        """
        request = self._request("render", path, password) | {"page": page, "width": width_px, "find": find}
        return base64.b64decode(str(self._look(request | {"hint": hint})))

    def boxes(
        self,
        path: Path,
        page: int,
        text: str,
        hint: tuple[int, int] | None = None,
        password: str | None = None,
    ) -> tuple[Box, ...]:
        """Where a text stands on a page, one box per line, in points from the top left; empty if it is not there."""
        request = self._request("boxes", path, password) | {"page": page, "find": text, "hint": hint}
        return tuple(Box(*map(float, box)) for box in self._look(request))

    def unlock(self, path: Path, password: str, target: Path) -> None:
        """Write an unlocked copy of an encrypted PDF to `target`.

        Raises PasswordNeeded when the password is wrong, UnsupportedFormat for anything but a PDF.
        """
        self._look(self._request("unlock", path, password) | {"target": str(target)})

    def _look(self, request: Mapping[str, Any]) -> Any:
        with self._viewer() as worker:
            worker.ask(request)
            return _checked(worker, worker.next_message(self._limits.page_seconds))["value"]

    # -- processes -----------------------------------------------------------------------------------------------------

    def warm(self) -> None:
        """Start the processes and load their libraries in the background; returns at once."""
        for _ in range(self._size):
            self._submit(self._warm_one, self._idle, self._size)
        self._submit(self._warm_one, self._viewers, 1)

    def close(self) -> None:
        """End every process. Reads that are under way end with ReaderCrashed. Safe to repeat."""
        with self._lock:
            self._closed = True
            doomed, busy = [*self._idle, *self._viewers], [*self._busy]
            self._idle.clear()
            self._viewers.clear()
            self._lock.notify_all()
        for worker in busy:
            worker.stop()  # its user, who waits for it, releases it
        for worker in doomed:
            worker.kill()
        self._starter.shutdown(wait=True, cancel_futures=True)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that exist right now."""
        with self._lock:
            return tuple(worker.pid for worker in (*self._idle, *self._viewers, *self._busy))

    @contextmanager
    def _worker(self, cancel: threading.Event | None) -> Iterator[WorkerProcess]:
        """A process for one document. It goes back when the document ended in order, else it is killed."""
        with self._lock:
            while self._reading >= self._size and not self._closed:
                if cancel is not None and cancel.is_set():
                    raise ReadCancelled("Reading was cancelled.")
                self._lock.wait(0.1)
            self._reading += 1
        try:
            with self._lent(self._idle) as worker:
                yield worker
        finally:
            with self._lock:
                self._reading -= 1
                self._lock.notify_all()

    @contextmanager
    def _viewer(self) -> Iterator[WorkerProcess]:
        deadline = time.monotonic() + self._limits.page_seconds
        with self._lock:
            while self._viewing and not self._closed:
                if time.monotonic() > deadline:
                    raise ReaderTimeout("The page could not be drawn in time.", "Try again in a moment.")
                self._lock.wait(0.1)
            self._viewing = True
        try:
            with self._lent(self._viewers) as worker:
                yield worker
        finally:
            with self._lock:
                self._viewing = False
                self._lock.notify_all()

    @contextmanager
    def _lent(self, shelf: list[WorkerProcess]) -> Iterator[WorkerProcess]:
        worker = self._take(shelf)
        orderly = False
        try:
            yield worker
            orderly = True
        except (ReaderCrashed, ReaderTimeout, ReadCancelled):
            raise
        except (ReadError, InvalidRequest):
            orderly = True  # the worker said so itself and waits for the next request
            raise
        finally:
            worker.served += 1
            tired = worker.served >= SERVED_BEFORE_RESTART or worker.resident >= RESIDENT_BEFORE_RESTART
            with self._lock:
                self._busy.discard(worker)
                keep = orderly and not tired and not self._closed
                if keep:
                    shelf.append(worker)
            if not keep:
                worker.kill()

    def _take(self, shelf: list[WorkerProcess]) -> WorkerProcess:
        """An idle process that lives, else a new one."""
        while True:
            with self._lock:
                if self._closed:
                    raise ReaderCrashed("The readers are shut down.", "Start the workbench again.")
                worker = shelf.pop() if shelf else None
                if worker is not None:
                    self._busy.add(worker)
            if worker is None:
                break
            if worker.alive:
                return worker
            with self._lock:
                self._busy.discard(worker)
            worker.kill()
        started = self._submit(self._obtain, shelf)
        if started is None:
            raise ReaderCrashed("The readers are shut down.", "Start the workbench again.")
        worker = cast(WorkerProcess, started.result(timeout=START_SECONDS * 2))
        with self._lock:
            self._busy.add(worker)
            closed = self._closed
        if closed:
            worker.kill()
        return worker

    def _obtain(self, shelf: list[WorkerProcess]) -> WorkerProcess:
        """A process that was being warmed when it was asked for, else a new one. Runs on the starter's thread."""
        with self._lock:
            if shelf:
                return shelf.pop()
        return self._start(shelf is self._viewers)

    def _start(self, viewer: bool) -> WorkerProcess:
        """A new process that has said it is ready. Runs on the starter's thread."""
        worker = WorkerProcess(
            memory_bytes=self._limits.memory_bytes,
            file_bytes=self._limits.unpacked_bytes,
            threads=self._threads,
            niceness=0 if viewer else READING_NICENESS,
            loud=self._loud,
        )
        try:
            worker.next_message(START_SECONDS)
        except ReadError:
            worker.kill()
            raise
        return worker

    def _warm_one(self, shelf: list[WorkerProcess], most: int) -> None:
        with self._lock:
            busy = self._reading if shelf is self._idle else int(self._viewing)
            if self._closed or len(shelf) + busy >= most:
                return
        worker = self._start(shelf is self._viewers)
        worker.ask({"do": "warm", "modules": WARM_MODULES})
        _checked(worker, worker.next_message(START_SECONDS))
        with self._lock:
            keep = not self._closed
            if keep:
                shelf.append(worker)
        if not keep:
            worker.kill()

    def _submit(self, function: Any, *arguments: Any) -> Future[Any] | None:
        try:
            return self._starter.submit(function, *arguments)
        except RuntimeError:  # closed in the meantime
            return None

    def _request(self, verb: str, path: Path, password: str | None) -> dict[str, Any]:
        return {"do": verb, "path": str(path.resolve()), "password": password, "limits": asdict(self._limits)}


def _checked(worker: WorkerProcess, message: dict[str, Any]) -> dict[str, Any]:
    """The message, unless it tells of an error: then that is raised."""
    worker.resident = int(message.get("rss") or worker.resident)
    if message["is"] != "error":
        return message
    if message.get("detail"):
        log.info("A reader failed unexpectedly:\n%s", message["detail"])
    if message.get("name") == "InvalidRequest":
        raise InvalidRequest(str(message["sentence"]), str(message["next_step"]))
    if message.get("recycle"):
        worker.resident = RESIDENT_BEFORE_RESTART
    raise message_to_error(message)


def _found(message: Mapping[str, Any]) -> Found:
    try:
        return message_to_found(message)
    except (KeyError, TypeError, ValueError) as error:
        raise ReaderCrashed(
            "The reader sent something that makes no sense.", "Save the file again and add that copy."
        ) from error


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve()) and path.is_file() and not path.is_symlink()
