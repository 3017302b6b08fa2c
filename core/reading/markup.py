"""HTML, Markdown, AsciiDoc and EPUB: all of them are read by docling, the first, second and last as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.reading.conversion import KIND_NAMES, convert, translated
from core.reading.encoding import decoded
from core.reading.epub import read_epub
from core.reading.hypertext import Hypertext, decoded_html, html_pieces, simplified
from core.reading.protocol import Found, ReadContext
from core.reading.sections import Piece, clean, one_line, pages_from, sections
from core.reading.sniff import sniff
from core.reading.structure import pieces_of
from storage.records import BlockKind, DocumentHead

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*\n", re.DOTALL)
_ADOC_LINK = re.compile(r"(?:link:|mailto:|(?=https?://))[^\s\[\]]+\[(?P<label>[^\]\n]+)\]")
_FIELD = re.compile(r"([A-Za-z][\w -]{0,40}):[ \t]*(.*)")
_MARKDOWN_FIELDS = {"title": "title", "author": "author", "date": "created", "tags": "keywords", "keywords": "keywords"}


def read_markup(path: Path, name: str, ctx: ReadContext) -> Iterator[Found]:
    """Read an HTML, Markdown, AsciiDoc or EPUB file in sections.

    Raises CorruptDocument, EmptyDocument, PasswordNeeded (a copy-protected book) or LimitExceeded.
    """
    kind = sniff(path, name)
    if kind == "epub":
        yield from read_epub(path, ctx)
        return
    data = path.read_bytes()
    with translated(kind):
        if kind == "asciidoc":
            title, metadata = "", dict[str, Any]()
            text = _ADOC_LINK.sub(r"\g<label>", clean(decoded(data)))  # docling keeps the address in the text
            pieces = list(pieces_of(convert(kind, text.encode()), heading_shift=1))
        else:
            page = _from_markdown(clean(decoded(data))) if kind == "markdown" else simplified(clean(decoded_html(data)))
            title, metadata = page.title, page.metadata
            pieces = list(html_pieces(page, kind))
    yield DocumentHead(kind, title or _first_heading(pieces), None, metadata)
    yield from pages_from(sections(pieces), ctx.start_page, KIND_NAMES[kind])


def _first_heading(pieces: list[Piece]) -> str:
    return next((piece.text for piece in pieces if piece.kind in (BlockKind.TITLE, BlockKind.HEADING)), "")


def _from_markdown(text: str) -> Hypertext:
    """Markdown as HTML, by the parser that docling uses too. docling's own way from there cuts paragraphs at every
    inline mark, takes front matter for a heading, and shows scripts as text."""
    from marko import Markdown
    from marko.ext.gfm import elements
    from marko.helpers import MarkoExtension

    metadata: dict[str, Any] = {}
    front = _FRONT_MATTER.match(text)
    if front:
        text = text[front.end() :]
        for line in front.group(1).split("\n"):
            field = _FIELD.fullmatch(line.strip())
            key = _MARKDOWN_FIELDS.get(field.group(1).lower()) if field else None
            if field and key and field.group(2).strip():
                metadata[key] = one_line(field.group(2)).strip("\"'[]")
    title = str(metadata.pop("title", ""))
    # GFM's elements without its renderer, which would turn scripts into visible text.
    tables = MarkoExtension(elements=[elements.Table, elements.TableRow, elements.TableCell])
    page = simplified(Markdown(extensions=["gfm", tables]).convert(text))
    return Hypertext(title or page.title, metadata, page.body)
