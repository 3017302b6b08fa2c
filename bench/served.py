"""The workbench as a process of its own, as a person starts it. The browser tests drive the same."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass
class Served:
    """`cli.py serve` on a data folder: started by `with`, answering when the block begins, gone when it ends."""

    data: Path
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    patience: float = 90.0
    command: tuple[str, ...] = (sys.executable, "cli.py", "serve")

    def __enter__(self) -> Served:
        self.start()
        return self

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with the log when it does not."""
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.started = time.perf_counter()
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                [*self.command, "--port", str(self.port), "--host", "127.0.0.1", "--data", str(self.data)],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self.wait()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def answers(self, path: str = "/api/v1/health") -> bool:
        """Whether a request for `path` gets a 2xx or 3xx answer within 5 s."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def wait(self) -> None:
        """Until it answers. Raises RuntimeError with the log when it ended or took longer than `patience`."""
        deadline = time.monotonic() + self.patience
        while not self.answers():
            if self.process.poll() is not None:
                raise RuntimeError(f"The workbench ended with {self.process.returncode}.\n{self.tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"The workbench did not answer within {self.patience:.0f} s.\n{self.tail()}")
            time.sleep(0.02)

    def tail(self, lines: int = 60) -> str:
        """The end of what it printed."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def family(self) -> list[psutil.Process]:
        """It and its children."""
        try:
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def stop(self) -> None:
        """Ask it to end, then make it, and its children too."""
        family = self.family()
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=20)
        for child in family[1:]:
            if child.is_running():
                child.kill()

    def kill(self) -> None:
        """SIGKILL, as a power cut would: it gets no chance to tidy up."""
        self.process.kill()
        self.process.wait(timeout=20)
