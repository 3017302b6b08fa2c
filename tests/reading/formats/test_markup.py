"""HTML, Markdown, AsciiDoc and EPUB through docling: structure kept, scripts gone, words whole, nothing fetched."""

from __future__ import annotations

import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE

from core.errors import CorruptDocument, EmptyDocument, PasswordNeeded
from core.reading.sniff import sniff
from core.records import BlockKind

Read = Callable[..., Any]

PAGE = """<!doctype html><html><head><title>Page Title</title><meta name="author" content="Eve">
<style>p{color:red}</style><script>alert('evil')</script></head><body><nav><a href="/x">Navigation</a></nav>
<p>Before any heading: <b>bo</b>ld, <a href="http://example.invalid/x">a link</a>.</p>
<h1>Main</h1><p>Shown as words: &lt;script&gt;alert(2)&lt;/script&gt;<br>second line</p><iframe src="x">frame</iframe>
<h2>Parts</h2><ul><li>one<ul><li>nested <i>item</i>.</li></ul></li></ul><ol><li>first</li><li>second</li></ol>
<table><caption>Prices</caption><tr><th rowspan=2>Part</th><th colspan=2>2023</th></tr><tr><th>Q1</th><th>Q2</th></tr>
<tr><td>Pump</td><td>1|2</td><td>3</td></tr></table><pre><code>def f():
    return 1</code></pre><img src="x.png" alt="A pump in its box"><footer>Imprint</footer></body></html>"""


def test_html_structure(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    read = reading(path)
    assert (read.head.kind, read.head.title, read.head.pages) == ("html", "Page Title", None)
    assert read.head.metadata == {"author": "Eve"}
    assert [(block.kind, block.level, block.text) for block in read.blocks] == [
        (BlockKind.PARAGRAPH, 0, "Before any heading: bold, a link."),
        (BlockKind.TITLE, 1, "Main"),
        (BlockKind.PARAGRAPH, 0, "Shown as words: <script>alert(2)</script>\nsecond line"),
        (BlockKind.HEADING, 2, "Parts"),
        (BlockKind.LIST_ITEM, 1, "one"),
        (BlockKind.LIST_ITEM, 2, "nested item."),
        (BlockKind.LIST_ITEM, 1, "1. first"),
        (BlockKind.LIST_ITEM, 1, "2. second"),
        (BlockKind.CAPTION, 0, "Prices"),
        (BlockKind.TABLE, 0, "| Part | 2023 Q1 | 2023 Q2 |\n| --- | --- | --- |\n| Pump | 1\\|2 | 3 |"),
        (BlockKind.CODE, 0, "def f():\n    return 1"),
        (BlockKind.CAPTION, 0, "A pump in its box"),
    ]


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("<meta charset='iso-8859-1'>", "latin-1"),
        ("", "utf-8"),
        ("", "cp1252"),
        ("", "utf-16"),
        ("<meta charset=bogus>", "utf-8"),
    ],
)
def test_html_encodings(tmp_path: Path, reading: Read, head: str, encoding: str) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(f"<html><head>{head}</head><body><p>Größe über alles</p></body></html>".encode(encoding))
    assert reading(path).text == "Größe über alles"


def test_dashes_and_quotation_marks_are_those_of_the_page(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "a.html"
    text = "„Ja“ – 2016–2022 … it’s “so” — می‌خواهم"
    path.write_text(
        f"<html><body><h1>{text}</h1><p>&ndash; {text}</p><table><tr><th>{text}<th>B<tr><td>1<td>2</table></body>",
        encoding="utf-8",
    )
    read = reading(path)
    assert [block.text for block in read.blocks[:2]] == [text, f"– {text}"]
    assert f"| {text} | B |" in read.text


def test_names_and_values_under_an_empty_header(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Minutes\n\n| | |\n|---|---|\n| Chair | Ada |\n| Guests | none |\n", encoding="utf-8")
    assert reading(path).of(BlockKind.TABLE) == ["|  |  |\n| --- | --- |\n| Chair | Ada |\n| Guests | none |"]


def test_hidden_and_broken_html(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><body><p hidden>unseen</p><p>open <b>bold<p>next</div></body>", encoding="utf-8")
    assert reading(path).text == "open bold\n\nnext"


def test_tables_that_only_place_things_are_read_in_order(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<html><body><table><tr><td><table><tr><td><h1>News</h1><p>Lead.</p></td></tr></table></td></tr>"
        "<tr><td><table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table></td></tr></table></body></html>",
        encoding="utf-8",
    )
    read = reading(path)
    assert [block.kind for block in read.blocks] == [BlockKind.TITLE, BlockKind.PARAGRAPH, BlockKind.TABLE]


@pytest.mark.parametrize("tag", ["div", "ul><li", "blockquote"])
def test_endless_nesting_has_a_typed_end(tmp_path: Path, reading: Read, tag: str) -> None:
    path = tmp_path / "deep.html"
    path.write_text(f"<html><body>{f'<{tag}>x' * 5000}</body></html>", encoding="utf-8")
    with pytest.raises(CorruptDocument, match="nested too deeply"):
        reading(path)


def test_html_without_text_is_empty(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><body><script>let x = 1</script><div> </div></body></html>", encoding="utf-8")
    with pytest.raises(EmptyDocument):
        reading(path)


MARKDOWN = """---
title: "Front matter"
author: Zed
---
# Main title

Intro with **bo**ld, `code`, under_score and [a link](http://example.invalid/).

- a
  - b

1. one
2. two

| H1 | H2 |
|----|---:|
| y\\|z | 2 |

```python
def f():
    return 1
```

<script>alert(1)</script>

## Sub

Text <b>inline</b> &amp; more.
"""


def test_markdown_structure(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "notes.md"
    path.write_text(MARKDOWN, encoding="utf-8")
    read = reading(path)
    assert (read.head.kind, read.head.title) == ("markdown", "Front matter")
    assert read.head.metadata == {"author": "Zed"}
    assert [(block.kind, block.level, block.text) for block in read.blocks] == [
        (BlockKind.TITLE, 1, "Main title"),
        (BlockKind.PARAGRAPH, 0, "Intro with bold, code, under_score and a link."),
        (BlockKind.LIST_ITEM, 1, "a"),
        (BlockKind.LIST_ITEM, 2, "b"),
        (BlockKind.LIST_ITEM, 1, "1. one"),
        (BlockKind.LIST_ITEM, 1, "2. two"),
        (BlockKind.TABLE, 0, "| H1 | H2 |\n| --- | --- |\n| y\\|z | 2 |"),
        (BlockKind.CODE, 0, "def f():\n    return 1"),
        (BlockKind.HEADING, 2, "Sub"),
        (BlockKind.PARAGRAPH, 0, "Text inline & more."),
    ]


ASCIIDOC = """= Guide to pumps

Intro with *bold* and https://example.invalid/x[a label].

== Section

* a
** b

.Prices
|===
|Item |Price

|Pump |12
|===

----
code here
----

include::/etc/hostname[]
"""


def test_asciidoc_structure(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "guide.adoc"
    path.write_text(ASCIIDOC, encoding="utf-8")
    read = reading(path)
    assert (read.head.kind, read.head.title) == ("asciidoc", "Guide to pumps")
    kinds = [(block.kind, block.level, block.text) for block in read.blocks]
    assert kinds[:5] == [
        (BlockKind.TITLE, 1, "Guide to pumps"),
        (BlockKind.PARAGRAPH, 0, "Intro with bold and a label."),
        (BlockKind.HEADING, 2, "Section"),
        (BlockKind.LIST_ITEM, 1, "a"),
        (BlockKind.LIST_ITEM, 2, "b"),
    ]
    assert (BlockKind.TABLE, 0, "| Item | Price |\n| --- | --- |\n| Pump | 12 |") in kinds
    assert (BlockKind.CODE, 0, "code here") in kinds
    assert Path("/etc/hostname").read_text(encoding="utf-8").strip() not in read.text.split()


def book(path: Path, chapters: dict[str, str], extra: dict[str, str] | None = None) -> Path:
    """An EPUB whose spine is in the order of `chapters`, with its table of contents in front."""
    items = "".join(f'<item id="i{n}" href="{name}"/>' for n, name in enumerate(chapters))
    spine = "".join(f'<itemref idref="i{n}"/>' for n, _ in enumerate(chapters))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:title>The Book</dc:title><dc:creator>Q. Author</dc:creator></metadata><manifest>"
        f'<item id="nav" href="nav.xhtml" properties="nav"/>{items}</manifest>'
        f'<spine><itemref idref="nav"/>{spine}</spine></package>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        )
        archive.writestr("OEBPS/book.opf", package)
        archive.writestr("OEBPS/nav.xhtml", "<html><body><p>Contents</p></body></html>")
        for name, body in chapters.items():
            member = name.replace("%20", " ")
            archive.writestr(
                f"OEBPS/{member}", f'<?xml version="1.0" encoding="utf-8"?><html><body>{body}</body></html>'
            )
        for name, text in (extra or {}).items():
            archive.writestr(name, text)
    return path


def test_chapters_in_the_order_of_the_spine(tmp_path: Path, reading: Read) -> None:
    many = "".join(f"<p>Line {number}.</p>" for number in range(150))
    chapters = {"z%20one.xhtml": "<h1>First</h1><p>It <i>was</i> dark.</p>", "a.xhtml": f"<h1>Second</h1>{many}"}
    path = book(tmp_path / "book.epub", chapters)
    read = reading(path)
    assert (read.head.kind, read.head.title, read.head.pages) == ("epub", "The Book", None)
    assert read.head.metadata["author"] == "Q. Author"
    assert [page.label for page in read.pages] == ["First", "Second", "Second"]
    assert read.pages[0].text == "First\n\nIt was dark."
    assert "Contents" not in read.text
    assert reading(path, start_page=2).pages == read.pages[1:]


def test_a_protected_book_and_one_without_chapters(tmp_path: Path, reading: Read) -> None:
    rights = (
        '<encryption><e:CipherReference xmlns:e="http://www.w3.org/2001/04/xmlenc#" URI="OEBPS/a.xhtml"/></encryption>'
    )
    with pytest.raises(PasswordNeeded, match="copy-protected"):
        reading(book(tmp_path / "drm.epub", {"a.xhtml": "<p>x</p>"}, {"META-INF/encryption.xml": rights}))
    path = book(tmp_path / "gone.epub", {})
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "none.epub", "w") as new:
        for info in old.infolist():
            if "nav" not in info.filename:
                new.writestr(info.filename, old.read(info))
    with pytest.raises(CorruptDocument, match="chapters of this book are missing"):
        reading(tmp_path / "none.epub")


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and what came in there."""
    server = socket.create_server(("127.0.0.1", 0))
    heard: list[str] = []

    def listen() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                heard.append(connection.recv(2000).decode("latin-1"))

    thread = threading.Thread(target=listen, name="listener", daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)
    assert heard == []


def test_nothing_is_fetched(tmp_path: Path, reading: Read, listener: tuple[str, list[str]]) -> None:
    """Pictures, styles, frames, includes, templates and schemas on a server that listens: nobody calls."""
    address, _ = listener
    markup = (
        f'<html><head><link rel="stylesheet" href="{address}/s.css"><base href="{address}/"></head><body><p>words</p>'
        f'<img src="{address}/i.png"><img srcset="{address}/j.png 2x"><iframe src="{address}/f"></iframe>'
        f'<object data="{address}/o"></object><svg><image href="{address}/v.png"/></svg></body></html>'
    )
    (tmp_path / "a.html").write_text(markup, encoding="utf-8")
    (tmp_path / "a.md").write_text(
        f"# Head\n\nwords ![x]({address}/i.png)\n\n<img src='{address}/j.png'>\n", encoding="utf-8"
    )
    (tmp_path / "a.adoc").write_text(
        f"= Head\n\nwords\n\nimage::{address}/i.png[]\n\ninclude::{address}/x[]\n", encoding="utf-8"
    )
    book(tmp_path / "a.epub", {"a.xhtml": f'<p>words</p><img src="{address}/i.png"/>'})
    doctype = f'<?xml version="1.0"?><!DOCTYPE html SYSTEM "{address}/x.dtd">'
    (tmp_path / "b.html").write_text(f"{doctype}<html><body><p>words</p></body></html>", encoding="utf-8")
    document = docx.Document()
    document.add_paragraph("words")
    document.part.relate_to(
        f"{address}/template.dotx", RELATIONSHIP_TYPE.IMAGE.replace("image", "attachedTemplate"), is_external=True
    )
    document.part.relate_to(f"{address}/picture.png", RELATIONSHIP_TYPE.IMAGE, is_external=True)
    document.save(str(tmp_path / "a.docx"))
    mail = (
        f"From: a@example.org\nSubject: s\nDate: Fri, 01 Mar 2024 10:00:00 +0100\nContent-Type: text/html\n\n{markup}"
    )
    (tmp_path / "a.eml").write_text(mail, encoding="utf-8")
    for name in ("a.html", "a.md", "a.adoc", "a.epub", "b.html", "a.docx", "a.eml"):
        assert "words" in reading(tmp_path / name).text, name


def test_underlined_headings_do_not_make_asciidoc(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("Title\n=====\n\nwords\n\nPart\n----\n\nwords\n\nOther\n-----\n\nwords\n", encoding="utf-8")
    assert sniff(path, "notes.md") == "markdown"
    assert sniff(path, "notes.txt") != "asciidoc"
