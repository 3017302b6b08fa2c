"""The sample library's own questions, through a real workbench: answered, or close to it, or plainly refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.answering.composer import NEAR, REFUSAL
from core.answering.markdown import plain
from core.library import Upload
from core.records import Answer
from core.settings import Settings
from core.workbench import Workbench

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
WAIT_S = 120
# What an answer has to say, by a word of its question. The scan is left out: reading it costs more than all the rest.
FACTS = {
    "lowest total discharge": ["31.2 l/s", "24 January 2019"],
    "Elektro Zirngibl": ["186.40"],
    "licence of the Kesterau": ["31 December 2041"],
    "escrow": ["EUR 2.5 million", "31 July 2025"],
    "voted against the revised offer": ["Hefti against"],
    "tanker runs": ["137"],
    "Mindestmenge": ["38 Liter"],
    "Leitfähigkeit": ["538"],
    "Mit welchem Ergebnis": ["12 zu 8"],
    "Buchwert": ["6,85 Millionen Euro"],
    "Siegelnummer": ["00318", "Anselm Reitmayr"],
    "Welcher Wasserpreis": ["0,47 Euro"],
    "Who was managing director": ["Rupert Moosbrugger"],
    "verjährt": ["fünf Jahren"],
    "How long did the shortage": ["23 days"],
    "sale of KQW completed": ["1 August"],
}


def questions(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    made = Workbench.open(Settings(data=tmp_path_factory.mktemp("data"), samples=False))
    try:
        files = sorted(path for path in (SAMPLES / "library").iterdir() if path.suffix != ".png")
        receipts = made.library.add([Upload(path.name, path) for path in files])
        assert made.ready(WAIT_S)
        assert made.jobs.wait([receipt.document_id for receipt in receipts], WAIT_S)
        yield made
    finally:
        made.close()


def answer(workbench: Workbench, question: str) -> Answer:
    found = list(workbench.asker.ask(question))[-1].answer
    assert found is not None
    return found


@pytest.mark.parametrize("start", FACTS)
def test_the_facts_are_said_and_cited(workbench: Workbench, start: str) -> None:
    case = next(case for case in questions("questions.jsonl") if start in case["question"])
    found = answer(workbench, case["question"])
    said = re.sub(r"\*\*", "", plain(found.text))
    assert all(fact in said for fact in FACTS[start]), said
    assert {citation.document for citation in found.citations} & set(case["relevant"])
    assert found.grounded == 1.0
    # An answer that is none says so first, and marks nothing as if it were one.
    leads = said.startswith(tuple(NEAR.values()))
    assert leads is not found.answered
    assert found.answered or "**" not in found.text


def test_most_of_them_are_answers(workbench: Workbench) -> None:
    answered = [
        case["question"] for case in questions("questions.jsonl") if answer(workbench, case["question"]).answered
    ]
    assert len(answered) >= 15


@pytest.mark.parametrize("question", [case["question"] for case in questions("unanswerable.jsonl")])
def test_what_the_documents_do_not_say_is_not_answered(workbench: Workbench, question: str) -> None:
    found = answer(workbench, question)
    assert not found.answered
    assert found.text in REFUSAL.values() or found.text.startswith(tuple(NEAR.values()))
    assert bool(found.citations) is found.text.startswith(tuple(NEAR.values()))
