"""Measures retrieval with questions whose sources are known: recall at a few depths, mean reciprocal rank, time."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from core.errors import InvalidRequest
from core.retrieval.search import MOST_PASSAGES, SearchResult

DEPTHS = (2, 5, 10)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the names or ids of the documents that hold its answer, and the answer if it is known."""

    question: str
    relevant: tuple[str, ...]
    answer: str = ""


class Searcher(Protocol):
    """What is measured."""

    def search(self, query: str, mode: str = ..., top_k: int = ..., document_ids: Sequence[str] = ...) -> SearchResult:
        """The passages for a question."""


def load_questions(path: Path) -> list[Question]:
    """Questions from a JSONL file, one `{"question", "relevant", "answer"?}` a line; empty lines are skipped.

    `relevant` is a list of document names or ids. Raises InvalidRequest that names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The questions in {path.name} cannot be read: {error}.", "Give a UTF-8 file.") from error
    questions = [_question(line, f"{path.name}, line {n}") for n, line in enumerate(lines, start=1) if line.strip()]
    if not questions:
        raise InvalidRequest(f"There are no questions in {path.name}.", "Give one JSON object a line.")
    return questions


def evaluate(
    questions: Sequence[Question],
    searcher: Searcher,
    modes: Sequence[str],
    top_k: int = 10,
) -> dict[str, Any]:
    """The figures of each mode, as `eval` prints them: `{"questions", "rows": [{"mode", "recall@2", …}]}`.

    Documents are ranked by their best passage and count once. Recall@k is the mean over questions of the share of
    the relevant documents among the first k; `mrr` the mean of 1 / rank of the first relevant one (0 below `top_k`);
    `p50_ms` and `p95_ms` the time of a search for `top_k` passages. Raises InvalidRequest for an unknown mode and when
    there is no question.
    """
    if not questions:
        raise InvalidRequest("There is no question to measure with.", "Give at least one.")
    if not modes:
        raise InvalidRequest("There is no mode to measure.", "Name at least one.")
    return {"questions": len(questions), "rows": [_row(questions, searcher, mode, top_k) for mode in modes]}


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which `share` (0 to 1) of the values lie (nearest rank); 0 of no values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered), math.ceil(share * len(ordered))) - 1)]


def _row(questions: Sequence[Question], searcher: Searcher, mode: str, top_k: int) -> dict[str, Any]:
    recalls: dict[int, list[float]] = {depth: [] for depth in DEPTHS}
    reciprocal: list[float] = []
    times: list[float] = []
    for question in questions:
        result = searcher.search(question.question, mode, top_k)
        times.append(result.ms)
        ranked = _documents(result)
        if len(ranked) < max(DEPTHS) and len(result.passages) == top_k:  # several passages of one document
            ranked = _documents(searcher.search(question.question, mode, min(MOST_PASSAGES, 10 * top_k)))
        wanted = set(question.relevant)
        found = [names & wanted for names in ranked]
        for depth in DEPTHS:
            recalls[depth].append(len(set().union(*found[:depth])) / len(wanted))
        reciprocal.append(next((1 / rank for rank, names in enumerate(found[:top_k], start=1) if names), 0.0))
    return {
        "mode": mode,
        **{f"recall@{depth}": _mean(recalls[depth]) for depth in DEPTHS},
        "mrr": _mean(reciprocal),
        "p50_ms": round(percentile(times, 0.5), 2),
        "p95_ms": round(percentile(times, 0.95), 2),
    }


def _documents(result: SearchResult) -> list[set[str]]:
    """The documents of a result in the order of their best passages, each under its id and its name."""
    ranked: dict[str, set[str]] = {}
    for passage in result.passages:
        ranked.setdefault(passage.chunk.document_id, {passage.chunk.document_id, passage.document})
    return list(ranked.values())


def _mean(values: Iterable[float]) -> float:
    collected = list(values)
    return round(sum(collected) / len(collected), 4)


def _question(line: str, where: str) -> Question:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InvalidRequest(f"{where} is not JSON: {error}.", "Give one JSON object a line.") from error
    if not isinstance(row, dict):
        raise InvalidRequest(f"{where} is not a JSON object.", 'Give {"question": …, "relevant": […]}.')
    text, relevant, answer = row.get("question"), row.get("relevant"), row.get("answer", "")
    if not isinstance(text, str) or not text.strip():
        raise InvalidRequest(f"{where} has no question.", "“question” must be a text.")
    if not isinstance(relevant, list) or not relevant or not all(isinstance(item, str) and item for item in relevant):
        raise InvalidRequest(f"{where} has no relevant documents.", "“relevant” must list document names or ids.")
    return Question(text, tuple(relevant), answer if isinstance(answer, str) else str(answer))
