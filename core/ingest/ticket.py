"""A document's run through the shared stages: what is still under way, what failed, whether it should stop."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from core.records import Chunk

ENOUGH_TO_TELL = 16


class RunCancelled(Exception):
    """Somebody cancelled this document. Control flow, never shown."""


class RunStopped(Exception):
    """The workbench is closing. The run goes on at the next start. Control flow, never shown."""


class Ticket:
    """Counts the chunks of one run that the stages have not returned yet.

    The reading side calls `take` for each chunk it hands over, the stages call `give_back` exactly once for each. The
    lock `_turn` guards both counters; `settled` waits for them to meet.
    """

    def __init__(self, version_id: str) -> None:
        self.version_id = version_id
        self.cancelled = threading.Event()
        self.stopped = threading.Event()
        self._turn = threading.Condition()
        self._under_way = 0
        self._returned = 0
        self._began = time.monotonic()

    @property
    def rate(self) -> float | None:
        """Chunks a second that the stages returned so far; None while there are too few to tell."""
        with self._turn:
            return self._returned / (time.monotonic() - self._began) if self._returned >= ENOUGH_TO_TELL else None

    @property
    def under_way(self) -> int:
        """Chunks handed over and not yet returned."""
        with self._turn:
            return self._under_way

    @property
    def idle(self) -> bool:
        """Whether the stages should pass this run's chunks by."""
        return self.cancelled.is_set() or self.stopped.is_set()

    def reason(self) -> RunCancelled | RunStopped | None:
        """Why the run should end, if it should."""
        if self.cancelled.is_set():
            return RunCancelled()
        return RunStopped() if self.stopped.is_set() else None

    def check(self) -> None:
        """Raise RunCancelled or RunStopped if the run should end."""
        if (reason := self.reason()) is not None:
            raise reason

    def take(self, count: int = 1) -> None:
        """Note that `count` chunks are handed to the stages."""
        with self._turn:
            self._under_way += count

    def give_back(self, count: int = 1) -> None:
        """Note that the stages are through with `count` chunks, well or not."""
        with self._turn:
            self._under_way -= count
            self._returned += count
            self._turn.notify_all()

    def settled(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until nothing is under way."""
        with self._turn:
            return self._turn.wait_for(lambda: self._under_way <= 0, timeout)


@dataclass(frozen=True, slots=True)
class Work:
    """A chunk on its way through the stages, with the text that is embedded for it.

    `heading` is the document's title and the heading path, which the keyword index weighs above the text.
    """

    chunk: Chunk
    text: str
    ticket: Ticket
    heading: str = ""
