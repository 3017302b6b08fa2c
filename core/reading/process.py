"""One reader's process as its owner sees it: start, ask, wait with a limit, kill."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.errors import ReadCancelled, ReaderCrashed, ReaderTimeout
from core.reading.protocol import pack, unpack

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
TICK = 0.1
"""Seconds between two looks at the cancel event while waiting."""

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP")
"""What a worker sees of our environment; keys and tokens stay out."""


class WorkerProcess:
    """A running `core.reading.worker`. Used by one thread at a time; only `stop` may be called from any."""

    def __init__(self, *, memory_bytes: int, file_bytes: int, threads: int, niceness: int, loud: bool) -> None:
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment |= {
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONIOENCODING": "utf-8",
            "OMP_NUM_THREADS": str(threads),
            "HF_HUB_OFFLINE": "1",
            "TRANSFORMERS_OFFLINE": "1",
        }
        command = [sys.executable, "-P", "-m", "core.reading.worker"]
        self._process = subprocess.Popen(
            [*command, str(os.getpid()), str(memory_bytes), str(file_bytes), str(niceness)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if loud else subprocess.DEVNULL,
            env=environment,
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C in the terminal is for the workbench, which then closes us
        )
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        os.set_blocking(self._output, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)
        self._pending = bytearray()
        self.served = 0
        self.resident = 0  # bytes, as last reported

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def ask(self, request: Mapping[str, Any]) -> None:
        """Send a request. Raises ReaderCrashed when nobody is there to take it."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(pack(request))
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise self.crash() from error

    def next_message(self, seconds: float, cancel: threading.Event | None = None) -> dict[str, Any]:
        """The next frame, waiting at most `seconds`.

        Raises ReaderTimeout, ReadCancelled, or ReaderCrashed when the process ended or sent nonsense.
        """
        deadline = time.monotonic() + seconds
        while not self._frame_complete():
            if cancel is not None and cancel.is_set():
                raise ReadCancelled("Reading was cancelled.")
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise ReaderTimeout(
                    f"Reading stood still for {seconds:.0f} seconds and was stopped.",
                    "Save the file again in the program it was made with, or as PDF, and add that.",
                )
            if self._selector.select(min(TICK, remaining)):
                self._fill()
        try:
            message = unpack(self._take)
        except ValueError as error:
            raise self.crash() from error
        if message is None:
            raise self.crash()
        return message

    def stop(self) -> None:
        """End it at once; whoever waits for it learns that it is gone. From any thread, safe to repeat."""
        with suppress(ProcessLookupError, PermissionError):
            self._process.kill()

    def kill(self) -> None:
        """End it at once and release what we hold of it. Only for the thread that uses it. Safe to repeat."""
        self.stop()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError, ValueError):
                if stream is not None:
                    stream.close()

    def crash(self) -> ReaderCrashed:
        """The error that tells how the process ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
        code = self._process.returncode
        how = f" (signal {-code})" if code is not None and code < 0 else f" (exit {code})" if code else ""
        return ReaderCrashed(
            f"The reader broke down on this file{how}. Nothing else was affected.",
            "The file is probably damaged: save it again in the program it was made with, and add that copy.",
        )

    def _fill(self) -> None:
        try:
            data = os.read(self._output, 1 << 20)
        except BlockingIOError:
            return
        except OSError as error:
            raise self.crash() from error
        if not data:
            raise self.crash()
        self._pending += data

    def _frame_complete(self) -> bool:
        return len(self._pending) >= 4 and len(self._pending) >= 4 + int.from_bytes(self._pending[:4], "big")

    def _take(self, count: int) -> bytes:
        taken = bytes(self._pending[:count])
        del self._pending[:count]
        return taken
