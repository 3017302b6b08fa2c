"""What happened: every request with its times, and how much went on at once. Times are the monotonic clock's."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

KEPT = 20_000  # records; the oldest go first


@dataclass
class Record:
    """One request. `arrival` = its last byte was read, `slot` = first slot granted, `start` = first byte of the answer.

    `end` = the answer is written or given up; `disconnect` = the client went away before that.
    """

    id: int
    connection: int
    method: str
    path: str
    headers: dict[str, str]
    body: Any = None
    model: str = ""
    arrival: float = 0.0
    queued: float | None = None
    slot: float | None = None
    start: float | None = None
    end: float | None = None
    disconnect: float | None = None
    turns: int = 0
    status: int = 0
    lines: int = 0
    fault: str = ""
    prompt_tokens: int = 0
    whole_tokens: int = 0
    tokens: int = 0
    done_reason: str = ""


@dataclass
class Level:
    """How many there are now, and how many there were at most."""

    now: int = 0
    peak: int = 0

    def change(self, by: int) -> None:
        self.now += by
        self.peak = max(self.peak, self.now)


@dataclass
class Levels:
    """Requests in flight, waiting for a slot, holding a slot: in all and by model."""

    total: Level = field(default_factory=Level)
    models: dict[str, Level] = field(default_factory=dict)

    @contextmanager
    def one_more(self, model: str = "") -> Iterator[None]:
        levels = [self.total, self.models.setdefault(model, Level())] if model else [self.total]
        for level in levels:
            level.change(1)
        try:
            yield
        finally:
            for level in levels:
                level.change(-1)

    def forget(self) -> None:
        self.models = {name: level for name, level in self.models.items() if level.now}
        for level in (self.total, *self.models.values()):
            level.peak = level.now

    def shown(self) -> dict[str, Any]:
        return {"total": asdict(self.total), "models": {name: asdict(level) for name, level in self.models.items()}}


class Recorder:
    """Keeps the records of one server."""

    def __init__(self) -> None:
        self.records: deque[Record] = deque(maxlen=KEPT)
        self.in_flight, self.waiting, self.running = Levels(), Levels(), Levels()
        self.ended: Counter[int] = Counter()  # answers by status
        self._number = 0

    def arrived(self, connection: int, method: str, path: str, headers: dict[str, str]) -> Record:
        self._number += 1
        record = Record(self._number, connection, method, path, headers, arrival=time.monotonic())
        self.records.append(record)
        return record

    def forget(self) -> None:
        """Drop the records; the levels of what still goes on stay, their peaks start anew."""
        self.records.clear()
        self.ended.clear()
        for levels in (self.in_flight, self.waiting, self.running):
            levels.forget()

    def shown(self, since: int = 0, bodies: bool = True) -> list[dict[str, Any]]:
        found = [asdict(record) for record in self.records if record.id > since]
        if not bodies:
            for entry in found:
                entry["body"] = None
        return found

    def state(self) -> dict[str, Any]:
        return {
            "in_flight": self.in_flight.shown(),
            "waiting": self.waiting.shown(),
            "running": self.running.shown(),
            "seen": len(self.records),
            "ended": {str(status): number for status, number in sorted(self.ended.items())},
        }
