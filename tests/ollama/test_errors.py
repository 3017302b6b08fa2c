"""Every row of the table of errors: status, text, content type."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ollama.asking import Ask
from tests.ollama.handle import OllamaServer

USER = [{"role": "user", "content": "What is it?"}]
TABLE = [
    ("/api/chat", {}, 400, "model is required"),
    ("/api/embeddings", {"prompt": "a"}, 400, "model is required"),
    ("/api/show", {}, 400, "model is required"),
    ("/api/generate", {"prompt": "a"}, 404, "model '' not found"),
    ("/api/embed", {"input": "a"}, 404, "model '' not found"),
    ("/api/chat", {"model": "a b", "messages": USER}, 400, "invalid model name"),
    ("/api/show", {"model": "a//b"}, 400, "invalid model name"),
    ("/api/chat", {"model": "gone", "messages": USER}, 404, "model 'gone' not found"),
    ("/api/generate", {"model": "gone", "prompt": "a"}, 404, "model 'gone' not found"),
    ("/api/show", {"model": "gone"}, 404, "model 'gone:latest' not found"),
    ("/api/embed", {"model": "gone", "input": "a"}, 404, 'model "gone" not found, try pulling it first'),
    ("/api/embeddings", {"model": "gone", "prompt": "a"}, 404, 'model "gone" not found, try pulling it first'),
    ("/api/chat", {"model": "all-minilm", "messages": USER}, 400, '"all-minilm" does not support chat'),
    ("/api/generate", {"model": "all-minilm", "prompt": "a"}, 400, '"all-minilm" does not support generate'),
    ("/api/chat", {"model": "gemma:2b", "messages": USER, "think": True}, 400, '"gemma:2b" does not support thinking'),
    (
        "/api/chat",
        {"model": "gemma:2b", "messages": USER, "tools": [{"type": "function"}]},
        400,
        "registry.ollama.ai/library/gemma:2b does not support tools",
    ),
    (
        "/api/generate",
        {"model": "gemma:2b", "prompt": "a", "suffix": "b"},
        400,
        "registry.ollama.ai/library/gemma:2b does not support insert",
    ),
    (
        "/api/chat",
        {"model": "qwen3:8b", "messages": USER, "think": "much"},
        400,
        'invalid think value: "much" (must be "high", "medium", "low", "max", true, or false)',
    ),
    (
        "/api/chat",
        {"model": "gemma:2b", "messages": USER, "options": {"num_ctx": "big"}},
        500,
        'option "num_ctx" must be of type integer',
    ),
    (
        "/api/chat",
        {"model": "gemma:2b", "messages": USER, "format": "xml"},
        500,
        'invalid format: "\\"xml\\""; expected "json" or a valid JSON Schema object',
    ),
    ("/api/chat", {"model": "gemma:2b", "messages": USER, "format": {"type": "text"}}, 400, "failed to parse grammar"),
    (
        "/api/chat",
        {"model": "gemma:2b", "messages": USER, "keep_alive": "10"},
        400,
        'time: missing unit in duration "10"',
    ),
    ("/api/chat", {"model": "gemma:2b", "messages": USER, "keep_alive": True}, 400, "Unsupported type: 'bool'"),
    (
        "/api/chat",
        {"model": "llava:7b", "messages": [{"role": "user", "content": "a", "images": ["data:image"]}]},
        400,
        "illegal base64 data at input byte 4",
    ),
    (
        "/api/generate",
        {"model": "gemma:2b", "prompt": "a", "top_logprobs": 21},
        400,
        "top_logprobs must be between 0 and 20",
    ),
    ("/api/embed", {"model": "all-minilm", "input": [1]}, 400, "invalid input type"),
    ("/api/embed", {"model": "all-minilm", "input": {"a": 1}}, 400, "invalid input type"),
    (
        "/api/embed",
        {"model": "all-minilm", "input": "word " * 600, "truncate": False},
        400,
        "the input length exceeds the context length",
    ),
    (
        "/api/embed",
        {"model": "gemma:2b", "input": "a"},
        501,
        "This server does not support embeddings. Start it with `--embeddings`",
    ),
]


@pytest.mark.parametrize(("path", "given", "status", "said"), TABLE)
def test_table(ask: Ask, path: str, given: dict[str, Any], status: int, said: str) -> None:
    told = ask(path, given)
    assert told.error == (status, said)
    assert told.headers["content-type"].startswith("application/json")
    assert not told.body.endswith(b"\n")


def test_no_body(ask: Ask) -> None:
    assert ask("/api/chat", body=b"").error == (400, "missing request body")


def test_the_runners_errors_come_without_charset_in_a_stream(ask: Ask) -> None:
    given = {"model": "gemma:2b", "messages": USER, "format": "xml"}
    assert ask("/api/chat", given).headers["content-type"] == "application/json"
    assert ask("/api/chat", given | {"stream": False}).headers["content-type"] == "application/json; charset=utf-8"
    assert ask("/api/chat", {"model": "gone"}).headers["content-type"] == "application/json; charset=utf-8"


def test_errors_of_the_older_profile(ask: Ask, server: OllamaServer) -> None:
    server.set(profile="0.24")
    assert ask("/api/version").value == {"version": "0.24.0"}
    assert ask("/api/embed", {"model": "gemma:2b", "input": "a"}).error == (
        500,
        "this model does not support embeddings",
    )
    wrong = {"model": "gemma:2b", "messages": USER, "format": {"type": "text"}}
    assert ask("/api/chat", wrong).error == (500, "invalid JSON schema in format")
    server.fault("nan")
    nan = "failed to encode response: json: unsupported value: NaN"
    assert ask("/api/embed", {"model": "all-minilm", "input": "a"}).error == (500, nan)


def test_a_load_that_fails(ask: Ask, server: OllamaServer) -> None:
    given = {"model": "gemma:2b", "messages": USER}
    server.set(load_error="out_of_memory")
    assert ask("/api/chat", given).value["error"].startswith("llama-server reported out-of-memory during startup")
    server.set(profile="0.24")
    told = ask("/api/chat", given)
    assert told.error == (500, "model requires more system memory (5.0 GiB) than is available (3.9 GiB)")
    server.set(load_error="stalled")
    assert ask("/api/chat", given).value["error"].startswith("timed out waiting for llama-server to start - ")
    server.set(load_error="")
    assert ask("/api/chat", given).status == 200


def test_a_model_larger_than_the_memory(ask: Ask, server: OllamaServer) -> None:
    server.set(memory=1_000_000_000, profile="0.24")
    told = ask("/api/chat", {"model": "gemma:2b", "messages": USER})
    assert told.error == (500, "model requires more system memory (1.8 GiB) than is available (0.9 GiB)")


@pytest.mark.parametrize(
    ("cloud", "status"),
    [("ok", 200), ("unauthorized", 401), ("disabled", 403), ("unreachable", 502), ("rate_limited", 429)],
)
def test_a_model_in_the_cloud(ask: Ask, server: OllamaServer, cloud: str, status: int) -> None:
    server.set(cloud=cloud)
    told = ask("/api/chat", {"model": "gpt-oss:120b-cloud", "messages": USER, "stream": False})
    assert told.status == status
    if status == 200:
        assert told.value["remote_host"] == "https://ollama.com:443"
    if status == 401:
        assert list(told.value) == ["error", "signin_url"]
    assert server.state()["loaded"] == []
