"""The server under test, and plain ways to speak to it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import httpx
import ollama
import pytest

from tests.ollama.asking import Answer, Ask
from tests.ollama.fixtures import ollama_process, ollama_server  # noqa: F401
from tests.ollama.handle import OllamaServer


@pytest.fixture
def server(ollama_server: OllamaServer) -> OllamaServer:  # noqa: F811
    return ollama_server


@pytest.fixture
def ask(server: OllamaServer) -> Ask:
    """`ask("/api/chat", {...})` posts; `ask("/api/tags")` gets; `body=` sends bytes as they are."""

    def say(path: str, given: dict[str, Any] | None = None, *, method: str = "", body: bytes | None = None,
            headers: dict[str, str] | None = None) -> Answer:  # fmt: skip
        sent = json.dumps(given).encode() if given is not None else body
        connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
        try:
            connection.request(method or ("GET" if sent is None else "POST"), path, sent, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    return say


@pytest.fixture
def client(server: OllamaServer) -> Iterator[ollama.Client]:
    """The official client with a bound on how long it waits."""
    with ollama.Client(server.address, timeout=httpx.Timeout(20, pool=None), trust_env=False) as found:
        yield found


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    """Threads for calls that go on at once."""
    with ThreadPoolExecutor(64) as found:
        yield found


@pytest.fixture
def raw(server: OllamaServer) -> Callable[[bytes], bytes]:
    """Send bytes on a socket of their own, read until the server ends the connection."""

    def say(sent: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
            sock.sendall(sent)
            found = b""
            while piece := sock.recv(65536):
                found += piece
            return found

    return say


def leave(server: OllamaServer, path: str, given: dict[str, Any]) -> socket.socket:
    """Send a request and do not wait for its answer; close the socket to go away."""
    body = json.dumps(given).encode()
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    sock.sendall(
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(body)) + body
    )
    return sock


@pytest.fixture
def departing(server: OllamaServer) -> Iterator[Callable[[str, dict[str, Any]], socket.socket]]:
    """Requests on sockets that a test may close before they are answered."""
    sockets: list[socket.socket] = []

    def begin(path: str, given: dict[str, Any]) -> socket.socket:
        sockets.append(leave(server, path, given))
        return sockets[-1]

    yield begin
    for sock in sockets:
        sock.close()
