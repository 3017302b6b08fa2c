"""Chat answers with sources, keeps conversations, refuses calmly."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.workbench import Workbench

QUESTION = "Who is the keeper of the lighthouse?"


@pytest.fixture
def asked(filled: Workbench, visit: Callable[..., AppTest]) -> AppTest:
    page = visit(filled, "chat")
    page.chat_input(key="chat_question").set_value(QUESTION).run()
    assert not page.exception
    return page


def sources(page: AppTest) -> list[str]:
    """The keys of the buttons that open a source."""
    return [item.key or "" for item in page.button if (item.key or "").startswith("source_") and item.key[-1].isdigit()]


def test_an_answer_has_chips_and_its_source_opens_beside_it(asked: AppTest, words: Callable[[AppTest], str]) -> None:
    answer = next(item.value for item in asked.chat_message[1].markdown if "Ulvestad" in item.value)
    assert "](#cite-" in answer
    assert "a source" in asked.chat_message[1].expander[0].label
    assert "qw-passage" not in words(asked)
    asked.button(key=sources(asked)[0]).click().run()
    assert not asked.exception
    said = words(asked)
    assert '<div class="qw-passage">' in said
    assert "<mark>" in said
    asked.button(key="source_close").click().run()
    assert "qw-passage" not in words(asked)


def test_a_reload_keeps_the_conversation(filled: Workbench, asked: AppTest, visit: Callable[..., AppTest]) -> None:
    conversation = str(asked.query_params["conversation"])
    again = visit(filled, "chat", conversation=conversation)
    assert len(again.chat_message) == 2
    assert QUESTION in again.chat_message[0].text[0].value
    assert sources(again) == sources(asked)


def test_a_refusal_is_calm(filled: Workbench, visit: Callable[..., AppTest]) -> None:
    page = visit(filled, "chat")
    page.chat_input(key="chat_question").set_value("What does the moon of Jupiter weigh?").run()
    assert not page.exception
    assert not page.warning
    assert not page.error
    assert "do not answer" in page.chat_message[1].markdown[0].value
    assert sources(page) == []


def test_an_empty_question_gets_a_sentence(filled: Workbench, visit: Callable[..., AppTest]) -> None:
    page = visit(filled, "chat")
    page.chat_input(key="chat_question").set_value("???").run()
    assert "question is empty" in page.warning[0].value
    assert not page.exception


def test_a_conversation_is_renamed_found_and_deleted(
    filled: Workbench, asked: AppTest, visit: Callable[..., AppTest]
) -> None:
    conversation = str(asked.query_params["conversation"])
    filled.chats.rename(conversation, "Keeper <b>of</b> the *light*")
    page = visit(filled, "chat", conversation=conversation)
    titles = [item.value for item in page.markdown if "Keeper" in item.value]
    assert titles == ["**Keeper \\<b\\>of\\<\\/b\\> the \\*light\\***"]
    page.text_input(key="chat_find").set_value("no such words").run()
    assert any("Nothing found" in item.value for item in page.caption)
    filled.chats.delete(conversation)
    page.run()
    assert any("no such conversation" in item.value for item in page.warning)
    assert not page.exception


def test_the_scope_of_a_question_is_respected(filled: Workbench, visit: Callable[..., AppTest]) -> None:
    other = next(item for item in filled.library.documents() if item.name == "pachtvertrag.md")
    page = visit(filled, "chat")
    page.multiselect(key="chat_scope_choice").set_value([other.id]).run()
    page.chat_input(key="chat_question").set_value(QUESTION).run()
    assert "Ulvestad" not in " ".join(item.value for item in page.chat_message[1].markdown)
    assert not page.exception


def test_nothing_to_ask_in_an_empty_library(bare: Workbench, visit: Callable[..., AppTest]) -> None:
    page = visit(bare, "chat")
    assert any("Nothing to ask yet" in item.value for item in page.markdown)
