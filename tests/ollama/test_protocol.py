"""HTTP as Go's server speaks it, byte by byte."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable

import pytest

from tests.ollama.asking import Ask
from tests.ollama.handle import OllamaServer

Raw = Callable[[bytes], bytes]
HI = {
    "model": "gemma:2b",
    "messages": [{"role": "user", "content": "[1] Rain fell on Monday.\nQuestion: When did rain fall?"}],
}


def request(path: str, body: bytes = b"", *, method: str = "POST", more: str = "") -> bytes:
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + body


def parted(answer: bytes) -> tuple[list[bytes], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


def test_liveness(raw: Raw) -> None:
    head, body = parted(raw(request("/", method="GET")))
    assert head[0] == b"HTTP/1.1 200 OK"
    assert head[1] == b"Content-Type: text/plain; charset=utf-8"
    assert body == b"Ollama is running"
    assert parted(raw(request("/api/version", method="GET")))[1] == b'{"version":"0.32.15"}'


@pytest.mark.parametrize("path", ["/", "/api/version", "/api/tags"])
def test_head(raw: Raw, path: str) -> None:
    head, body = parted(raw(request(path, method="HEAD")))
    assert head[0] == b"HTTP/1.1 200 OK"
    assert body == b""


def test_unknown_paths_and_methods(ask: Ask) -> None:
    unknown = ask("/api/nothing")
    assert (unknown.status, unknown.body, unknown.headers["content-type"]) == (404, b"404 page not found", "text/plain")
    wrong = ask("/api/chat")
    assert (wrong.status, wrong.body, wrong.headers["content-type"]) == (405, b"405 method not allowed", "text/plain")
    assert ask("/api/tags", {}).status == 405


def test_a_whole_answer_has_its_length_and_no_newline(raw: Raw) -> None:
    head, body = parted(raw(request("/api/chat", json.dumps(HI | {"stream": False}).encode())))
    assert b"Content-Type: application/json; charset=utf-8" in head
    assert b"Content-Length: %d" % len(body) in head
    assert body.endswith(b"}")
    pattern = (
        rb'\{"model":"gemma:2b","created_at":"[0-9T:.-]+Z","message":\{"role":"assistant","content":"[^"]+"\},'
        rb'"done":true,"done_reason":"stop","total_duration":\d+,"load_duration":\d+,"prompt_eval_count":\d+,'
        rb'"prompt_eval_duration":\d+,"eval_count":\d+,"eval_duration":\d+\}'
    )
    assert re.fullmatch(pattern, body)


def test_a_stream_is_one_object_and_newline_per_chunk(raw: Raw) -> None:
    head, body = parted(raw(request("/api/chat", json.dumps(HI).encode())))
    assert b"Content-Type: application/x-ndjson" in head
    assert b"Transfer-Encoding: chunked" in head
    chunks = []
    while body:
        size, _, body = body.partition(b"\r\n")
        chunks.append(body[: int(size, 16)])
        assert body[int(size, 16) :][:2] == b"\r\n"
        body = body[int(size, 16) + 2 :]
    assert chunks[-1] == b""
    assert all(chunk.endswith(b"}\n") and chunk.count(b"\n") == 1 for chunk in chunks[:-1])
    lines = [json.loads(chunk) for chunk in chunks[:-1]]
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    assert all(list(line) == ["model", "created_at", "message", "done"] for line in lines[:-1])
    assert "".join(line["message"]["content"] for line in lines) == "Rain fell on Monday [1]."


def test_generate_has_its_fields_in_order(ask: Ask) -> None:
    given = {"model": "gemma:2b", "prompt": "[1] Rain fell on Monday.\nQuestion: When did rain fall?"}
    lines = ask("/api/generate", given).lines
    assert list(lines[0]) == ["model", "created_at", "response", "done"]
    metrics = ["total_duration", "load_duration", "prompt_eval_count", "prompt_eval_duration", "eval_count"]
    assert list(lines[-1])[:6] == ["model", "created_at", "response", "done", "done_reason", "context"]
    assert list(lines[-1])[6:11] == metrics
    assert len(lines[-1]["context"]) == lines[-1]["prompt_eval_count"] + lines[-1]["eval_count"]
    assert "context" not in ask("/api/generate", given | {"raw": True, "stream": False}).value


def test_escapes_reach_the_wire(ask: Ask, server: OllamaServer) -> None:
    server.script("question", "a <b> & c\u0085d\u2028e ä")
    told = ask("/api/chat", HI | {"messages": [{"role": "user", "content": "my question"}], "stream": False})
    assert rb"a \u003cb\u003e \u0026 c" in told.body
    assert b"\xc2\x85" in told.body
    assert rb"\u2028" in told.body
    assert "ä".encode() in told.body


def test_one_connection_serves_many_requests(server: OllamaServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        for _ in range(3):
            sock.sendall(b"GET /api/version HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert sock.recv(65536).endswith(b'{"version":"0.32.15"}')
    assert len({record.connection for record in server.requests("/api/version")}) == 1


def test_a_chunked_request_body_is_read(raw: Raw) -> None:
    body = json.dumps(HI | {"stream": False}).encode()
    sent = b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent += b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (10, body[:10], len(body) - 10, body[10:])
    assert b"Rain fell on Monday" in raw(sent)


def test_what_is_not_http_is_refused(raw: Raw) -> None:
    assert raw(b"hello\r\n\r\n").startswith(b"HTTP/1.1 400 Bad Request")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:11434", 200), ("127.0.0.1", 200), ("[::1]:1", 200), ("192.168.1.7", 200), ("box.internal", 200),
        ("example.com", 403), ("8.8.8.8", 403),
    ],
)  # fmt: skip
def test_hosts(ask: Ask, host: str, status: int) -> None:
    told = ask("/api/version", headers={"Host": host})
    assert told.status == status
    assert status == 200 or told.body == b""


def test_origins(ask: Ask) -> None:
    assert ask("/api/version", headers={"Origin": "http://localhost:8501"}).status == 200
    assert ask("/api/version", headers={"Origin": "https://evil.example"}).status == 403


def test_the_content_type_of_a_request_does_not_matter(ask: Ask) -> None:
    assert ask("/api/chat", HI, headers={"Content-Type": "text/plain"}).status == 200


def test_control_is_a_port_of_its_own(ask: Ask, server: OllamaServer) -> None:
    assert server.control != server.address
    assert ask("/__control/state").value["in_flight"]["total"]["now"] == 0
