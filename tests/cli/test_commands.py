"""Every command on a folder that nobody else has open: one JSON document, the promised fields, the exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli import fields


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library") / "data"


@pytest.fixture(scope="module")
def ingested(command, files: Path, data: Path) -> dict[str, Any]:
    """The folder with what is below, and one of its files named again. The empty file fails, so the code is 1."""
    done = command("ingest", files, files / "bridge.md", "--recursive", data=data, code=1)
    return done.json


def by_name(found: dict[str, Any]) -> dict[str, Any]:
    return {row["name"]: row for row in reversed(found["documents"])}


def test_ingest_says_what_became_of_every_file(ingested) -> None:
    assert {frozenset(row) >= fields.INGESTED for row in ingested["documents"]} == {True}
    rows = by_name(ingested)
    assert set(rows) == {
        "bridge.md",
        "bridge (below).md",
        "copy of bridge.md",
        'straße "Ω", 50% of it.txt',
        "note one",
        "note two",
        "winter.eml",
        "tally.md",
        "nothing.txt",
    }
    done = {name for name, row in rows.items() if row["status"] == "done"}
    assert done == set(rows) - {"copy of bridge.md", "nothing.txt"}
    assert rows["copy of bridge.md"]["status"] == "skipped"
    assert rows["copy of bridge.md"]["duplicate_of"] == rows["bridge.md"]["id"]
    assert rows["nothing.txt"]["status"] == "failed"
    assert rows["nothing.txt"]["error"].count(".") >= 2, "a sentence and a next step"
    again = [row for row in ingested["documents"] if row["name"] == "bridge.md"]
    assert [row["status"] for row in again] == ["done", "skipped"], "the file that was named twice"
    assert ingested["seconds"] > 0


def test_the_same_files_again_change_nothing(command, ingested, files: Path, data: Path) -> None:
    before = command("documents", data=data).json
    names = [path for path in files.iterdir() if path.is_file() and not path.name.startswith((".", "nothing"))]
    again = command("ingest", *names, data=data).json
    assert {row["status"] for row in again["documents"]} == {"skipped"}
    assert command("documents", data=data).json == before
    assert {frozenset(row) >= fields.LISTED for row in before["documents"]} == {True}


def test_search_finds_within_the_documents_named(command, ingested, data: Path) -> None:
    question, only = "Who opened the Halden bridge?", by_name(ingested)["bridge.md"]["id"]
    found = command("search", question, "--mode", "dense", "--document", only, "--top-k", 3, data=data).json
    assert (found["query"], found["mode"]) == (question, "dense")
    assert {row["document"] for row in found["results"]} == {"bridge.md"}
    assert set(found["results"][0]) >= fields.RESULT


def test_ask_answers_with_every_agent_that_was_named(command, ingested, data: Path) -> None:
    question = "When was the Halden bridge opened?"
    found = command("ask", question, "--agent", "keywords", "--agent", "hybrid", data=data).json
    assert found["question"] == question
    assert [answer["agent"] for answer in found["answers"]] == ["keywords", "hybrid"]
    for answer in found["answers"]:
        assert set(answer) >= fields.ANSWER
        assert "1931" in answer["text"]
        assert answer["grounded"] == 1
        assert set(answer["citations"][0]) >= fields.CITATION
        assert answer["citations"][0]["document"] == "bridge.md"


def test_status_jobs_and_doctor(command, ingested, data: Path) -> None:
    status = command("status", data=data).json
    assert set(status) >= fields.STATUS
    assert status["health"] == "healthy"
    assert (status["documents"], status["chunks"]) == (8, 7)
    jobs = command("jobs", data=data).json["jobs"]
    assert {frozenset(row) >= fields.JOB for row in jobs} == {True}
    assert len(jobs) == 8
    (failed,) = command("jobs", "--failed", data=data).json["jobs"]
    assert failed["name"] == "nothing.txt"
    doctor = command("doctor", "--repair", data=data).json
    assert doctor["ok"]
    assert {frozenset(row) >= fields.CHECK for row in doctor["checks"]} == {True}


def test_retrying_and_cancelling(command, ingested, data: Path) -> None:
    failed, fine = by_name(ingested)["nothing.txt"]["id"], by_name(ingested)["bridge.md"]["id"]
    (job,) = command("jobs", "--data", data, "retry", failed, code=1).json["jobs"]
    assert (job["id"], job["status"]) == (failed, "failed")
    (job,) = command("jobs", "cancel", fine, data=data).json["jobs"]
    assert job["status"] == "done", "what has ended stays as it is"
    assert command("jobs", "retry", fine, data=data, code=2).json["error"]["type"] == "InvalidRequest"
    assert command("jobs", "retry", "nothing", data=data, code=1).json["error"]["type"] == "NotFound"


def test_eval_measures_every_mode(command, ingested, questions: Path, data: Path) -> None:
    found = command("eval", questions, "--modes", "dense,keyword", data=data).json
    assert found["questions"] == 2
    assert [row["mode"] for row in found["rows"]] == ["dense", "keyword"]
    assert all(set(row) >= fields.ROW for row in found["rows"])
    assert found["rows"][1]["recall@2"] == 1


def test_delete_says_what_went(command, files: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    queued = command("ingest", files / "winter.eml", "--no-wait", data=data).json["documents"]
    assert [row["status"] for row in queued] == ["queued"]
    both = command("ingest", files / "bridge.md", data=data).json["documents"]
    letter, bridge = queued[0]["id"], both[0]["id"]
    found = command("delete", letter, bridge, data=data).json
    assert {letter, bridge} <= set(found["deleted"])
    assert set(found["removed"]) >= fields.REMOVED
    assert found["removed"]["chunks"] == found["removed"]["vectors"] == found["removed"]["keywords"] >= 1
    assert command("documents", data=data).json == {"documents": []}
