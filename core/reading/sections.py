"""From a reader's pieces of text to numbered pages: ranges of characters, section sizes, repair of odd characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from core.errors import EmptyDocument
from storage.records import Block, BlockKind, Page

SECTION_BLOCKS = 100
SECTION_CHARACTERS = 40_000
"""A document without pages is cut into sections of so many blocks at most, and of little more characters than that."""

_EARLY_CUT = 60
"""From so many blocks on, a section ends where the next heading begins, so that few headings close a section."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"[ \t\xa0\u2000-\u200a\u202f\u3000]+")
_SEPARATOR = 2  # characters between two blocks in `Page.text`


class Piece(NamedTuple):
    """A block before it has a place. `page` is the page it belongs to, 0 where there are no pages."""

    kind: BlockKind
    text: str
    level: int = 0
    page: int = 0


def clean(text: str) -> str:
    """The text without control and direction-override characters, composed (NFC), line ends as `\\n`.

    Lone surrogates become the replacement character, so that the result can always be encoded.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _CONTROLS.sub("", text).replace("\xad", "")
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    return text


def prose(text: str) -> str:
    """Cleaned running text: runs of blanks become one, lines keep their ends."""
    lines = (_SPACES.sub(" ", line).strip() for line in clean(text).split("\n"))
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """Cleaned text on a single line."""
    return " ".join(clean(text).split())


def page_of(number: int, pieces: Iterable[Piece], label: str = "") -> Page:
    """A page of these pieces; those without text are left out."""
    blocks: list[Block] = []
    start = 0
    for piece in pieces:
        text = piece.text.rstrip() if piece.kind is BlockKind.CODE else piece.text.strip()
        if not text.strip():
            continue
        blocks.append(Block(piece.kind, text, start, start + len(text), piece.level))
        start += len(text) + _SEPARATOR
    return Page(number=number, blocks=tuple(blocks), label=label)


def sections(pieces: Iterable[Piece], first: int = 1, label: str = "") -> Iterator[Page]:
    """Pages of at most SECTION_BLOCKS pieces, numbered from `first`, cut before headings where that fits."""
    waiting: list[Piece] = []
    size = 0
    number = first
    for piece in pieces:
        if not piece.text.strip():
            continue
        full = len(waiting) >= SECTION_BLOCKS or size >= SECTION_CHARACTERS
        if waiting and (full or (piece.kind is BlockKind.HEADING and len(waiting) >= _EARLY_CUT)):
            yield page_of(number, waiting, label)
            number, waiting, size = number + 1, [], 0
        waiting.append(piece)
        size += len(piece.text)
    if waiting:
        yield page_of(number, waiting, label)


def pages_from(pages: Iterable[Page], start_page: int, what: str) -> Iterator[Page]:
    """The pages from `start_page` on. Raises EmptyDocument at the end when no page had any text.

    `what` names the kind of document in that sentence.
    """
    empty = True
    for page in pages:
        empty = empty and not page.blocks
        if page.number >= start_page:
            yield page
    if empty:
        raise EmptyDocument(
            f"There is no text in this {what}.",
            "If it holds only pictures, export it as PDF and add that: pictures of text are then read by OCR.",
        )
