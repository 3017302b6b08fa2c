"""The rules of the test run hold, for the test process and for its children."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sitecustomize import is_local


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", b"localhost", None, "0.0.0.0"])
def test_this_machine_is_reachable(host: object) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "10.0.0.1", "example.invalid", "127.0.0.1.example.invalid", "2001:db8::1"]
)
def test_everything_else_is_not(host: str) -> None:
    assert not is_local(host)


CHILD = """
import socket
for call in (lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
             lambda: socket.getaddrinfo("example.invalid", 80),
             lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53))):
    try:
        call()
    except PermissionError as error:
        print("refused", error)
"""


def test_a_child_is_refused_and_the_attempt_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "refused.txt"
    environment = {**os.environ, "OFFLINE_GUARD_LOG": str(log)}
    done = subprocess.run(
        [sys.executable, "-c", CHILD], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.count("refused") == 3
    assert len(log.read_text(encoding="utf-8").splitlines()) == 3


def test_loopback_works_under_the_guard() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_the_environment_is_clean() -> None:
    ours = {name for name in os.environ if name.startswith(("QUELLWERK_", "OLLAMA_"))}
    assert ours == {"QUELLWERK_DATA"}
