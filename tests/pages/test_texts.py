"""Foreign text never becomes markup, and figures are said as a person would."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from components.escape import answer_markdown, in_html, in_markdown, shorten
from components.filters import Filters, choose
from components.reading import blocks_html, context_html, marked
from components.removal import said
from components.wording import ago, count, duration, progress, size
from core.answering.markdown import escape
from core.records import Block, BlockKind, Document, DocumentStatus, Removed


def document(**changes: object) -> Document:
    given: dict[str, object] = {
        "id": "a", "name": "a.pdf", "status": DocumentStatus.DONE, "kind": "pdf", "size": 10, "pages": 4, "chunks": 8,
        "chunks_failed": 0, "entities": 0, "relations": 0, "version": 1, "added_at": "2026-01-01T00:00:00Z",
        "seconds": 1.0,
    }  # fmt: skip
    return Document(**{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        ("[a](http://b.c)", "[a](http"),
        ("![a](http://b.c)", "!["),
        ("<b>x</b>", "<b>"),
        ("a :smile: b", ":smile:"),
        (":material/home:", ":material/home:"),
        ("$x$ and $y$", "$x$"),
        ("**bold**", "**"),
        ("`code`", "`code`"),
        ("a -> b -- c", "->"),
        ("see https://a.b", "https:"),
    ],
)
def test_names_are_shown_as_they_are(text: str, forbidden: str) -> None:
    shown = in_markdown(text)
    assert forbidden not in shown
    assert shown.replace("\\", "").replace("\u2060", "") == text


def test_control_characters_and_direction_marks_go() -> None:
    assert in_markdown("a\x00b\u202egpj.exe\n c") == "abgpj\\.exe c"
    assert in_html("a\nb\x07 <i>") == "a\nb &lt;i&gt;"


def test_long_names_keep_their_ending() -> None:
    short = shorten("a" * 300 + ".final.docx", 40)
    assert len(short) == 40
    assert short.endswith(".final.docx")


def test_an_answer_keeps_emphasis_and_chips_only() -> None:
    text = f"**Rosa** paid 5 * 3 $. [1] {escape('[x](http://e.f) <i> :smile: [2]')} ![p](http://g.h)"
    shown = answer_markdown(text, lambda n: f"<{n}>")
    assert shown.startswith("**Rosa** paid 5 \\* 3 \\$. <1>")
    assert "<2>" not in shown
    assert "](" not in shown.replace("\\]", "")
    assert "<i" not in shown.replace("\\<i", "")


def test_a_quote_is_marked_whatever_its_white_space() -> None:
    assert marked("one  two\nthree & four", "two three") == "one  <mark>two\nthree</mark> &amp; four"
    assert "<mark>" not in marked("one two", "three")
    assert marked("one two", "") == "one two"


def test_tables_read_as_tables_and_the_cited_row_stands_out() -> None:
    table = Block(BlockKind.TABLE, "| Lot | Price |\n|---|---|\n| A | 5 <b> |\n| B | 6 |", 0, 9)
    shown = context_html((), (table,), (), "| B | 6 |", "here")
    assert shown.count("<tr") == 3
    assert '<tr class="qw-hit"><td dir="auto">B</td>' in shown
    assert "5 &lt;b&gt;" in shown


def test_code_lists_and_headings_keep_their_shape() -> None:
    blocks = [
        Block(BlockKind.HEADING, "Über <uns>", 0, 1, 1),
        Block(BlockKind.LIST_ITEM, "1. first", 0, 1, 1),
        Block(BlockKind.CODE, "if a < b:\n    pass", 0, 1),
    ]
    shown = blocks_html(blocks)
    assert "Über &lt;uns&gt;" in shown
    assert "qw-numbered" in shown
    assert "<pre><code>if a &lt; b:\n    pass</code></pre>" in shown


def test_figures_are_said_as_a_person_would() -> None:
    now = datetime(2026, 5, 4, 12, tzinfo=UTC)
    assert (count(1, "page"), count(1204, "page"), count(2, "entry", "entries")) == (
        "1 page",
        "1,204 pages",
        "2 entries",
    )
    assert (size(999), size(1500), size(45_000_000)) == ("999 B", "1.5 KB", "45 MB")
    assert (duration(0.25), duration(3.21), duration(600)) == ("250 ms", "3.2 s", "10 min")
    assert ago("2026-05-04T11:59:30Z", now) == "just now"
    assert ago("2026-05-04T09:00:00Z", now) == "3 hours ago"
    assert ago("2025-05-04T09:00:00Z", now) == "4 May 2025"
    assert ago("never", now) == ""


def test_progress_counts_reading_and_indexing() -> None:
    done, words = progress(document(stage="embed", pages_done=4, chunks_done=4))
    assert done == pytest.approx(0.6)
    assert words == "Embedding · page 4 of 4 · 4 of 8 passages indexed"
    assert progress(document(pages=None, chunks=0)) == (0.0, "Working")


def test_filters_and_orders() -> None:
    shelf = [
        document(id="a", name="Zebra.pdf", size=3),
        document(id="b", name="apple pie.docx", kind="docx", size=9, language="de", status=DocumentStatus.FAILED),
    ]
    assert [item.id for item in choose(shelf, Filters(order="Name"))] == ["b", "a"]
    assert [item.id for item in choose(shelf, Filters(order="Largest first"))] == ["b", "a"]
    assert [item.id for item in choose(shelf, Filters(text="PIE apple"))] == ["b"]
    assert [item.id for item in choose(shelf, Filters(kinds=("pdf",)))] == ["a"]
    assert [item.id for item in choose(shelf, Filters(states=("failed",), languages=("de",)))] == ["b"]


def test_a_removal_names_only_what_goes() -> None:
    assert said(Removed(chunks=1, files=2)) == ["2 original files", "1 passage"]
