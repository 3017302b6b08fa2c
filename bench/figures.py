"""What a measurement is, and where it was taken."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Figure:
    """One figure. `reach` says what the design asks for, in words; `note` what the figure is made of."""

    name: str
    value: float
    unit: str
    reach: str
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie, nearest rank. Raises IndexError on no values."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def machine() -> dict[str, Any]:
    """The machine the figures belong to; `load` is what else it was doing, as running processes per core."""
    cores = os.cpu_count() or 1
    return {
        "processor": processor(),
        "cores": cores,
        "memory_gb": round(psutil.virtual_memory().total / 1024**3, 1),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0] / cores, 2),
    }


def resident(processes: Sequence[psutil.Process]) -> float:
    """Memory of processes in MB. What they share is counted for each, so the truth is rather less."""
    total = 0.0
    for process in processes:
        try:
            total += process.memory_info().rss / MEGABYTE
        except psutil.NoSuchProcess:
            continue
    return total


class MemoryWatch:
    """Samples the memory of a process and its children while the `with` block runs; `peak` is in MB.

    Twice a second, since a look at all processes takes 20 ms of a core.
    """

    def __init__(self, pid: int | None = None) -> None:
        self._process = psutil.Process(pid)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory-watch", daemon=True)
        self.peak = 0.0
        self.peak_main = 0.0

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join(timeout=5)

    def _watch(self) -> None:
        while not self._done.wait(0.5):
            try:
                family = [self._process, *self._process.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            self.peak = max(self.peak, resident(family))
            self.peak_main = max(self.peak_main, resident(family[:1]))
