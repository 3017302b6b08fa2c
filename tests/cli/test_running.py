"""With a workbench running on the folder, every command is answered by it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.served import Served, free_port
from tests.cli import fields

KEY = "opensesame-äß"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    environment = {"QUELLWERK_SAMPLES": "0", "QUELLWERK_API_KEY": KEY}
    with Served(folder / "data", folder / "log.txt", environment) as served:
        yield served


@pytest.fixture(scope="module")
def ask_it(command, served: Served):
    """A command on the server's folder, with its key."""

    def run(*words: object, **more):
        os.environ.pop("QUELLWERK_API_KEY", None)
        return command(*words, data=served.data, **({"QUELLWERK_API_KEY": KEY} | more))

    return run


@pytest.fixture(scope="module")
def ingested(ask_it, files: Path) -> dict:
    return ask_it("ingest", files, "--recursive", code=1).json


def test_ingest_waits_for_what_is_found_inside(ingested) -> None:
    assert all(set(row) >= fields.INGESTED for row in ingested["documents"])
    rows = {row["name"]: row for row in ingested["documents"]}
    assert rows["tally.md"]["status"] == "done"
    assert rows["tally.md"]["parent_id"] == rows["winter.eml"]["id"]
    assert rows["note two"]["status"] == "done"
    assert rows["copy of bridge.md"]["duplicate_of"] == rows["bridge.md"]["id"]
    assert rows["bridge (below).md"]["status"] == "done"
    assert rows['straße "Ω", 50% of it.txt']["status"] == "done", "the name is as it was"
    assert rows["nothing.txt"]["status"] == "failed"
    assert len(rows) == 9


def test_everything_can_be_asked(ask_it, ingested, questions: Path) -> None:
    assert len(ask_it("documents").json["documents"]) == 8
    for mode in ("hybrid", "dense", "keyword"):
        found = ask_it("search", "How many sacks of rye were at Gresk?", "--mode", mode, "--top-k", 3).json
        assert found["mode"] == mode
        assert found["results"][0]["document"] == "tally.md"
        assert [row["rank"] for row in found["results"]] == list(range(1, len(found["results"]) + 1))
        assert len(found["results"]) <= 3
    answers = ask_it("ask", "How many sacks of rye were at Gresk?", "--agent=keywords", "--agent=hybrid").json[
        "answers"
    ]
    assert [answer["agent"] for answer in answers] == ["keywords", "hybrid"]
    assert all("340" in answer["text"] for answer in answers)
    assert all(set(row) >= fields.AGENT for row in ask_it("agents").json["agents"])
    told = ask_it("ask", "How many sacks of rye were at Gresk?", as_json=False).out
    assert "340" in told
    assert "[1] tally.md" in told
    assert ask_it("status").json["health"] == "healthy"
    assert ask_it("doctor").json["ok"]
    assert ask_it("eval", questions, "--modes", "keyword").json["rows"][0]["recall@2"] == 1


def test_errors_keep_their_kind_and_code(ask_it, ingested) -> None:
    assert ask_it("search", "bridge", "--mode", "telepathy", code=2).json["error"]["type"] == "InvalidRequest"
    assert ask_it("delete", "../../etc/passwd", code=1).json["error"]["type"] == "NotFound"
    assert ask_it("jobs", "retry", "a/b?c", code=1).json["error"]["type"] == "NotFound"
    refused = ask_it("documents", QUELLWERK_API_KEY="guess", code=1).json["error"]
    assert "key" in refused["sentence"]


def test_jobs_and_delete(ask_it, ingested) -> None:
    (failed,) = ask_it("jobs", "--failed").json["jobs"]
    assert failed["name"] == "nothing.txt"
    (again,) = ask_it("jobs", "retry", failed["id"], code=1).json["jobs"]
    assert again["status"] == "failed"
    assert ask_it("jobs", "cancel", failed["id"]).json["jobs"][0]["status"] == "failed"
    letter = next(row["id"] for row in ingested["documents"] if row["name"] == "winter.eml")
    found = ask_it("delete", letter).json
    assert len(found["deleted"]) == 2, "its attachment too"
    assert found["removed"]["chunks"] == found["removed"]["vectors"] == 2
    assert len(ask_it("documents").json["documents"]) == 6


def test_a_second_server_is_refused(command, served: Served) -> None:
    error = command("serve", "--port", free_port(), data=served.data, code=3).json["error"]
    assert error["type"] == "FolderInUse"
    assert served.answers()
