"""Library finds, opens and deletes."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core.library import Upload
from core.workbench import Workbench


def rows(page: AppTest) -> list[str]:
    """The ids of the documents in the list."""
    ticks = [item.key or "" for item in page.checkbox]
    return [key.removeprefix("library_check_") for key in ticks if key.startswith("library_check_")]


def test_the_list_is_filtered_by_text_and_language(filled: Workbench, visit: Callable[..., AppTest]) -> None:
    names = {item.id: item.name for item in filled.library.documents()}
    page = visit(filled, "library")
    assert len(rows(page)) == len(names)
    page.text_input(key="library_text").set_value("pacht").run()
    assert [names[row] for row in rows(page)] == ["pachtvertrag.md"]
    page.text_input(key="library_text").set_value("").run()
    page.button_group(key="library_languages").set_value(["de"]).run()
    assert [names[row] for row in rows(page)] == ["pachtvertrag.md"]
    page.text_input(key="library_text").set_value("lighthouse").run()
    assert rows(page) == []
    assert any("No document fits" in item.value for item in page.markdown)
    assert not page.exception


def test_a_deep_link_opens_the_document(
    filled: Workbench, visit: Callable[..., AppTest], words: Callable[[AppTest], str]
) -> None:
    document = next(item for item in filled.library.documents() if item.name == "lighthouse.md")
    page = visit(filled, "library", document=document.id)
    assert "Ragna Ulvestad" in words(page)
    assert rows(page) == []
    for view in ("Passages", "Details", "Versions"):
        page.button_group(key="document_view").set_value(view).run()
        assert not page.exception
        assert view != "Passages" or "4,200 crowns" in words(page)
        assert view != "Details" or document.content_hash in words(page)
        assert view != "Versions" or "Version 1" in words(page)


def test_a_link_to_a_document_that_is_gone_says_so(filled: Workbench, visit: Callable[..., AppTest]) -> None:
    page = visit(filled, "library", document="nowhere")
    assert "no document nowhere" in page.warning[0].value
    page.button(key="library_all").click().run()
    assert len(rows(page)) == 3


def test_nothing_of_a_document_becomes_markup(filled: Workbench, visit: Callable[..., AppTest]) -> None:
    document = next(item for item in filled.library.documents() if item.name.endswith(".txt"))
    for parameters in ({}, {"document": document.id}):
        page = visit(filled, "library", **parameters)
        said = " ".join(str(item.value) for kind in ("title", "markdown", "caption") for item in page.get(kind))
        assert "](http" not in said
        sent = " ".join(item.proto.body for item in page.get("html") if not item.proto.body.startswith("<style"))
        assert "<img" not in sent
        assert "&lt;img" in sent or not parameters


def test_delete_says_what_it_removes_and_removes_it(filled: Workbench, visit: Callable[..., AppTest]) -> None:
    (receipt,) = filled.library.add([Upload("short.txt", b"A note that will be deleted at once, with all it holds.")])
    assert receipt.document_id
    assert filled.jobs.wait([receipt.document_id], 60)
    page = visit(filled, "library")
    page.checkbox(key=f"library_check_{receipt.document_id}").check().run()
    page.button(key="library_delete").click().run()
    assert any("1 original file" in item.value and "1 passage" in item.value for item in page.markdown)
    assert filled.library.document(receipt.document_id)
    page.button(
        key="library_delete"
    ).click()  # AppTest knows no fragment runs: the dialog is there while this is pressed
    page.button(key="removal_delete").click().run()
    assert not page.exception
    assert receipt.document_id not in rows(page)
    assert len(filled.library.documents()) == 3
