"""Several rankings of the same chunks become one. Pure functions of their arguments.

`blend` weighs the scores of the two built-in retrievers against each other; `reciprocal_rank` needs ranks only and so
takes any retrievers whose scores mean nothing to each other. docs/retrieval.md has the measurements behind both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

SMOOTHING = 60.0  # how little the first ranks stand out; the value of the paper

Scored = Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk in a ranking. `score` is comparable within its ranking only; `found_by` has the rank (from 1) that each
    retriever gave it."""

    chunk_id: str
    score: float
    found_by: Mapping[str, int] = field(default_factory=dict)


def reciprocal_rank(
    rankings: Mapping[str, Sequence[str]],
    weights: Mapping[str, float] | None = None,
    smoothing: float = SMOOTHING,
) -> list[Hit]:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009), weighted; best first.

    `rankings` maps a retriever's name to ids, best first; an id that a ranking repeats counts where it comes first.
    `weights` maps names to numbers of at least 0 (1 where none is given). An id scores the sum over rankings of
    weight / (smoothing + rank). Equal scores are ordered by best single rank, then by id, so the order in which the
    rankings are given never matters. Raises ValueError for a negative weight or a smoothing that is not positive.
    """
    if smoothing <= 0:
        raise ValueError("smoothing must be positive")
    weighing = {name: 1.0 if weights is None else weights.get(name, 1.0) for name in rankings}
    if any(weight < 0 for weight in weighing.values()):
        raise ValueError("a weight must not be negative")
    ranks = _ranks(rankings)
    return _ordered(
        Hit(chunk_id, sum(weighing[name] / (smoothing + rank) for name, rank in by.items()), by)
        for chunk_id, by in ranks.items()
    )


def blend(dense: Scored, keyword: Scored, ceiling: float, weight: float) -> list[Hit]:
    """Dense and keyword hits by a weighted mean of two shares, best first.

    `dense` are (id, cosine similarity), `keyword` (id, BM25 score), best first. `weight`, 0 to 1, is that of the dense
    part. The shares: how far a chunk's similarity goes from the least similar candidate (0) to identity (1), and how
    much of the question's information its words hold, which is its BM25 score divided by `ceiling`. A chunk that one
    retriever did not find has no share there. Unlike ranks, both shares say how good the best hit is: a question whose
    words are nowhere leaves the order to the dense part, an identifier found letter by letter leads whatever the
    dense part thinks. Ties as in `reciprocal_rank`. Raises ValueError when the weight is out of range.
    """
    if not 0 <= weight <= 1:
        raise ValueError("weight must be from 0 to 1")
    floor = min((score for _, score in dense), default=0.0)
    room = max(1.0 - floor, 1e-9)
    close = {chunk_id: (score - floor) / room for chunk_id, score in reversed(dense)}
    holds = {chunk_id: score / ceiling for chunk_id, score in reversed(keyword)} if ceiling > 0 else {}
    ranks = _ranks({"dense": [chunk_id for chunk_id, _ in dense], "keyword": [chunk_id for chunk_id, _ in keyword]})
    return _ordered(
        Hit(chunk_id, weight * close.get(chunk_id, 0.0) + (1 - weight) * holds.get(chunk_id, 0.0), by)
        for chunk_id, by in ranks.items()
    )


def single(name: str, scored: Scored) -> list[Hit]:
    """One retriever's ranking as hits, in its own order."""
    return [Hit(chunk_id, score, {name: rank}) for rank, (chunk_id, score) in enumerate(scored, start=1)]


def _ranks(rankings: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
    ranks: dict[str, dict[str, int]] = {}
    for name in sorted(rankings):  # a sum of floats depends on its order, and the result must not
        for rank, chunk_id in enumerate(dict.fromkeys(rankings[name]), start=1):
            ranks.setdefault(chunk_id, {})[name] = rank
    return ranks


def _ordered(hits: Iterable[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, min(hit.found_by.values()), hit.chunk_id))
