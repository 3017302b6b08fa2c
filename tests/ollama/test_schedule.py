"""Slots, the queue before the loader, loads and reloads, keep_alive: who waits for whom, and who is turned away."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.ollama.asking import Answer, Ask, Depart
from tests.ollama.handle import OllamaServer

SLOW_LOAD = 60.0  # seconds nobody waits for: such a load ends because somebody leaves, or the test does


def said(text: str = "hello", model: str = "gemma:2b", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}], "stream": False} | more


def many(crowd: ThreadPoolExecutor, ask: Ask, count: int, **more: Any) -> list[Future[Answer]]:
    return [crowd.submit(ask, "/api/chat", said(f"call {number}", **more)) for number in range(count)]


@pytest.mark.parametrize("slots", [1, 4])
def test_never_more_at_once_than_slots(server: OllamaServer, ask: Ask, crowd: ThreadPoolExecutor, slots: int) -> None:
    server.set(num_parallel=slots)
    server.hold()
    calls = many(crowd, ask, 24)
    state = server.until(running=slots, waiting=24 - slots, in_flight=24)
    assert state["pending"] == 0
    server.release()
    assert {call.result(20).status for call in calls} == {200}
    assert server.peak("running", "gemma:2b") == slots
    assert server.peak("in_flight", "gemma:2b") == 24


def test_waiting_is_silent_and_first_come_first_served(
    server: OllamaServer, ask: Ask, crowd: ThreadPoolExecutor, departing: Depart
) -> None:
    server.hold()
    sockets = []
    for number in range(6):
        sockets.append(departing("/api/chat", said(f"call {number}", stream=True)))
        server.until(in_flight=number + 1)
    server.until(running=1, waiting=5)
    for sock in sockets:
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.recv(1)
    server.release()
    server.until(in_flight=0)
    records = server.requests("/api/chat")
    granted = sorted(records, key=lambda record: record.slot or 0)
    assert [record.body["messages"][0]["content"] for record in granted] == [f"call {n}" for n in range(6)]


def test_who_leaves_the_line_frees_their_place(server: OllamaServer, departing: Depart) -> None:
    server.hold()
    first, second = departing("/api/chat", said("first")), None
    server.until(running=1)
    second = departing("/api/chat", said("second"))
    server.until(waiting=1)
    departing("/api/chat", said("third"))
    server.until(waiting=2)
    second.close()
    server.until(waiting=1, in_flight=2)
    first.close()
    server.until(waiting=0, running=1, in_flight=1)
    server.release()
    server.until(in_flight=0)
    ended = {record.body["messages"][0]["content"]: record for record in server.requests("/api/chat")}
    assert ended["second"].disconnect
    assert ended["second"].slot is None
    assert ended["first"].disconnect
    assert ended["third"].disconnect is None
    assert ended["third"].status == 200


def test_embedding_models_have_one_slot_and_a_turn_for_each_input(
    server: OllamaServer, ask: Ask, crowd: ThreadPoolExecutor
) -> None:
    server.set(num_parallel=8)
    given = {"model": "all-minilm", "input": [f"text {number}" for number in range(10)]}
    calls = [crowd.submit(ask, "/api/embed", given) for _ in range(4)]
    assert len({call.result(20).body.split(b'"total_duration"')[0] for call in calls}) == 1
    assert server.peak("running", "all-minilm:latest") == 1
    assert [record.turns for record in server.requests("/api/embed")] == [10] * 4
    assert server.state()["loaded"][0]["slots"] == 1


def test_a_long_batch_lets_another_between(server: OllamaServer, departing: Depart) -> None:
    server.hold()
    departing("/api/embed", {"model": "all-minilm", "input": ["a", "b", "c"]})
    server.until(held=1, waiting=2)
    departing("/api/embed", {"model": "all-minilm", "input": "d"})
    server.until(held=1, waiting=3)
    server.release(3)
    server.until(held=1, waiting=0)
    batch, single = server.requests("/api/embed")
    assert (batch.turns, single.turns) == (3, 1)
    assert batch.end
    server.release()


def test_the_queue_before_the_loader_is_bounded(server: OllamaServer, departing: Depart, ask: Ask) -> None:
    server.set(max_queue=3, load_delay=SLOW_LOAD)
    departing("/api/chat", said(model="gemma:2b"))
    server.wait(lambda state: bool(state["loaded"]), "a load")
    for number in range(3):
        departing("/api/chat", said(model="llama3.2"))
        server.until(pending=number + 1)
    busy = "server busy, please try again.  maximum pending requests exceeded"
    assert ask("/api/chat", said(model="llama3.2")).error == (503, busy)
    departing("/api/chat", said(model="gemma:2b"))  # waits for the load, not in the queue
    server.until(in_flight=5, pending=3)


def test_a_burst_before_the_load_is_registered_is_turned_away(
    server: OllamaServer, departing: Depart, ask: Ask
) -> None:
    server.set(max_queue=2, register_delay=SLOW_LOAD)
    departing("/api/chat", said())
    server.until(in_flight=1, pending=0)
    for number in range(2):
        departing("/api/chat", said())
        server.until(pending=number + 1)
    assert ask("/api/chat", said()).status == 503


def test_a_load_is_aborted_when_its_initiator_leaves(server: OllamaServer, departing: Depart) -> None:
    server.set(load_delay=SLOW_LOAD)
    first = departing("/api/chat", said("first"))
    server.wait(lambda state: len(state["loads"]) == 1, "a load")
    departing("/api/chat", said("second"))
    server.until(in_flight=2)
    server.set(load_delay=0.0)
    first.close()
    server.until(in_flight=0)
    assert [load["outcome"] for load in server.state()["loads"]] == ["aborted", "loaded"]
    second = server.requests("/api/chat")[1]
    assert second.status == 200


def test_who_only_waits_for_a_load_does_not_abort_it(server: OllamaServer, departing: Depart) -> None:
    server.set(load_delay=SLOW_LOAD)
    departing("/api/chat", said("first"))
    server.wait(lambda state: len(state["loads"]) == 1, "a load")
    second = departing("/api/chat", said("second"))
    server.until(in_flight=2)
    second.close()
    state = server.until(in_flight=1)
    assert [load["outcome"] for load in state["loads"]] == ["loading"]


def test_load_duration_holds_the_load(server: OllamaServer, ask: Ask) -> None:
    server.set(load_delay=0.3)
    first, second = (ask("/api/chat", said()).value["load_duration"] for _ in range(2))
    assert first >= 300_000_000
    assert second < first


def test_ps_waits_for_a_load_since_the_newer_server(server: OllamaServer, departing: Depart, ask: Ask) -> None:
    server.set(load_delay=SLOW_LOAD)
    loader = departing("/api/chat", said())
    server.wait(lambda state: bool(state["loaded"]), "a load")
    assert ask("/api/version").status == 200
    assert ask("/api/tags").status == 200
    server.set(profile="0.24")
    assert ask("/api/ps").value == {"models": []}
    server.set(profile="0.30")
    with ThreadPoolExecutor(1) as crowd:
        waits = crowd.submit(ask, "/api/ps")
        server.wait(lambda _: any(r.path == "/api/ps" and r.end is None for r in server.requests()), "ps")
        assert not waits.done()
        loader.close()
        assert waits.result(20).value == {"models": []}


@pytest.mark.parametrize("options", [{"num_ctx": 8192}, {"num_batch": 64}, {"num_gpu": 0}, {"use_mmap": False}])
def test_other_load_time_options_load_anew(server: OllamaServer, ask: Ask, options: dict[str, Any]) -> None:
    ask("/api/chat", said())
    ask("/api/chat", said(options={"temperature": 0.2, "num_predict": 9, "seed": 4, "stop": ["x"]}))
    assert len(server.state()["loads"]) == 1
    ask("/api/chat", said(options=options))
    ask("/api/chat", said())
    assert len(server.state()["loads"]) == 3


def test_shift_is_a_load_time_option(server: OllamaServer, ask: Ask) -> None:
    ask("/api/chat", said())
    ask("/api/chat", said(shift=False))
    assert len(server.state()["loads"]) == 2


def test_a_reload_waits_until_the_model_is_idle(server: OllamaServer, departing: Depart) -> None:
    server.set(num_parallel=2)
    server.hold()
    departing("/api/chat", said("old"))
    server.until(running=1)
    departing("/api/chat", said("new", options={"num_ctx": 8192}))
    server.wait(lambda state: state["in_flight"]["total"]["now"] == 2 and state["pending"] == 0, "the loader")
    departing("/api/chat", said("old again"))
    server.until(running=2)  # is served before the one that came first
    assert len(server.state()["loads"]) == 1
    server.release()
    state = server.until(in_flight=0)
    assert [load["num_ctx"] for load in state["loads"]] == [4096, 8192]


def test_no_more_models_than_allowed(server: OllamaServer, ask: Ask) -> None:
    server.set(max_loaded_models=2)
    for model in ("gemma:2b", "llama3.2", "gemma:2b", "qwen3:8b"):
        ask("/api/chat", said(model=model))
    assert [entry["model"] for entry in server.state()["loaded"]] == ["gemma:2b", "qwen3:8b"]


def test_models_make_room_for_each_other(server: OllamaServer, ask: Ask) -> None:
    server.set(memory=6_000_000_000)
    ask("/api/chat", said(model="gemma:2b"))
    ask("/api/chat", said(model="llama3.2"))
    assert len(server.state()["loaded"]) == 2
    ask("/api/chat", said(model="qwen3:8b"))
    assert [entry["model"] for entry in server.state()["loaded"]] == ["qwen3:8b"]


def test_keep_alive(server: OllamaServer, ask: Ask) -> None:
    ask("/api/chat", said(keep_alive="30ms"))
    server.wait(lambda state: not state["loaded"], "the end of keep_alive")
    ask("/api/chat", said(keep_alive=0))
    assert server.state()["loaded"] == []
    ask("/api/chat", said(keep_alive=-1))
    assert len(server.state()["loaded"]) == 1


def test_a_call_in_the_slot_ends_with_its_client(server: OllamaServer, departing: Depart) -> None:
    server.set(per_call=SLOW_LOAD)
    departing("/api/chat", said()).close()
    server.until(in_flight=0, running=0)


def test_a_prompt_may_go_on_after_its_client_left(server: OllamaServer, departing: Depart, ask: Ask) -> None:
    ask("/api/chat", said())
    server.set(per_call=0.5, lingering_prompts=True)
    call = departing("/api/chat", said("left"))
    server.until(running=1)
    call.close()
    server.until(in_flight=0)
    server.set(per_call=0.0)
    ask("/api/chat", said("next"))
    left, following = server.requests("/api/chat")[1:]
    assert left.slot
    assert left.disconnect
    assert following.slot
    assert following.slot > left.disconnect
    assert following.slot - left.slot >= 0.49


def test_latency_is_what_was_set(server: OllamaServer, ask: Ask) -> None:
    server.set(per_call=0.02, per_token=0.002, per_prompt_token=0.001)
    told = ask("/api/chat", said("[1] The tower is tall.\nQuestion: What is tall?")).value
    assert told["prompt_eval_duration"] >= (0.02 + 0.001 * told["prompt_eval_count"]) * 1e9
    assert told["eval_duration"] >= 0.002 * told["eval_count"] * 1e9
