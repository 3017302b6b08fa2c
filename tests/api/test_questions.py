"""Searching and asking over HTTP."""

from __future__ import annotations

import json

import pytest

QUESTION = "Who opened the Halden bridge?"


@pytest.mark.parametrize("mode", ["hybrid", "dense", "keyword"])
def test_search(client, library, mode: str) -> None:
    found = client.post("/v1/search", json={"query": QUESTION, "mode": mode, "top_k": 2}).json()
    assert (found["query"], found["mode"]) == (QUESTION, mode)
    assert found["results"][0]["document"] == "bridge.md"
    assert len(found["results"]) <= 2


def test_search_within_documents(client, library) -> None:
    only = library["river.md"]["id"]
    found = client.post("/v1/search", json={"query": QUESTION, "document_ids": [only]}).json()
    assert {row["document_id"] for row in found["results"]} == {only}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": ""},
        {"query": "bridge", "mode": "telepathy"},
        {"query": "bridge", "top_k": 0},
        {"query": "bridge", "top_k": 1000},
        {"query": ["bridge"]},
        {"query": "x" * 20_000},
    ],
)
def test_searches_that_cannot_be_are_refused(client, error_of, body) -> None:
    assert error_of(client.post("/v1/search", json=body), 422)["type"] == "InvalidRequest"


def test_json_that_is_none_is_refused(client, error_of) -> None:
    headers = {"content-type": "application/json"}
    assert error_of(client.post("/v1/search", content=b"{broken", headers=headers), 422)


def test_any_text_may_be_searched_for(client, library) -> None:
    for query in ('"', "AND OR NOT (", "title:* ~2 ^5", "\x00\ud83d", "💡" * 50, "' OR 1=1 --"):
        content = json.dumps({"query": query}).encode()
        answer = client.post("/v1/search", content=content, headers={"content-type": "application/json"})
        assert answer.status_code in (200, 422), query


def test_ask_several_agents(client, library) -> None:
    agents = [row["name"] for row in client.get("/v1/agents").json()["agents"]]
    found = client.post("/v1/ask", json={"question": QUESTION, "agents": agents}).json()
    assert [answer["agent"] for answer in found["answers"]] == agents
    for answer in found["answers"]:
        assert "Ruth Amsel" in answer["text"]
        assert answer["citations"][0]["document"] == "bridge.md"


def events(text: str) -> list[tuple[str, dict]]:
    found = []
    for block in text.strip().split("\n\n"):
        first, second = block.split("\n")
        found.append((first.removeprefix("event: "), json.loads(second.removeprefix("data: "))))
    return found


def test_ask_as_a_stream(client, library) -> None:
    headers = {"accept": "text/event-stream"}
    with client.stream("POST", "/v1/ask", json={"question": QUESTION}, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = events(answer.read().decode())
    kinds = [kind for kind, _ in told]
    assert kinds == ["chunk"] * (len(kinds) - 2) + ["sources", "done"]
    assert len(kinds) > 2
    assert all(event["type"] == kind for kind, event in told)
    done = told[-1][1]["answer"]
    assert "".join(event["text"] for kind, event in told if kind == "chunk") == done["text"]
    assert told[-2][1]["citations"] == done["citations"] != []


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_questions_that_cannot_be_are_refused_before_anything_is_sent(client, error_of, accept: str) -> None:
    for body in (
        {"question": "???"},
        {"question": QUESTION, "agents": ["nobody"]},
        {"question": QUESTION, "model": "gpt-none"},
    ):
        assert error_of(client.post("/v1/ask", json=body, headers={"accept": accept}), 422)
    both = {"question": QUESTION, "agents": ["hybrid", "keywords"]}
    if accept == "text/event-stream":
        assert error_of(client.post("/v1/ask", json=both, headers={"accept": accept}), 422)


def test_a_conversation_is_kept(client, library, workbench, error_of) -> None:
    conversation = workbench.chats.create()
    body = {"question": QUESTION, "conversation_id": conversation.id}
    assert client.post("/v1/ask", json=body).status_code == 200
    assert [message.role for message in workbench.chats.messages(conversation.id)] == ["user", "assistant"]
    assert error_of(client.post("/v1/ask", json=body | {"conversation_id": "unknown"}), 404)
    assert error_of(client.post("/v1/ask", json=body | {"agents": ["hybrid", "keywords"]}), 422)
