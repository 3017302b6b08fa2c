"""Fusion, by its properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.retrieval.fusion import Hit, blend, reciprocal_rank, single

IDS = st.lists(st.sampled_from([f"c{n}" for n in range(12)]), unique=True, max_size=12)
RANKINGS = st.dictionaries(st.sampled_from(["dense", "keyword", "graph"]), IDS, max_size=3)
WEIGHTS = st.dictionaries(st.sampled_from(["dense", "keyword", "graph"]), st.floats(0, 10), max_size=3)
SMOOTHING = st.floats(0.5, 100)


@st.composite
def scored(draw: st.DrawFn, low: float, high: float) -> list[tuple[str, float]]:
    ids = draw(IDS)
    scores = sorted(draw(st.lists(st.floats(low, high), min_size=len(ids), max_size=len(ids))), reverse=True)
    return list(zip(ids, scores, strict=True))


DENSE, KEYWORD = scored(-1, 1), scored(0, 30)


def ids(hits: list[Hit]) -> list[str]:
    return [hit.chunk_id for hit in hits]


@given(RANKINGS, WEIGHTS, SMOOTHING)
def test_ranks_fuse_to_each_id_once_best_first(
    rankings: dict[str, list[str]], weights: dict[str, float], smoothing: float
) -> None:
    hits = reciprocal_rank(rankings, weights, smoothing)
    assert sorted(ids(hits)) == sorted(set().union(*rankings.values()))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert hit.found_by == {n: r.index(hit.chunk_id) + 1 for n, r in rankings.items() if hit.chunk_id in r}


@given(RANKINGS, WEIGHTS, SMOOTHING)
def test_the_order_of_the_rankings_never_matters(
    rankings: dict[str, list[str]], weights: dict[str, float], smoothing: float
) -> None:
    backwards = dict(reversed(rankings.items()))
    assert reciprocal_rank(rankings, weights, smoothing) == reciprocal_rank(backwards, weights, smoothing)


@given(IDS, IDS, SMOOTHING)
def test_a_better_rank_never_lowers_the_place(first: list[str], second: list[str], smoothing: float) -> None:
    """Moving an id up in one ranking does not move it down in the result."""
    for position in range(1, len(first)):
        better = [*first]
        better[position - 1], better[position] = better[position], better[position - 1]
        moved = first[position]
        before = ids(reciprocal_rank({"a": first, "b": second}, smoothing=smoothing)).index(moved)
        after = ids(reciprocal_rank({"a": better, "b": second}, smoothing=smoothing)).index(moved)
        assert after <= before


@given(IDS, st.floats(0.1, 10), SMOOTHING)
def test_one_ranking_stays_as_it_is(ranking: list[str], weight: float, smoothing: float) -> None:
    assert ids(reciprocal_rank({"only": ranking}, {"only": weight}, smoothing)) == ranking
    assert ids(reciprocal_rank({"only": ranking, "empty": []}, {"only": weight}, smoothing)) == ranking


@given(IDS, SMOOTHING)
def test_rankings_that_agree_are_confirmed(ranking: list[str], smoothing: float) -> None:
    assert ids(reciprocal_rank({"a": ranking, "b": ranking}, smoothing=smoothing)) == ranking


def test_ties_go_to_the_best_single_rank_then_to_the_id() -> None:
    assert ids(reciprocal_rank({"a": ["z", "y"], "b": ["y", "z"]})) == ["y", "z"]
    assert ids(reciprocal_rank({"a": ["m"], "b": ["k"]})) == ["k", "m"]
    nothing_weighs = reciprocal_rank({"a": ["q", "p"], "b": ["x", "p"]}, {"a": 0, "b": 0})
    assert ids(nothing_weighs) == ["q", "x", "p"]


def test_a_repeated_id_counts_where_it_comes_first() -> None:
    assert reciprocal_rank({"a": ["x", "x", "y"]}) == reciprocal_rank({"a": ["x", "y"]})


@pytest.mark.parametrize("wrong", [{"smoothing": 0}, {"smoothing": -1}, {"weights": {"a": -0.1}}])
def test_senseless_numbers_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        reciprocal_rank({"a": ["x"]}, **wrong)  # type: ignore[arg-type]


@given(DENSE, KEYWORD, st.floats(0.01, 40), st.floats(0, 1))
def test_scores_blend_to_each_id_once_best_first(
    dense: list[tuple[str, float]], keyword: list[tuple[str, float]], ceiling: float, weight: float
) -> None:
    hits = blend(dense, keyword, ceiling, weight)
    assert sorted(ids(hits)) == sorted({name for name, _ in [*dense, *keyword]})
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.score >= 0 for hit in hits)


@given(DENSE, KEYWORD, st.floats(0.01, 40), st.floats(0, 0.99), st.floats(0.1, 5))
def test_more_of_the_words_never_lowers_the_place(
    dense: list[tuple[str, float]], keyword: list[tuple[str, float]], ceiling: float, weight: float, more: float
) -> None:
    for name, score in keyword:
        raised = sorted(((n, s + more if n == name else s) for n, s in keyword), key=lambda hit: -hit[1])
        before = ids(blend(dense, keyword, ceiling, weight)).index(name)
        assert ids(blend(dense, raised, ceiling, weight)).index(name) <= before
        assert score >= 0


def test_all_the_weight_on_one_side_is_that_side() -> None:
    dense, keyword = [("a", 0.9), ("b", 0.5), ("c", 0.1)], [("c", 9.0), ("b", 3.0)]
    assert ids(blend(dense, keyword, 10.0, 1.0)) == ["a", "b", "c"]
    assert ids(blend(dense, keyword, 10.0, 0.0)) == ["c", "b", "a"]


def test_an_identifier_found_whole_leads_and_stray_words_do_not() -> None:
    dense = [("near", 0.62), ("nearer", 0.60), ("far", 0.30), ("edge", 0.25)]
    assert ids(blend(dense, [("far", 9.5)], 10.0, 0.6))[0] == "far"
    assert ids(blend(dense, [("far", 1.5)], 10.0, 0.6))[0] == "near"


def test_nothing_blends_to_nothing() -> None:
    assert blend([], [], 0.0, 0.5) == []
    assert ids(blend([("a", 0.5)], [], 0.0, 0.5)) == ["a"]
    assert ids(blend([], [("a", 4.0)], 8.0, 0.5)) == ["a"]
    assert ids(blend([("a", 1.0), ("b", 1.0)], [], 0.0, 0.5)) == ["a", "b"]
    for weight in (-0.1, 1.1):
        with pytest.raises(ValueError, match="weight"):
            blend([], [], 0.0, weight)


def test_a_single_ranking_keeps_its_order_and_scores() -> None:
    assert single("dense", [("b", 0.5), ("a", 0.4)]) == [Hit("b", 0.5, {"dense": 1}), Hit("a", 0.4, {"dense": 2})]
