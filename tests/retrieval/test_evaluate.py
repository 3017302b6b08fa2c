"""Measuring retrieval."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pytest

from core.errors import InvalidRequest
from core.evaluate import Question, evaluate, load_questions, percentile
from core.records import BlockKind, Chunk, Passage
from core.retrieval.search import SearchResult

from .conftest import Shelf


class Scripted:
    """Returns what it was told, as many passages as are asked for."""

    def __init__(self, ranked: Mapping[str, Sequence[str]], ms: Sequence[float] = (1.0,)) -> None:
        self.ranked, self.ms, self.asked = ranked, list(ms), 0

    def search(
        self, query: str, mode: str = "hybrid", top_k: int = 10, document_ids: Collection[str] = ()
    ) -> SearchResult:
        self.asked += 1
        names = self.ranked[query][:top_k]
        passages = tuple(Passage(n, 1 / n, chunk(name, n), f"{name}.txt") for n, name in enumerate(names, start=1))
        return SearchResult(query, mode, self.ms[self.asked % len(self.ms)], passages)


def chunk(document: str, n: int) -> Chunk:
    return Chunk(f"{document}-{n}", document, "v", n, "text", "", "", BlockKind.PARAGRAPH, "", 1, 1, 0, 4)


def test_figures_are_those_of_the_definition() -> None:
    ranked = {"q1": ["a", "x", "b", "y", "z", "c"], "q2": ["x", "y", "z"], "q3": ["x", "x2", "x3", "a"]}
    questions = [Question("q1", ("a", "b.txt", "c", "d")), Question("q2", ("a",)), Question("q3", ("a",))]
    (row,) = evaluate(questions, Scripted(ranked), ["dense"])["rows"]
    assert row["mode"] == "dense"
    assert row["recall@2"] == pytest.approx((0.25 + 0 + 0) / 3, abs=1e-4)
    assert row["recall@5"] == pytest.approx((0.5 + 0 + 1) / 3, abs=1e-4)
    assert row["recall@10"] == pytest.approx((0.75 + 0 + 1) / 3, abs=1e-4)
    assert row["mrr"] == pytest.approx((1 + 0 + 0.25) / 3, abs=1e-4)


def test_a_document_counts_once_at_its_best_passage() -> None:
    ranked = {"q": ["x", "x", "x", "a", "a", "b"]}
    (row,) = evaluate([Question("q", ("a", "b"))], Scripted(ranked), ["keyword"])["rows"]
    assert (row["recall@2"], row["recall@5"], row["mrr"]) == (0.5, 1.0, 0.5)


def test_it_looks_deeper_when_one_document_fills_the_result() -> None:
    ranked = {"q": ["x"] * 40 + ["a"]}
    (row,) = evaluate([Question("q", ("a",))], Scripted(ranked), ["dense"])["rows"]
    assert row["recall@2"] == 1.0


def test_modes_come_in_the_order_asked_for() -> None:
    found = evaluate([Question("q", ("a",))], Scripted({"q": ["a"]}, [1.0, 3.0]), ["keyword", "hybrid"])
    assert found["questions"] == 1
    assert [row["mode"] for row in found["rows"]] == ["keyword", "hybrid"]
    keys = {"mode", "recall@2", "recall@5", "recall@10", "mrr", "p50_ms", "p95_ms"}
    assert all(set(row) == keys for row in found["rows"])
    json.dumps(found)


def test_over_the_real_search(library: Shelf) -> None:
    questions = [
        Question("When is maintenance of the turbines done?", ("turbines.txt",)),
        Question("Wann wurde der Ruderverein gegründet?", ("verein.txt",)),
        Question("Who chairs the board?", ("people.txt",)),
    ]
    for row in evaluate(questions, library.search, ["hybrid", "dense", "keyword"])["rows"]:
        assert (row["recall@2"], row["mrr"]) == (1.0, 1.0)
        assert row["p95_ms"] >= row["p50_ms"] > 0


def test_there_must_be_something_to_measure(library: Shelf) -> None:
    for questions, modes in (([], ["dense"]), ([Question("q", ("a",))], [])):
        with pytest.raises(InvalidRequest):
            evaluate(questions, library.search, modes)
    with pytest.raises(InvalidRequest):
        evaluate([Question("q", ("a",))], library.search, ["psychic"])


def test_percentiles_are_nearest_ranks() -> None:
    values = [float(n) for n in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.95), percentile(values, 1)) == (50, 95, 100)
    assert (percentile([7.0], 0.95), percentile([], 0.5)) == (7.0, 0.0)


def test_questions_are_read_with_and_without_answers(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    rows = [
        '{"question": "Wer?", "relevant": ["a", "b"], "answer": "Ä", "id": 7}',
        "",
        '{"question": "Was?", "relevant": ["c"]}',
    ]
    path.write_text("\ufeff" + "\n".join(rows), encoding="utf-8")
    assert load_questions(path) == [Question("Wer?", ("a", "b"), "Ä"), Question("Was?", ("c",))]


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[1, 2]",
        "{}",
        '{"question": "", "relevant": ["a"]}',
        '{"question": 5, "relevant": ["a"]}',
        '{"question": "q"}',
        '{"question": "q", "relevant": []}',
        '{"question": "q", "relevant": "a"}',
        '{"question": "q", "relevant": [1]}',
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"question": "q", "relevant": ["a"]}\n\n' + line, encoding="utf-8")
    with pytest.raises(InvalidRequest, match=r"questions\.jsonl, line 3") as caught:
        load_questions(path)
    assert caught.value.next_step


def test_files_without_questions_are_refused(tmp_path: Path) -> None:
    for name, content in (("empty.jsonl", b"\n\n"), ("latin.jsonl", b"\xe4\xf6"), ("missing.jsonl", None)):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidRequest, match=name):
            load_questions(tmp_path / name)
