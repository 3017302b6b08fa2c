"""Search over real stores with the real model."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from core.errors import InvalidRequest, QuellwerkError
from core.models.minilm import MiniLM
from core.retrieval.search import CANDIDATES, MODES, MOST_PASSAGES, Search, SearchResult
from storage.schema import documents

from .conftest import Shelf, open_shelf


def texts(result: SearchResult) -> list[str]:
    return [passage.chunk.text for passage in result.passages]


@pytest.mark.parametrize("mode", MODES)
def test_the_passage_that_answers_comes_first(library: Shelf, mode: str) -> None:
    result = library.search.search("When is maintenance of the turbines done?", mode, 5)
    assert texts(result)[0].startswith("Maintenance of the turbines")
    assert [passage.rank for passage in result.passages] == list(range(1, len(result.passages) + 1))
    scores = [passage.score for passage in result.passages]
    assert scores == sorted(scores, reverse=True)
    assert (result.mode, result.query) == (mode, "When is maintenance of the turbines done?")
    assert result.ms > 0


def test_meaning_is_found_without_the_words(library: Shelf) -> None:
    question = "How is a loaf prepared?"
    assert "bread" in texts(library.search.search(question, "dense", 1))[0]
    assert "bread" in " ".join(texts(library.search.search(question, "hybrid", 2)))
    assert texts(library.search.search("loaf", "keyword", 5)) == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("GX-2207/a", "The gearbox GX-2207/a is replaced every nine years."),
        ("What about gearbox GX-2208/a?", "The gearbox GX-2208/a was tested and rejected."),
        ("Was steht in § 12?", "Nach § 12 der Satzung wählt die Versammlung den Vorstand für zwei Jahre."),
        ("Wann wurde der Verein in Luebeck gegründet?", "Der Ruderverein wurde 1923 in Lübeck gegründet."),
        ("Who chairs the board?", "Ingrid Solberg has chaired the board since 2019."),
    ],
)
def test_hybrid_finds_identifiers_and_both_languages(library: Shelf, question: str, expected: str) -> None:
    assert texts(library.search.search(question, "hybrid", 3))[0] == expected


def test_a_passage_says_where_it_is_from_and_who_found_it(library: Shelf) -> None:
    first = library.search.search("sourdough bread", "hybrid", 3).passages[0]
    assert (first.document, first.document_kind) == ("bakery.txt", "text")
    assert first.found_by == {"dense": 1, "keyword": 1}
    only = library.search.search("sourdough bread", "dense", 3).passages
    assert [passage.found_by for passage in only] == [{"dense": 1}, {"dense": 2}, {"dense": 3}]


def test_the_same_question_gives_the_same_result(library: Shelf) -> None:
    for mode in MODES:
        first = library.search.search("turbines in the sea", mode, 12)
        again = library.search.search("turbines in the sea", mode, 12)
        assert first.passages == again.passages


@pytest.mark.parametrize("mode", MODES)
def test_fewer_are_the_beginning_of_more(library: Shelf, mode: str) -> None:
    few = library.search.search("turbines and bread", mode, 2).passages
    many = library.search.search("turbines and bread", mode, 9).passages
    assert many[: len(few)] == few


@pytest.mark.parametrize("mode", MODES)
def test_documents_limit_the_search(library: Shelf, mode: str) -> None:
    by_name = {document.name: document.id for document in library.catalog.documents()}
    result = library.search.search("Who keeps the accounts?", mode, 10, [by_name["people.txt"], by_name["verein.txt"]])
    assert result.passages
    assert {passage.document for passage in result.passages} <= {"people.txt", "verein.txt"}
    assert library.search.search("bread", mode, 10, ["nobody"]).passages == ()


def test_nothing_to_find_is_no_error(shelf: Shelf) -> None:
    for mode in MODES:
        assert shelf.search.search("anything at all?", mode).passages == ()


def test_a_question_without_words_still_has_meaning_to_look_for(library: Shelf) -> None:
    assert library.search.search("???", "keyword").passages == ()
    assert library.search.search("???", "hybrid").passages
    assert library.search.search("\ud800 \0 💥", "hybrid").passages


def test_unusable_requests_are_refused(library: Shelf) -> None:
    for arguments in [("", "hybrid", 5), ("  \n", "dense", 5), ("x", "graph", 5), ("x", "", 5), ("x", "dense", 0)]:
        with pytest.raises(InvalidRequest) as caught:
            library.search.search(*arguments)
        assert caught.value.next_step
    with pytest.raises(InvalidRequest):
        library.search.search("x", "dense", MOST_PASSAGES + 1)


def test_an_old_version_is_never_found(shelf: Shelf) -> None:
    shelf.add("plan.txt", ["The bridge will be painted green.", "Work begins in May."])
    shelf.add("plan.txt", ["The bridge will be painted blue.", "Work begins in June."])
    for mode in MODES:
        result = shelf.search.search("What colour will the bridge be painted?", mode)
        assert texts(result)[0] == "The bridge will be painted blue."
        assert not any("green" in text or "May" in text for text in texts(result))


def test_a_document_being_deleted_is_not_found(shelf: Shelf) -> None:
    gone = shelf.add("gone.txt", ["The vault holds copper coins."])
    shelf.add("kept.txt", ["The vault is below the town hall."])
    with shelf.database.write() as connection:
        connection.execute(update(documents).where(documents.c.id == gone).values(deleting=True))
    for mode in MODES:
        assert texts(shelf.search.search("vault with copper coins", mode)) == ["The vault is below the town hall."]


def test_hits_that_may_not_be_found_do_not_starve_the_result(shelf: Shelf) -> None:
    """More leftovers of an unfinished delete than candidates of a first look."""
    lines = [f"The copper vault has drawer number {n}." for n in range(CANDIDATES + 40)]
    gone = shelf.add("gone.txt", lines)
    shelf.add("kept.txt", [f"In the cellar stands a copper kettle of {n} litres." for n in range(8)])
    with shelf.database.write() as connection:
        connection.execute(update(documents).where(documents.c.id == gone).values(deleting=True))
    for mode in MODES:
        result = shelf.search.search("copper vault drawer", mode, 8)
        assert {passage.document for passage in result.passages} == {"kept.txt"}
        assert len(result.passages) == 8


def test_a_question_mark_changes_little(library: Shelf) -> None:
    asked, bare = (library.search.question_vector(text) for text in ("Who chairs the board?", "Who chairs the board"))
    cosine = float(asked @ bare / np.linalg.norm(asked) / np.linalg.norm(bare))
    assert cosine > 0.9


def test_many_ask_at_once(library: Shelf) -> None:
    alone = {mode: library.search.search("copper and bread", mode).passages for mode in MODES}
    with ThreadPoolExecutor(8) as pool:
        together = list(
            pool.map(lambda n: (MODES[n % 3], library.search.search("copper and bread", MODES[n % 3])), range(60))
        )
    assert all(result.passages == alone[mode] for mode, result in together)


def test_a_store_that_is_gone_is_an_error_with_a_next_step(tmp_path: Path, model: MiniLM) -> None:
    for shelf in open_shelf(tmp_path, model):
        shelf.add("a.txt", ["A text."])
        shelf.vectors.detach()
        with pytest.raises(QuellwerkError) as caught:
            shelf.search.search("text", "hybrid")
        assert caught.value.next_step
        assert shelf.search.search("text", "keyword").passages


def test_closing_stops_the_threads(library: Shelf, no_leaks: Callable[[], None]) -> None:
    for _ in range(5):
        search = Search(library.chunks, library.vectors, library.keywords, library.model)
        search.search("bread", "hybrid")
        search.close()
        search.close()
    no_leaks()
