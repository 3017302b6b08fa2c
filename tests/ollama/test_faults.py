"""Every fault, as the official client meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import ollama
import pytest

from tests.ollama.asking import Ask, Depart
from tests.ollama.faults import Plan
from tests.ollama.handle import OllamaServer

ASKED = [{"role": "user", "content": "[1] The water tower is ninety metres tall.\nQuestion: How tall is the tower?"}]
ANSWER = "The water tower is ninety metres tall [1]."
CUT = (httpx.RemoteProtocolError, httpx.ReadError)
CHAT = {"model": "gemma:2b", "messages": ASKED}
ANY = {"type": "object", "properties": {"answer": {"type": "string"}}}


def whole(client: ollama.Client) -> Any:
    return client.chat("gemma:2b", ASKED)


def stream(client: ollama.Client) -> list[Any]:
    return list(client.chat("gemma:2b", ASKED, stream=True))


def embed(client: ollama.Client) -> Any:
    return client.embed("all-minilm", ["a", "b", "c"])


@pytest.mark.parametrize(
    ("kind", "details", "call", "error"),
    [
        ("reset_before", {}, whole, CUT),
        ("reset_before", {}, stream, CUT),
        ("close_before", {}, whole, httpx.RemoteProtocolError),
        ("reset_after", {}, whole, CUT),
        ("reset_after", {"after": 0}, stream, CUT),
        ("reset_after", {"after": 3}, stream, CUT),
        ("reset_after", {}, embed, CUT),
        ("cut", {}, whole, CUT),
        ("cut", {"after": 2}, stream, CUT),
        ("cut", {"after": 99}, stream, CUT),
        ("cut", {}, embed, CUT),
        ("half_line", {}, stream, json.JSONDecodeError),
        ("blank_line", {}, stream, json.JSONDecodeError),
        ("html", {}, whole, json.JSONDecodeError),
        ("html", {}, stream, json.JSONDecodeError),
        ("error_200", {}, whole, ValueError),
        ("error_200", {}, embed, ValueError),
        ("nel", {}, stream, json.JSONDecodeError),
        ("status", {"status": 500, "body": "[1]"}, whole, AttributeError),
    ],
)
def test_broken_answers(
    server: OllamaServer, client: ollama.Client, kind: str, details: dict[str, Any],
    call: Callable[[ollama.Client], Any], error: type[Exception],
) -> None:  # fmt: skip
    server.fault(kind, times=1, **details)
    with pytest.raises(error):
        call(client)
    assert server.requests()[0].fault == kind
    call(client)  # and then all is well


@pytest.mark.parametrize(
    ("kind", "details", "status", "said"),
    [
        ("busy", {}, 503, "server busy, please try again.  maximum pending requests exceeded"),
        ("runner_died", {}, 500, "model runner has unexpectedly stopped"),
        ("out_of_memory", {}, 500, "llama-server reported out-of-memory"),
        ("rate_limited", {}, 429, "too many requests"),
        ("bad_gateway", {}, 502, "<html>"),
        ("status", {"status": 500, "text": "no slots available after 10 retries"}, 500, "no slots available"),
        ("missing", {}, 404, "model 'gemma:2b' not found"),
    ],
)
@pytest.mark.parametrize("call", [whole, stream])
def test_refusals(
    server: OllamaServer, client: ollama.Client, kind: str, details: dict[str, Any], status: int, said: str,
    call: Callable[[ollama.Client], Any],
) -> None:  # fmt: skip
    server.fault(kind, **details)
    with pytest.raises(ollama.ResponseError) as error:
        call(client)
    assert error.value.status_code == status
    assert error.value.error.startswith(said)


def test_an_error_in_a_stream_ends_it_normally(server: OllamaServer, client: ollama.Client, ask: Ask) -> None:
    server.fault("error_line", after=3)
    lines = ask("/api/chat", CHAT).lines
    assert [list(line) for line in lines[:3]] == [["model", "created_at", "message", "done"]] * 3
    assert lines[3:] == [{"error": "an error was encountered while running the model: unexpected EOF"}]
    with pytest.raises(ollama.ResponseError) as error:
        stream(client)
    assert error.value.status_code == -1


def test_a_stream_without_its_end(server: OllamaServer, client: ollama.Client) -> None:
    server.fault("no_done", after=2)
    assert [piece.done for piece in stream(client)] == [False, False]
    server.calm()
    server.fault("no_done", after=99)
    pieces = stream(client)
    assert "".join(piece.message.content or "" for piece in pieces) == ANSWER
    assert not any(piece.done for piece in pieces)


def test_refused_connections(server: OllamaServer, client: ollama.Client) -> None:
    server.unplug()
    with pytest.raises(ConnectionError):
        whole(client)
    with pytest.raises(httpx.ConnectError):
        stream(client)
    assert server.requests() == []
    server.plug()
    assert whole(client).message.content == ANSWER


def test_a_server_that_goes_and_comes_back(server: OllamaServer, client: ollama.Client) -> None:
    server.hold()
    with ThreadPoolExecutor(1) as crowd:
        call = crowd.submit(whole, client)
        server.until(running=1)
        server.unplug(0.05)
        with pytest.raises(CUT):
            call.result(20)
    server.release()

    def back(_: object) -> bool:
        try:
            return bool(client.list().models)
        except ConnectionError:
            return False

    server.wait(back, "the server to come back")


def test_refusing_from_a_call_on(server: OllamaServer, client: ollama.Client) -> None:
    server.fault("refuse", nth=2)
    whole(client)
    with pytest.raises(CUT):
        whole(client)
    with pytest.raises(ConnectionError):
        whole(client)


def test_a_hang_says_nothing_until_the_client_leaves(server: OllamaServer, departing: Depart) -> None:
    server.fault("hang")
    call = departing("/api/chat", CHAT)
    server.until(in_flight=1, running=0, waiting=0)
    call.setblocking(False)
    with pytest.raises(BlockingIOError):
        call.recv(1)
    call.close()
    server.until(in_flight=0)


def test_a_hang_can_hold_the_slot(server: OllamaServer, departing: Depart) -> None:
    server.fault("hang", in_slot=True, nth=1)
    call = departing("/api/chat", CHAT)
    server.until(running=1)
    departing("/api/chat", CHAT)
    server.until(running=1, waiting=1)
    call.close()
    server.until(in_flight=0)
    assert [record.status for record in server.requests()] == [0, 200]


def test_a_stream_that_stalls(server: OllamaServer, client: ollama.Client) -> None:
    server.fault("stall", after=2)
    with ollama.Client(server.address, timeout=0.8, trust_env=False) as hasty:
        told = []
        with pytest.raises(httpx.ReadTimeout):
            for piece in hasty.chat("gemma:2b", ASKED, stream=True):
                told.append(piece)
        assert len(told) == 2
        with pytest.raises(httpx.ReadTimeout):
            whole(hasty)
    server.until(in_flight=0, running=0)


def test_a_delay_and_slow_tokens(server: OllamaServer, ask: Ask) -> None:
    server.fault("delay", seconds=0.05, nth=1)
    server.fault("slow", seconds=0.01, nth=1)
    ask("/api/chat", CHAT)
    (record,) = server.requests()
    assert record.start
    assert record.start - record.arrival >= 0.05
    server.calm()
    server.fault("slow", seconds=0.01)
    told = ask("/api/chat", CHAT).lines[-1]
    assert told["eval_duration"] >= told["eval_count"] * 1e7


def test_spoilt_answers(server: OllamaServer, client: ollama.Client) -> None:
    def one(kind: str, **more: Any) -> Any:
        server.calm()
        server.fault(kind)
        return client.chat("gemma:2b", ASKED, **more)

    told = one("invalid_json", format=ANY)
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(told.message.content)
    assert told.done_reason == "stop"
    told = one("half_json", format=ANY)
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(told.message.content)
    assert told.done_reason == "length"
    told = one("length")
    assert (told.done_reason, told.eval_count) == ("length", 1)
    assert one("empty").message.content == ""
    assert one("thinking").message.thinking
    assert one("thinking", think=False).message.thinking
    told = one("thinking_in_content").message.content
    assert told.startswith("<think>")
    assert told.endswith("</think>\n\n" + ANSWER)
    assert "\u0085" in one("nel").message.content


def test_endless_whitespace(server: OllamaServer, client: ollama.Client) -> None:
    server.fault("whitespace", guard=False)
    told = client.chat("gemma:2b", ASKED, options={"num_predict": 500})
    assert (told.done_reason, told.eval_count, (told.message.content or "").strip()) == ("length", 500, "")
    told = client.chat("gemma:2b", ASKED, options={"num_ctx": 64})
    assert told.eval_count == 640  # ten windows bound it where the request does not
    server.calm()
    server.fault("whitespace")
    guarded = client.chat("gemma:2b", ASKED)
    assert not guarded.done
    assert guarded.done_reason is None
    assert not any(piece.done for piece in stream(client))
    native = client.chat("hf.co/example/native-gguf:q4_k_m", ASKED, options={"num_predict": 100})
    assert native.done_reason == "length"


def test_an_endless_stream_ends_with_its_reader(server: OllamaServer, client: ollama.Client, ask: Ask) -> None:
    server.fault("repetition", nth=1)
    pieces = client.chat("gemma:2b", ASKED, stream=True)
    told = [next(pieces) for _ in range(50)]
    assert {piece.message.content for piece in told} == {" and", " so", " on"}
    assert ask("/api/version").status == 200
    pieces.close()  # type: ignore[attr-defined]
    server.until(in_flight=0, running=0)


def test_spoilt_vectors(server: OllamaServer, client: ollama.Client) -> None:
    good = embed(client).embeddings

    def spoilt(kind: str) -> Any:
        server.calm()
        server.fault(kind)
        return embed(client).embeddings

    assert spoilt("no_vectors") == []
    assert spoilt("fewer_vectors") == good[:-1]
    assert {len(vector) for vector in spoilt("other_dimension")} == {377}
    assert spoilt("swapped_vectors") == good[::-1]
    assert not any(any(vector) for vector in spoilt("zero_vectors"))
    with pytest.raises(ollama.ResponseError, match="embedding contains NaN or Inf values"):
        spoilt("nan")


def test_a_bad_text_spoils_its_batch(server: OllamaServer, client: ollama.Client) -> None:
    server.fault("nan", contains="poison")
    with pytest.raises(ollama.ResponseError, match="NaN"):
        client.embed("all-minilm", ["a", "poison", "c"])
    assert len(client.embed("all-minilm", ["a", "c"]).embeddings) == 2


def test_a_model_that_vanishes(server: OllamaServer, client: ollama.Client) -> None:
    server.fault("vanish", nth=2)
    whole(client)
    for _ in range(2):
        with pytest.raises(ollama.ResponseError, match="not found"):
            whole(client)
    assert "gemma:2b" not in [model.model for model in client.list().models]
    client.pull("gemma:2b")
    whole(client)


def test_a_rule_is_for_model_calls_unless_it_names_a_path(server: OllamaServer, ask: Ask) -> None:
    server.fault("busy")
    assert ask("/api/version").status == 200
    server.fault("runner_died", path="/api/version", nth=2)
    assert [ask("/api/version").status for _ in range(2)] == [200, 500]
    server.fault("bad_gateway", path="*")
    assert ask("/api/tags").status == 502


def test_rules_choose_their_calls(server: OllamaServer, ask: Ask) -> None:
    server.fault("busy", path="/api/chat", model="gemma:2b", nth=[2, 4])
    server.fault("runner_died", path="/api/embed", every=2, times=1)
    chat = [ask("/api/chat", CHAT).status for _ in range(5)]
    other = [ask("/api/chat", CHAT | {"model": "llama3.2"}).status for _ in range(3)]
    vectors = [ask("/api/embed", {"model": "all-minilm", "input": "a"}).status for _ in range(5)]
    assert (chat, other, vectors) == ([200, 503, 200, 503, 200], [200] * 3, [200, 500, 200, 200, 200])
    assert server.state()["faults"]["struck"] == {"busy": 2, "runner_died": 1}


def struck(seed: int, rate: float = 0.1) -> list[str]:
    plan = Plan()
    plan.set({"rate": rate, "seed": seed, "faults": ["busy", "runner_died", "half_json", "nan"]})
    found = []
    for number in range(400):
        body = {"model": "a", "n": number}
        fault = plan.choose("/api/chat", "a", body, json.dumps(body).encode())
        found.append(fault.kind if fault else "")
    return found


def test_a_rate_strikes_its_share_and_repeats_by_seed() -> None:
    first = struck(7)
    assert first == struck(7)
    assert first != struck(8)
    assert 20 < sum(map(bool, first)) < 60
    assert set(first) == {"", "busy", "runner_died"}  # what cannot show in such a call is not chosen
    assert struck(7, 0.0) == [""] * 400
    assert "" not in struck(7, 1.0)


def test_a_retry_is_a_call_of_its_own() -> None:
    plan = Plan()
    plan.set({"rate": 0.5, "seed": 1, "faults": ["busy"]})
    tries = [plan.choose("/api/chat", "a", {}, b"same") is not None for _ in range(60)]
    assert {True, False} == set(tries)
    plan.set({"rate": 1.0, "seed": 1, "faults": ["busy"], "again": False})
    assert [plan.choose("/api/chat", "a", {}, b"same") is not None for _ in range(3)] == [True, False, False]


def test_what_is_no_fault_is_refused(server: OllamaServer) -> None:
    with pytest.raises(ValueError, match="there is no fault earthquake"):
        server.fault("earthquake")
    with pytest.raises(ValueError, match="unknown in a fault rule: colour"):
        server.fault("busy", colour="red")
    with pytest.raises(ValueError, match="there is no setting speed"):
        server.set(speed=1)
