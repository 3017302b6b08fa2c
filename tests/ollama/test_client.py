"""The official client against every route, as one uses it."""

from __future__ import annotations

import json
import math
from typing import Any

import ollama
import pytest

from tests.ollama.asking import Ask
from tests.ollama.handle import OllamaServer

PASSAGES = (
    "[1] Ada Lovelace founded the Quellwerk in Bonn in 1987.\n[2] The water tower is 90 metres tall.\n\n"
    "Question: How tall is the water tower?"
)
ASKED = [{"role": "system", "content": "Answer from the passages."}, {"role": "user", "content": PASSAGES}]
PERSON = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "citations": {"type": "array", "items": {"type": "integer"}}},
    "required": ["answer", "citations"],
}


def test_chat(client: ollama.Client) -> None:
    told = client.chat("llama3.2", ASKED)
    assert told.message.content == "The water tower is 90 metres tall [2]."
    assert (told.model, told.done, told.done_reason) == ("llama3.2", True, "stop")
    assert told.prompt_eval_count
    assert told.eval_count
    assert (told.total_duration or 0) >= (told.load_duration or 0)


def test_chat_streams(client: ollama.Client) -> None:
    pieces = list(client.chat("llama3.2", ASKED, stream=True))
    assert "".join(piece.message.content or "" for piece in pieces) == "The water tower is 90 metres tall [2]."
    assert [piece.done for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert all(piece.eval_count is None for piece in pieces[:-1])
    assert pieces[-1].eval_count == len(pieces) - 1


def test_the_same_question_has_the_same_answer(client: ollama.Client) -> None:
    assert len({client.chat("llama3.2", ASKED).message.content or "" for _ in range(3)}) == 1


def test_what_the_passages_do_not_say(client: ollama.Client) -> None:
    def answer(text: str) -> str | None:
        return client.chat("llama3.2", [{"role": "user", "content": text}]).message.content

    assert answer("[1] Rain fell.\n\nQuestion: Who painted the ceiling?") == "The documents do not answer this."
    assert (
        answer("[1] Es regnete.\n\nFrage: Wer hat die Decke gemalt und wann?") == "Die Dokumente beantworten das nicht."
    )


def test_generate(client: ollama.Client) -> None:
    told = client.generate("gemma:2b", PASSAGES, system="Answer.")
    assert told.response == "The water tower is 90 metres tall [2]."
    assert told.context
    pieces = list(client.generate("gemma:2b", PASSAGES, stream=True))
    assert "".join(piece.response or "" for piece in pieces) == told.response


def test_load_and_unload(client: ollama.Client, ask: Ask) -> None:
    assert client.chat("gemma:2b", []).done_reason == "load"
    assert client.generate("llama3.2", keep_alive=-1).done_reason == "load"
    loaded = client.ps().models
    assert [(model.name, model.size_vram, model.context_length) for model in loaded] == [
        ("llama3.2:latest", 0, 4096),
        ("gemma:2b", 0, 4096),
    ]
    assert loaded[0].expires_at is not None
    assert loaded[0].expires_at.year > 2200
    told = ask("/api/generate", {"model": "gemma:2b", "keep_alive": 0})
    assert list(told.value) == ["model", "created_at", "response", "done", "done_reason"]
    assert told.value["done_reason"] == "unload"
    assert told.headers["content-type"] == "application/json; charset=utf-8"
    assert [model.name for model in client.ps().models] == ["llama3.2:latest"]


def test_thinking_is_on_unless_it_is_turned_off(client: ollama.Client) -> None:
    assert client.chat("qwen3:8b", ASKED).message.thinking
    assert client.chat("qwen3:8b", ASKED, think="low").message.thinking
    assert client.chat("qwen3:8b", ASKED, think=False).message.thinking is None
    assert client.chat("llama3.2", ASKED, think=False).message.thinking is None


def test_thinking_comes_first_with_empty_content(ask: Ask) -> None:
    lines = ask("/api/chat", {"model": "qwen3:8b", "messages": ASKED}).lines
    thoughts = [line for line in lines if "thinking" in line["message"]]
    assert lines[: len(thoughts)] == thoughts
    assert {line["message"]["content"] for line in thoughts} == {""}


def test_a_format_with_thinking_takes_two_turns(client: ollama.Client, server: OllamaServer) -> None:
    client.chat("qwen3:8b", ASKED, format=PERSON)
    client.chat("qwen3:8b", ASKED, format=PERSON, think=False)
    assert [record.turns for record in server.requests("/api/chat")] == [2, 1]


def test_structured_output(client: ollama.Client) -> None:
    told = client.chat("llama3.2", ASKED, format=PERSON)
    assert json.loads(told.message.content or "") == {
        "answer": "The water tower is 90 metres tall [2].",
        "citations": [2],
    }
    assert isinstance(json.loads(client.chat("llama3.2", ASKED, format="json").message.content or ""), dict)


def test_num_predict_and_stop(client: ollama.Client) -> None:
    told = client.chat("llama3.2", ASKED, options={"num_predict": 3})
    assert (told.done_reason, told.eval_count, told.message.content) == ("length", 3, "The water tower")
    told = client.chat("llama3.2", ASKED, options={"stop": [" metres"]})
    assert (told.done_reason, told.message.content) == ("stop", "The water tower is 90")


def test_pictures(client: ollama.Client, server: OllamaServer) -> None:
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (640).to_bytes(4, "big") + (480).to_bytes(4, "big") + b"\x08"
    asked = [{"role": "user", "content": "Describe. Caption: The harbour.", "images": [png]}]
    told = client.chat("llava:7b", asked)
    assert "640 by 480" in (told.message.content or "")
    assert "harbour" in (told.message.content or "")
    assert (told.prompt_eval_count or 0) > 768
    with pytest.raises(ollama.ResponseError, match="image input is not supported"):
        client.chat("llama3.2", asked)


def test_tool_calls_can_be_scripted(client: ollama.Client, server: OllamaServer) -> None:
    call: dict[str, Any] = {
        "id": "call_1a2b3c4d",
        "function": {"index": 0, "name": "find", "arguments": {"q": "tower"}},
    }
    server.script("tower", "", tool_calls=[call])
    told = client.chat("llama3.2", ASKED, tools=[{"type": "function", "function": {"name": "find"}}])
    assert told.message.tool_calls
    assert told.message.tool_calls[0].function.arguments == {"q": "tower"}


def test_list_and_show(client: ollama.Client) -> None:
    models = client.list().models
    times = [model.modified_at for model in models if model.modified_at]
    assert times == sorted(times, reverse=True)
    assert models[0].model == "llama3.2:latest"
    assert len(models[0].digest or "") == 64
    told = client.show("NOMIC-embed-text")
    assert told.capabilities == ["embedding"]
    assert told.modelinfo is not None
    assert told.modelinfo["nomic-bert.context_length"] == 2048


def test_the_modelfiles_parameters_count(client: ollama.Client, server: OllamaServer) -> None:
    server.add_model("tuned:latest", parameters={"num_ctx": 2048})
    assert client.show("tuned").parameters == f"{'num_ctx':<30} 2048"
    client.chat("tuned", ASKED)
    assert client.ps().models[0].context_length == 2048


def test_embeddings(client: ollama.Client) -> None:
    texts = ["The tower is tall.", "A tall tower stands there.", "Quarterly revenue fell."]
    told = client.embed("nomic-embed-text", texts)
    vectors = told.embeddings
    assert [len(vector) for vector in vectors] == [768] * 3
    assert all(math.isclose(math.hypot(*vector), 1, abs_tol=1e-5) for vector in vectors)
    assert [client.embed("nomic-embed-text", text).embeddings[0] for text in texts] == list(vectors)

    def near(a: int, b: int) -> float:
        return sum(x * y for x, y in zip(vectors[a], vectors[b], strict=True))

    assert near(0, 1) > 0.5 > 0.2 > near(0, 2)
    assert told.prompt_eval_count == sum(
        client.embed("nomic-embed-text", text).prompt_eval_count or 0 for text in texts
    )


def test_embedding_edges(client: ollama.Client, ask: Ask) -> None:
    short = client.embed("all-minilm", "a text", dimensions=64).embeddings[0]
    assert len(short) == 64
    assert math.isclose(math.hypot(*short), 1, abs_tol=1e-5)
    assert len(client.embed("all-minilm", "a text", dimensions=9999).embeddings[0]) == 384
    assert ask("/api/embed", {"model": "all-minilm", "input": ""}).body == b'{"model":"all-minilm","embeddings":[]}'
    assert ask("/api/embed", {"model": "all-minilm"}).body == b'{"model":"all-minilm","embeddings":[]}'
    assert len(ask("/api/embed", {"model": "all-minilm", "input": [""]}).value["embeddings"]) == 1
    assert ask("/api/embeddings", {"model": "all-minilm", "prompt": ""}).body == b'{"embedding":[]}'
    assert len(client.embeddings("all-minilm", "a text").embedding) == 384


def test_long_inputs_are_cut_to_the_context(client: ollama.Client) -> None:
    words = [f"w{number}" for number in range(600)]
    told = client.embed("all-minilm", " ".join(words))
    assert told.prompt_eval_count == 512
    assert told.embeddings == client.embed("all-minilm", " ".join(words[:510])).embeddings
    told = client.embed("all-minilm", " ".join(words), options={"num_ctx": 100})
    assert told.prompt_eval_count == 100


def test_pull(client: ollama.Client) -> None:
    lines = list(client.pull("phi4-mini", stream=True))
    assert lines[0].status == "pulling manifest"
    assert [line.status for line in lines[-3:]] == ["verifying sha256 digest", "writing manifest", "success"]
    layer = [line for line in lines if line.digest == lines[1].digest]
    assert layer[0].completed is None
    assert [line.completed for line in layer[1:]] == sorted(line.completed or 0 for line in layer[1:])
    assert layer[-1].completed == layer[-1].total
    assert layer[0].status == f"pulling {(layer[0].digest or '')[7:19]}"
    assert client.chat("phi4-mini", ASKED).done
    assert client.pull("phi4-mini").status == "success"


def test_pulling_what_is_not_there(client: ollama.Client, ask: Ask) -> None:
    told = ask("/api/pull", {"model": "gone"})
    assert told.status == 200
    assert told.lines == [{"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}]
    told = ask("/api/pull", {"model": "gone", "stream": False})
    assert told.error == (500, "pull model manifest: file does not exist")
    assert told.headers["content-type"] == "application/json"
    with pytest.raises(ollama.ResponseError) as error:
        list(client.pull("gone", stream=True))
    assert error.value.status_code == -1


def test_delete(client: ollama.Client) -> None:
    client.delete("gemma:2b")
    with pytest.raises(ollama.ResponseError, match="model 'gemma:2b' not found") as error:
        client.chat("gemma:2b", ASKED)
    assert error.value.status_code == 404


def test_every_request_is_recorded(client: ollama.Client, server: OllamaServer) -> None:
    client.chat("llama3.2", ASKED)
    (record,) = server.requests("/api/chat")
    assert record.body["messages"] == ASKED
    assert record.model == "llama3.2"
    assert record.queued
    assert record.slot
    assert record.start
    assert record.end
    assert record.arrival <= record.queued <= record.slot <= record.start <= record.end
    assert record.disconnect is None
    assert record.status == 200
    assert "authorization" not in record.headers
