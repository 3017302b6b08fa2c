"""Conversations in the catalog, and what core makes of them: titles, exports, errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.chats import Chats, title_from
from core.errors import InvalidRequest, NotFound
from core.records import Answer, Citation
from storage.conversations import ConversationStore
from storage.database import Database
from storage.errors import RowNotFound

ANSWER = Answer(
    agent="hybrid",
    text="The dam was built in **1931**. [1] It cost \\$5. [2]",
    model="built-in",
    grounded=1.0,
    ms=12.5,
    citations=(
        Citation(1, "d1", "dam_report.pdf", 7, "c1", "The dam was built in 1931.", "Dam › History"),
        Citation(2, "d2", "Überblick.md", None, "c2", "It cost $5 <b>only</b>."),
    ),
    trace=({"step": "search", "ms": 1.5, "mode": "hybrid", "hits": [{"document": "x", "score": 0.5}]},),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite"


@pytest.fixture
def chats(path: Path) -> Iterator[Chats]:
    database = Database(path)
    database.create()
    yield Chats(database)
    database.close()


def test_a_reload_loses_nothing(path: Path, chats: Chats) -> None:
    conversation = chats.create()
    chats.append(conversation.id, "user", "When was the dam built?\nTell me.")
    chats.append(conversation.id, "assistant", ANSWER.text, ANSWER)
    again = Database(path)
    turns = Chats(again).messages(conversation.id)
    again.close()
    assert [turn.role for turn in turns] == ["user", "assistant"]
    assert turns[0].text == "When was the dam built?\nTell me."
    assert turns[0].answer is None
    assert turns[1].answer == ANSWER
    assert turns[1].created_at.endswith("Z")


def test_the_first_question_becomes_the_title_unless_there_is_one(chats: Chats) -> None:
    untitled, titled = chats.create(), chats.create("  My \n dam ")
    for conversation in (untitled, titled):
        chats.append(conversation.id, "user", "When was\tthe dam built?")
        chats.append(conversation.id, "user", "And by whom?")
    assert chats.get(untitled.id).title == "When was the dam built?"
    assert chats.get(titled.id).title == "My dam"
    assert chats.get(titled.id).messages == 2
    long = title_from("Why " + "did the great dam break " * 20)
    assert len(long) <= 80 and long.endswith("…") and not long.endswith(" …")


def test_the_latest_activity_comes_first(chats: Chats) -> None:
    first, second, third = (chats.create(name) for name in ("first", "second", "third"))
    assert [item.title for item in chats.list()] == ["third", "second", "first"]
    chats.append(first.id, "user", "Still there?")
    assert [item.title for item in chats.list()] == ["first", "third", "second"]
    chats.rename(second.id, "zweite")
    assert [item.title for item in chats.list()] == ["first", "third", "zweite"]
    chats.delete(third.id)
    assert [item.title for item in chats.list()] == ["first", "zweite"]


def test_listing_finds_text_in_titles_and_messages(chats: Chats) -> None:
    one, two = chats.create("100 % of the budget"), chats.create("Other")
    chats.append(two.id, "assistant", "The Zugseil broke.", ANSWER)
    assert [item.id for item in chats.list("zugSEIL")] == [two.id]
    assert [item.id for item in chats.list("0 %")] == [one.id]
    assert [item.id for item in chats.list("%")] == [one.id]
    assert chats.list("nowhere") == []


def test_only_the_last_turns_if_asked(chats: Chats) -> None:
    conversation = chats.create()
    for number in range(6):
        chats.append(conversation.id, "user", f"question {number}")
    assert [turn.text for turn in chats.messages(conversation.id, 2)] == ["question 4", "question 5"]
    assert chats.messages(chats.create().id) == []


def test_what_is_not_there_is_said_so(chats: Chats) -> None:
    for call in (
        lambda: chats.get("no"),
        lambda: chats.messages("no"),
        lambda: chats.append("no", "user", "hello"),
        lambda: chats.rename("no", "name"),
        lambda: chats.delete("no"),
        lambda: chats.export("no"),
    ):
        with pytest.raises(NotFound):
            call()
    conversation = chats.create("kept")
    with pytest.raises(InvalidRequest):
        chats.append(conversation.id, "system", "hello")
    with pytest.raises(InvalidRequest):
        chats.rename(conversation.id, " \n ")
    with pytest.raises(InvalidRequest):
        chats.export(conversation.id, "pdf")
    assert chats.get(conversation.id).messages == 0


def test_deleting_takes_the_messages_along(path: Path, chats: Chats) -> None:
    conversation = chats.create("gone")
    chats.append(conversation.id, "user", "hello")
    chats.delete(conversation.id)
    database = Database(path)
    with pytest.raises(RowNotFound):
        ConversationStore(database).messages(conversation.id)
    database.close()


def test_markdown_export_has_sources_as_footnotes(chats: Chats) -> None:
    conversation = chats.create("The *dam*")
    chats.append(conversation.id, "user", "When was the <dam> built?")
    chats.append(conversation.id, "assistant", ANSWER.text, ANSWER)
    chats.append(conversation.id, "assistant", "No sources [1] here.")
    text = chats.export(conversation.id)
    assert text.startswith("# The \\*dam\\*\n")
    assert "## When was the \\<dam\\> built?" in text
    assert "The dam was built in **1931**. [^2-1] It cost \\$5. [^2-2]" in text
    assert "[^2-1]: dam\\_report.pdf, page 7, Dam › History: “The dam was built in 1931.”" in text
    assert "[^2-2]: Überblick.md: “It cost \\$5 \\<b\\>only\\</b\\>.”" in text
    assert "No sources [1] here." in text


def test_json_export_has_everything(chats: Chats) -> None:
    conversation = chats.create("dam")
    chats.append(conversation.id, "user", "Wann wurde der Staudamm gebaut? Größe?")
    chats.append(conversation.id, "assistant", ANSWER.text, ANSWER)
    text = chats.export(conversation.id, "json")
    assert "Größe" in text
    kept = json.loads(text)
    assert kept["title"] == "dam" and kept["id"] == conversation.id
    assert kept["messages"][1]["answer"]["citations"][0]["quote"] == "The dam was built in 1931."
    assert kept["messages"][1]["answer"]["trace"][0]["hits"][0]["score"] == 0.5
