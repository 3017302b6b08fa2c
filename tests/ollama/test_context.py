"""What becomes of a prompt that is longer than the context, under both profiles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ollama.asking import Ask
from tests.ollama.context import IMAGE_TOKENS, count, tokens
from tests.ollama.handle import OllamaServer

NATIVE = "hf.co/example/native-gguf:q4_k_m"
LONG = " ".join(f"w{number}" for number in range(6000))


def chat(ask: Ask, model: str = "gemma:2b", text: str = LONG, **more: Any) -> Any:
    given = {"model": model, "messages": [{"role": "user", "content": text}], "stream": False}
    return ask("/api/chat", given | more)


def test_tokens_join_to_the_text() -> None:
    text = "Überlange Wörter, \tnumbers 1234567 & signs: §_\u0085\n\nend "
    assert "".join(tokens(text)) == text
    assert count(text) == len(tokens(text))


@pytest.mark.parametrize(("num_ctx", "left"), [(4096, 2050), (1024, 514), (64, 34)])
def test_the_newer_server_keeps_half_a_window(ask: Ask, server: OllamaServer, num_ctx: int, left: int) -> None:
    told = chat(ask, options={"num_ctx": num_ctx})
    assert told.status == 200
    assert told.value["prompt_eval_count"] == left
    (record,) = server.requests("/api/chat")
    assert (record.prompt_tokens, record.whole_tokens) == (left, count(LONG) + 3)


def test_num_keep_moves_the_cut(ask: Ask) -> None:
    assert chat(ask, options={"num_ctx": 1024, "num_keep": 24}).value["prompt_eval_count"] == 1024 - 500


def test_a_tokenizer_that_adds_a_beginning(ask: Ask, server: OllamaServer) -> None:
    server.add_model("bos:latest", adds_bos=True)
    assert chat(ask, "bos", options={"num_ctx": 4096}).value["prompt_eval_count"] == 4096 - (4096 - 5) // 2


@pytest.mark.parametrize("num_ctx", [4096, 64])
def test_the_older_server_fills_the_window(ask: Ask, server: OllamaServer, num_ctx: int) -> None:
    server.set(profile="0.24")
    assert chat(ask, options={"num_ctx": num_ctx}).value["prompt_eval_count"] == num_ctx
    assert chat(ask, NATIVE, options={"num_ctx": num_ctx}).value["prompt_eval_count"] == num_ctx


def test_a_prompt_that_just_fits_is_left_alone(ask: Ask) -> None:
    text = " ".join(["word"] * 250)
    whole = count(text) + 3
    assert chat(ask, text=text, options={"num_ctx": whole + 1}).value["prompt_eval_count"] == whole
    assert chat(ask, text=text, options={"num_ctx": whole}).value["prompt_eval_count"] < whole


def test_a_native_model_refuses(ask: Ask) -> None:
    told = chat(ask, NATIVE, options={"num_ctx": 1024})
    assert told.status == 400
    inner = json.loads(told.value["error"])["error"]
    whole = count(LONG) + 3
    assert inner == {
        "code": 400,
        "message": f"request ({whole} tokens) exceeds the available context size (1024 tokens), try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": whole,
        "n_ctx": 1024,
    }
    assert list(inner) == ["code", "message", "type", "n_prompt_tokens", "n_ctx"]
    rendered = {"model": NATIVE, "prompt": LONG, "stream": False, "options": {"num_ctx": 1024}}
    assert ask("/api/generate", rendered).value["prompt_eval_count"] == 514


def test_truncate_false_refuses(ask: Ask, server: OllamaServer) -> None:
    told = chat(ask, truncate=False)
    assert json.loads(told.value["error"])["error"]["n_ctx"] == 4096
    server.set(profile="0.24")
    assert chat(ask, truncate=False).error == (400, "the input length exceeds the context length")


def test_shift_false_refuses(ask: Ask) -> None:
    status, said = chat(ask, shift=False).error
    assert status == 400
    assert said.startswith("the prompt is longer than the context length currently available to the model; shorten")


def test_the_oldest_messages_go_first(ask: Ask, server: OllamaServer) -> None:
    messages = [{"role": "system", "content": "Be short."}]
    for number in range(10):
        messages += [{"role": "user", "content": f"Question {number}? " + "word " * 90}]
    messages += [{"role": "user", "content": "[1] The last one stays.\nQuestion: Which one stays?"}]
    told = ask("/api/chat", {"model": "gemma:2b", "messages": messages, "stream": False, "options": {"num_ctx": 512}})
    assert told.value["message"]["content"] == "The last one stays [1]."
    (record,) = server.requests("/api/chat")
    assert 400 < record.prompt_tokens == record.whole_tokens < 512


def test_what_was_cut_is_not_answered(ask: Ask) -> None:
    passages = "[1] The key is under the stone.\n" + "\n".join(
        f"[{number}] Sentence {number} says nothing of use here." for number in range(2, 120)
    )
    text = passages + "\n\nQuestion: Where is the key?"
    whole, cut = (chat(ask, text=text, options={"num_ctx": size}).value for size in (8192, 512))
    assert whole["message"]["content"] == "The key is under the stone [1]."
    assert cut["message"]["content"] == "The documents do not answer this."


def test_the_context_is_bounded_by_the_model(ask: Ask) -> None:
    chat(ask, options={"num_ctx": 1_000_000})
    chat(ask, "llava:7b", "Hello.", options={"num_ctx": 1})
    contexts = {entry["name"]: entry["context_length"] for entry in ask("/api/ps").value["models"]}
    assert contexts == {"gemma:2b": 8192, "llava:7b": 2048}


def test_pictures_take_room(ask: Ask) -> None:
    images = ["iVBORw0KGgo="] * 4
    given = {"model": "llava:7b", "messages": [{"role": "user", "content": "a", "images": images}], "stream": False}
    assert ask("/api/chat", given).value["prompt_eval_count"] == 4 * IMAGE_TOKENS + 4
    told = ask("/api/chat", given | {"options": {"num_ctx": 2048}})
    assert json.loads(told.value["error"])["error"]["n_prompt_tokens"] == 4 * IMAGE_TOKENS + 4


def test_without_shift_the_window_ends_the_answer(ask: Ask) -> None:
    text = "[1] " + " ".join(["tower"] * 40) + ".\nQuestion: Which tower?"
    whole = count(text) + 3
    told = chat(ask, text=text, options={"num_ctx": whole + 9}, shift=False)
    assert (told.value["done_reason"], told.value["eval_count"]) == ("length", 9)
