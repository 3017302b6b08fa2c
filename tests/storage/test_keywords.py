"""The keyword index, on a real tantivy index."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import KeywordIndexError
from storage.keywords import KeywordEntry, KeywordIndex


@pytest.fixture
def index(tmp_path: Path) -> Iterator[KeywordIndex]:
    opened = KeywordIndex(tmp_path / "keywords")
    yield opened
    opened.close()


def put(index: KeywordIndex, texts: dict[str, str], language: str = "", heading: str = "") -> None:
    index.upsert([KeywordEntry(name, f"doc-{name}", text, heading, language) for name, text in texts.items()])
    index.commit()


def found(index: KeywordIndex, question: str, k: int = 10, **limits: object) -> list[str]:
    return [name for name, _ in index.query(question, k, **limits)]  # type: ignore[arg-type]


def test_nothing_is_found_before_the_commit(index: KeywordIndex) -> None:
    index.upsert([KeywordEntry("a", "d", "a harbour at night")])
    assert found(index, "harbour") == []
    index.commit()
    assert found(index, "harbour") == ["a"]
    index.commit()
    assert index.count() == 1


def test_upsert_replaces_and_repeats(index: KeywordIndex) -> None:
    entry = KeywordEntry("a", "d", "the old lighthouse")
    for _ in range(3):
        index.upsert([entry, entry])
    put(index, {"a": "the new windmill"})
    assert found(index, "lighthouse") == []
    assert found(index, "windmill") == ["a"]
    assert (index.count(), index.ids()) == (1, ["a"])


def test_scores_fall_and_ties_go_by_id(index: KeywordIndex) -> None:
    put(index, {"c": "salt", "a": "salt", "b": "salt", "best": "salt pans of salt", "no": "pepper"})
    hits = index.query("salt", 10)
    assert [name for name, _ in hits][1:] == ["a", "b", "c"] or [name for name, _ in hits][:3] == ["a", "b", "c"]
    assert [score for _, score in hits] == sorted((score for _, score in hits), reverse=True)
    assert all(score > 0 for _, score in hits)
    assert len(index.query("salt", 2)) == 2
    assert index.query("salt", 0) == []


def test_rare_words_count_more(index: KeywordIndex) -> None:
    put(index, {f"n{n}": "the committee met in town" for n in range(20)} | {"x": "the estuary was dredged in town"})
    assert found(index, "committee town estuary")[0] == "x"


@pytest.mark.parametrize(
    ("language", "text", "question"),
    [
        ("en", "The bridges were inspected by engineers.", "Who inspects the bridge?"),
        ("de", "Die Brücken wurden von Ingenieuren geprüft.", "Wer hat die Brücke geprüft?"),
        ("de", "Die Straßen der Altstadt", "strasse"),
        ("de", "Häuser am Fluss", "haeuser"),
        ("de", "Die Häuser am Fluss", "HAUS"),
        ("fr", "Les bateaux rapides naviguaient", "naviguer"),
        ("es", "Las decisiones del consejo", "decisión"),
        ("ru", "Книги лежали на столах", "книга стол"),
        ("sv", "Båtarna ligger i hamnen", "båt"),
    ],
)
def test_words_are_found_in_other_forms(index: KeywordIndex, language: str, text: str, question: str) -> None:
    put(index, {"hit": text}, language)
    put(index, {"other": "zzz yyy"}, language)
    assert found(index, question) == ["hit"]


def test_a_library_of_two_languages_is_asked_in_either(index: KeywordIndex) -> None:
    put(index, {"en": "The contracts were signed in Bergen."}, "en")
    put(index, {"de": "Die Verträge wurden in Bergen unterzeichnet."}, "de")
    put(index, {"xx": "contracten bergen"}, "xx")
    assert index.languages() == ("de", "en", "")
    assert found(index, "contract")[0] == "en"
    assert found(index, "Vertrag") == ["de"]
    assert set(found(index, "Bergen")) == {"en", "de", "xx"}
    assert found(index, "Verträge", language="de") == ["de"]


def test_length_is_judged_alike_in_a_small_language(index: KeywordIndex) -> None:
    """Two German chunks among many English ones must score as they would alone: statistics are the library's."""
    put(index, {f"e{n}": "an english passage about nothing in particular at all" for n in range(60)}, "en")
    put(index, {"d": "eine deutsche Passage über Kormoran und allerlei anderes mehr"}, "de")
    put(index, {"e": "an english passage about one cormorant and sundry other things"}, "en")
    (_, german), (_, english) = index.query("Kormoran", 1)[0], index.query("cormorant", 1)[0]
    assert german == pytest.approx(english, rel=0.15)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("QX-4471/b", "part"),
        ("What is the QX-4471/b used for?", "part"),
        ("§ 12", "law"),
        ("§12", "law"),
        ("Was steht in § 12 Absatz 3?", "law"),
        ("C++", "cpp"),
        ("C#", "csharp"),
        ("data.frame", "frame"),
        ("core::ptr::read", "rust"),
        ("max_pool_size=20", "setting"),
        ("anna.berg@example.org", "mail"),
        ("2019-04-12", "date"),
        ("R&D", "lab"),
        ("東京大学", "tokyo"),
    ],
)
def test_identifiers_come_first(index: KeywordIndex, question: str, expected: str) -> None:
    texts = {
        "part": "Replace the valve QX-4471/b before winter.",
        "part-other": "Parts QX-4472/b, QX-4471/c and b-4471 are not interchangeable; 4471 QX b.",
        "law": "Nach § 12 Absatz 3 haftet der Betreiber.",
        "law-other": "Seite 12 der 12 Absätze, 3 davon in § 13.",
        "cpp": "Written in C++ by two people.",
        "csharp": "Written in C# by two people.",
        "c": "Written in C by c. two people, vitamin C.",
        "frame": "A data.frame holds columns.",
        "frame-other": "A frame of data; the data is in a frame, a frame with data.",
        "rust": "unsafe code calls core::ptr::read twice",
        "rust-other": "Read the core chapter; a ptr is a pointer to read from the core.",
        "setting": "Set max_pool_size=20 in the file.",
        "setting-other": "The pool has a size of at most 20; max 20 people in the pool.",
        "mail": "Ask anna.berg@example.org about it.",
        "mail-other": "Anna went to Berg for example to visit org and example.",
        "date": "Signed on 2019-04-12 in Oslo.",
        "date-other": "12 people, 04 rooms, 2019 votes, 12 votes of 2019.",
        "lab": "The R&D budget grew.",
        "lab-other": "R is a language and D is another.",
        "tokyo": "彼は東京大学で学んだ。",
        "tokyo-other": "大きな京都の東の学校。",
    }
    put(index, texts)
    assert found(index, question)[0] == expected


def test_a_quotation_is_searched_as_a_phrase(index: KeywordIndex) -> None:
    put(index, {"a": "the light of the north sea", "b": "the sea north of the light, north of the sea light"})
    assert found(index, 'who wrote "light of the north"?')[0] == "a"
    assert found(index, "wer schrieb „north sea“?")[0] == "a"


def test_the_heading_counts(index: KeywordIndex) -> None:
    index.upsert(
        [
            KeywordEntry("under", "d", "It was raised by two metres in spring.", "Harbour wall › History", "en"),
            KeywordEntry("beside", "d", "The harbour has a wall, and it was raised, in autumn.", "Weather", "en"),
        ]
    )
    index.commit()
    assert found(index, "harbour wall")[0] == "under"


def test_stop_words_do_not_decide(index: KeywordIndex) -> None:
    put(index, {"noise": "who is the who of what and where is it", "hit": "Ingrid Solberg chairs the board"}, "en")
    assert found(index, "Who is Ingrid Solberg, and what is it?") == ["hit"]
    assert "noise" in found(index, "who is who")  # nothing but stop words: then they are what is meant


def test_an_acronym_is_no_stop_word(index: KeywordIndex) -> None:
    put(index, {"it": "The IT department moved.", "us": "They exported to the US market."}, "en")
    assert found(index, "Where is IT?") == ["it"]
    assert found(index, "What is sold in the US?") == ["us"]


def test_documents_limit_the_search(index: KeywordIndex) -> None:
    put(index, {"a": "amber", "b": "amber", "c": "amber amber"})
    assert found(index, "amber", document_ids=["doc-a", "doc-b", "nobody"]) == ["a", "b"]
    assert found(index, "amber", document_ids=["nobody"]) == []
    scores = dict(index.query("amber", 10))
    assert dict(index.query("amber", 10, ["doc-a"])) == {"a": pytest.approx(scores["a"])}


def test_delete_counts_and_commits(index: KeywordIndex) -> None:
    put(index, {"a": "amber", "b": "amber", "c": "amber"})
    assert index.delete(["a", "a", "nobody"]) == 1
    assert index.delete(["a"]) == 0
    assert index.delete([]) == 0
    assert found(index, "amber") == ["b", "c"]
    assert (index.count(), index.ids()) == (2, ["b", "c"])
    index.clear()
    assert (index.count(), index.ids(), found(index, "amber")) == (0, [], [])
    assert index.languages() == ()


def test_the_share_of_the_question_that_is_held(index: KeywordIndex) -> None:
    put(index, {"all": "zinc mines near Narvik", "part": "copper mines near Kiruna", "none": "a poem"}, "en")
    ranked = index.ranked("Which zinc mines are near Narvik?", 10)
    shares = {name: score / ranked.ceiling for name, score in ranked.hits}
    assert 0 < shares["part"] < shares["all"] < 1.2
    assert ranked.language == "en"
    nothing = index.ranked("?!", 10)
    assert (nothing.hits, nothing.ceiling, nothing.language) == ((), 0.0, "")


NASTY = [
    "", " ", "\0", "AND", "OR NOT", "+", "-", "body:", "body:[a TO z]", '"', '"unclosed', "a AND (b", "a^", "~2", "*",
    "field:*", "\\", "/regex(/", "{!x}", "\ud800", "💥💥", "ß" * 500, "x" * 50_000, "word " * 5_000, "§", "§§§ + #",
    "\u202eevil", "a\u0000b", "％", "ﬁ", "  ", "1e999", "-1", "NaN", "İ", "'; DROP TABLE chunks; --", "''", "?", "&&",
]  # fmt: skip


@pytest.mark.parametrize("question", NASTY, ids=range(len(NASTY)))
def test_any_text_is_a_question(index: KeywordIndex, question: str) -> None:
    put(index, {"a": "plain text", "b": question[:2000]})
    for languages in ("", "de"):
        for name, score in index.query(question, 5, language=languages):
            assert name in ("a", "b")
            assert score > 0


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=80), question=st.text(max_size=80))
def test_any_text_can_be_kept_and_asked(index: KeywordIndex, text: str, question: str) -> None:
    index.upsert([KeywordEntry("x", "d", text, question, "de")])
    assert isinstance(index.query(question, 3, language="de"), list)


def test_a_word_written_with_joining_signs_is_found_by_its_parts(index: KeywordIndex) -> None:
    put(index, {"a": "Soft\u00adhyphen and ﬁne print", "b": "well-known e\u0301tude"})
    assert found(index, "softhyphen") == ["a"]
    assert found(index, "fine") == ["a"]
    assert found(index, "étude known") == ["b"]


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    index = KeywordIndex(tmp_path)
    put(index, {"a": "amber"}, "en")
    index.upsert([KeywordEntry("lost", "d", "amber")])
    index.close()
    index.close()
    again = KeywordIndex(tmp_path)
    assert (found(again, "amber"), again.languages()) == (["a"], ("en",))
    again.close()


def test_a_closed_index_refuses_writes(tmp_path: Path) -> None:
    index = KeywordIndex(tmp_path)
    index.close()
    with pytest.raises(KeywordIndexError):
        index.upsert([KeywordEntry("a", "d", "x")])
    with pytest.raises(KeywordIndexError):
        index.delete(["a"])


def test_a_second_writer_is_refused(index: KeywordIndex, tmp_path: Path) -> None:
    with pytest.raises(KeywordIndexError):
        KeywordIndex(tmp_path / "keywords")


def test_a_damaged_index_says_so_and_can_be_removed(tmp_path: Path) -> None:
    index = KeywordIndex(tmp_path)
    put(index, {"a": "amber"})
    (index.folder / "meta.json").write_text("{", encoding="utf-8")
    index.close()
    with pytest.raises(KeywordIndexError):
        KeywordIndex(tmp_path)
    KeywordIndex.remove(tmp_path)
    fresh = KeywordIndex(tmp_path)
    assert fresh.count() == 0
    fresh.close()


def test_opening_and_closing_leaves_nothing_behind(tmp_path: Path, no_leaks: Callable[[], None]) -> None:
    for number in range(20):
        index = KeywordIndex(tmp_path)
        put(index, {f"n{number}": "amber"})
        assert len(found(index, "amber", 50)) == number + 1
        index.close()
    del index
    no_leaks()


def test_questions_are_answered_while_somebody_writes(index: KeywordIndex) -> None:
    put(index, {f"n{n}": "amber" for n in range(50)})
    stop, wrong = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            if len(index.query("amber", 50)) != 50:
                wrong.append(1)

    asking = threading.Thread(target=ask, name="asking")
    asking.start()
    try:
        for batch in range(10):
            put(index, {f"w{batch}-{n}": "walnut" for n in range(50)})
    finally:
        stop.set()
        asking.join(timeout=30)
    assert not wrong
    assert index.count() == 550


WRITER = """
import sys
from pathlib import Path
from storage.keywords import KeywordEntry, KeywordIndex
index = KeywordIndex(Path(sys.argv[1]))
for batch in range(10_000):
    made = [KeywordEntry(f"{batch}-{n}", f"d{batch}", f"amber {n} of batch {batch}", "", "en") for n in range(40)]
    index.upsert(made)
    index.commit()
    print(batch, flush=True)
"""


@pytest.mark.crash
@pytest.mark.parametrize("batches", [1, 5, 17])
def test_what_was_committed_survives_a_kill(tmp_path: Path, root: Path, batches: int) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        seen = [int(process.stdout.readline()) for _ in range(batches)]
        os.kill(process.pid, signal.SIGKILL)
    index = KeywordIndex(tmp_path)
    ids = index.ids()
    assert {f"{batch}-{n}" for batch in seen for n in range(40)} <= set(ids)
    assert len(ids) == len(set(ids)) == index.count()
    assert index.count() % 40 == 0  # a commit is in whole or not at all
    put(index, {"after": "amber after the crash"})
    assert "after" in found(index, "crash")
    index.close()
