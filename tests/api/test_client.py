"""What the client makes of the other process: where it is, what it says, and when it says nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core import client as client_module
from core.client import Client, reachable
from core.errors import InvalidRequest, NotFound, QuellwerkError


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ("http://127.0.0.1:8501", "http://127.0.0.1:8501"),
        ("http://0.0.0.0:80", "http://127.0.0.1:80"),
        ("http://:::8501", "http://[::1]:8501"),
        ("http://[::]:8501", "http://[::1]:8501"),
        ("http://::1:8501", "http://[::1]:8501"),
        ("http://workbench.local:8501", "http://workbench.local:8501"),
    ],
)
def test_where_a_server_is_reached(told: str, asked: str) -> None:
    assert reachable(told) == asked


class Scripted(BaseHTTPRequestHandler):
    """Answers with the next of the server's (status, body) pairs, the last one again and again."""

    def do_GET(self) -> None:
        answers = self.server.answers  # type: ignore[attr-defined]
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def client(server: ThreadingHTTPServer) -> Iterator[Client]:
    client = Client(f"http://127.0.0.1:{server.server_port}")
    try:
        yield client
    finally:
        client.close()


def test_one_that_is_starting_is_waited_for(server, client) -> None:
    server.answers = [(503, b"{}"), (503, b"{}"), (200, b"{}")]
    assert client.alive()


def test_one_that_answers_something_else_is_not_alive(server, client, monkeypatch) -> None:
    monkeypatch.setattr(client_module, "REFUSED_S", 0.2)
    server.answers = [(404, b"nothing here")]
    assert not client.alive()


def test_nobody_there_is_not_alive(monkeypatch) -> None:
    monkeypatch.setattr(client_module, "REFUSED_S", 0.2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = Client(f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert not client.alive()
        with pytest.raises(QuellwerkError, match="does not answer"):
            client.documents()
        client.close()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b'{"error": {"type": "NotFound", "sentence": "There is none.", "next_step": "Look."}}', NotFound),
        (422, b'{"error": {"type": "InvalidRequest", "sentence": "No.", "next_step": ""}}', InvalidRequest),
        (500, b'{"error": {"type": "READ_ERRORS", "sentence": "Odd.", "next_step": ""}}', QuellwerkError),
        (500, b'{"error": {"type": "Unexpected"}}', QuellwerkError),
        (502, b"<html>bad gateway</html>", QuellwerkError),
        (200, b"[1, 2]", QuellwerkError),
        (200, b"no json", QuellwerkError),
    ],
)
def test_errors_come_back_as_what_they_were(server, client, status: int, body: bytes, kind: type) -> None:
    server.answers = [(status, body)]
    with pytest.raises(kind) as caught:
        client.documents()
    assert type(caught.value) is kind
