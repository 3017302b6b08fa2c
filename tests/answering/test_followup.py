"""Follow-up questions are completed from the conversation, and questions that stand alone are left alone."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest

from core.answering.asker import Asker
from core.answering.followup import Turn, complete
from core.chats import Chats
from core.models.minilm import MiniLM
from core.records import Passage

ACME = [Turn("How many employees did Acme Hydro have in 2020?", "In 2020 Acme Hydro had **120 employees**. [1]")]
NORD = [Turn("Wer hat die Nordlicht GmbH gegründet?", "Die Nordlicht GmbH wurde von **Anna Weber** gegründet. [1]")]
WEBER = [Turn("Who founded Acme Hydro?", "It was founded by **Anna Weber**. [1]")]


@pytest.mark.parametrize(
    ("history", "asked", "meant"),
    [
        (ACME, "And in 2021?", "How many employees did Acme Hydro have in 2021?"),
        (ACME, "What about Borealis Energy?", "How many employees did Borealis Energy have in 2020?"),
        (ACME, "Who founded it?", "Who founded Acme Hydro?"),
        (ACME, "Where is it based?", "Where is Acme Hydro based?"),
        (ACME, "What is its budget?", "What is Acme Hydro’s budget?"),
        (ACME, "What is the capital of France?", "What is the capital of France?"),
        (ACME, "How many does Borealis Energy have?", "How many does Borealis Energy have?"),
        (WEBER, "When was she born?", "When was Anna Weber born?"),
        (WEBER, "What is her profession?", "What is Anna Weber’s profession?"),
        (NORD, "Und wo liegt das?", "Und wo liegt Nordlicht GmbH?"),
        (NORD, "Wann wurde sie geboren?", "Wann wurde Anna Weber geboren?"),
        (NORD, "Wie viele Mitarbeiter hat die Talwerk AG?", "Wie viele Mitarbeiter hat die Talwerk AG?"),
        (NORD, "Was ist mit der Talwerk AG?", "Wer hat die Talwerk AG gegründet?"),
        (NORD, "Wo liegt Hallstadt?", "Wo liegt Hallstadt?"),
        (NORD, "Gibt es einen Hafen?", "Gibt es einen Hafen?"),
        ([], "Who founded it?", "Who founded it?"),
    ],
)
def test_completed(history: list[Turn], asked: str, meant: str) -> None:
    assert complete(asked, history) == meant


@pytest.mark.parametrize(
    ("history", "asked", "topic"), [(ACME, "Why?", "Acme Hydro"), (NORD, "Und wann?", "Nordlicht")]
)
def test_a_bare_question_word_takes_the_topic_along(history: list[Turn], asked: str, topic: str) -> None:
    assert topic in complete(asked, history)


def test_a_conversation_carries_its_subject_on(
    model: MiniLM, chats: Chats, make_passage: Callable[..., Passage]
) -> None:
    queries: list[str] = []
    found = [
        make_passage(
            "Acme Hydro was founded in 1998 by Anna Weber. The head office is in Springfield.", heading="Acme Hydro"
        ),
        make_passage("Anna Weber was born in Linz on 2 March 1961.", chunk="c2", document="people.md", rank=2),
    ]

    class Listening:
        def search(self, query: str, mode: str, top_k: int, document_ids: Collection[str]) -> Any:
            queries.append(query)
            return type("Found", (), {"passages": found, "ms": 1.0})()

    asker = Asker(Listening(), chats, model.encode)
    conversation = chats.create()
    answers = []
    for question in ("Who founded Acme Hydro?", "When was she born?", "And where?"):
        answers.append([*asker.ask(question, conversation_id=conversation.id)][-1].answer)
    assert queries[:2] == ["Who founded Acme Hydro?", "When was Anna Weber born?"]
    assert "Anna Weber" in queries[2]
    assert answers[0] is not None and "**Anna Weber**" in answers[0].text
    assert answers[1] is not None and "**2 March 1961**" in answers[1].text
    assert answers[2] is not None and "**Linz**" in answers[2].text
    rewritten = [step for step in answers[1].trace if step["step"] == "question"]
    assert rewritten[0]["asked"] == "When was she born?"
    assert rewritten[0]["rewritten"] == "When was Anna Weber born?"
    turns = chats.messages(conversation.id)
    assert [turn.role for turn in turns] == ["user", "assistant"] * 3
    assert turns[1].answer == answers[0]
