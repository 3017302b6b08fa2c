"""Home says what is here and what to do next."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core.workbench import Workbench


def test_an_empty_library_shows_the_first_step(bare: Workbench, visit: Callable[..., AppTest]) -> None:
    page = visit(bare)
    assert any("Nothing here yet" in item.value for item in page.markdown)
    assert page.button(key="home_upload").label == "Add documents"
    assert not page.metric


def test_home_counts_documents_and_offers_questions(filled: Workbench, visit: Callable[..., AppTest]) -> None:
    page = visit(filled)
    figures = {item.label: item.value for item in page.metric}
    assert figures["Documents"] == "3"
    assert figures["Ready to ask"] == "3"
    labels = [item.label for item in page.button if (item.key or "").startswith("home_example_")]
    assert labels and all("?" in label for label in labels)


def test_an_example_is_asked_on_the_chat_page(filled: Workbench, visit: Callable[..., AppTest]) -> None:
    page = visit(filled)
    page.button(key="home_example_0").click().run()
    assert not page.exception
    assert len(page.chat_message) == 2
    assert len(filled.chats.list()) == 1
