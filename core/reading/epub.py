"""Books: chapters in the order of the spine, each through docling as HTML, so that page one comes before page 300.

docling's own EPUB backend makes one HTML page of the whole book first and loses where a chapter begins.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import etree

from core.errors import CorruptDocument, LimitExceeded, PasswordNeeded
from core.reading.conversion import translated
from core.reading.hypertext import decoded_html, html_pieces, simplified
from core.reading.protocol import Found, ReadContext
from core.reading.sections import clean, one_line, pages_from, sections
from storage.records import BlockKind, DocumentHead, Page

LARGEST_CHAPTER = 32 * 1024 * 1024
"""Bytes of one chapter; the limits on the whole file are checked before a reader is called."""

_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_FIELDS = {
    "creator": "author",
    "publisher": "publisher",
    "date": "created",
    "language": "language",
    "subject": "subject",
}
_PARSER: dict[str, Any] = {"resolve_entities": False, "load_dtd": False, "no_network": True, "recover": True}


def read_epub(path: Path, ctx: ReadContext) -> Iterator[Found]:
    """Read a book, a section or more per chapter, labelled with the chapter's heading.

    Raises CorruptDocument, EmptyDocument, PasswordNeeded for a copy-protected book, or LimitExceeded.
    """
    with translated("epub"), zipfile.ZipFile(path) as book:
        package, folder = _package(book)
        chapters = _spine(package, folder)
        if not set(chapters) & set(book.namelist()):
            raise CorruptDocument("The chapters of this book are missing.", "Get the file again and add that copy.")
        if set(chapters) & _encrypted(book):
            raise PasswordNeeded("This book is copy-protected.", "Add a copy without protection.")
        title = one_line(package.findtext(f".//{_DC}title") or "")
        metadata = {
            key: one_line(text)
            for name, key in _FIELDS.items()
            if (text := package.findtext(f".//{_DC}{name}")) and text.strip()
        }
        yield DocumentHead("epub", title, None, metadata)
        yield from pages_from(_chapters(book, chapters), ctx.start_page, "book")


def _chapters(book: zipfile.ZipFile, chapters: list[str]) -> Iterator[Page]:
    number = 1
    present = set(book.namelist())
    for chapter in chapters:
        if chapter not in present:
            continue
        if book.getinfo(chapter).file_size > LARGEST_CHAPTER:
            raise LimitExceeded("A chapter of this book is larger than is allowed.", "Split the book.")
        pieces = list(html_pieces(simplified(clean(decoded_html(book.read(chapter)))), "epub"))
        heads = (piece.text for piece in pieces if piece.kind in (BlockKind.TITLE, BlockKind.HEADING))
        for page in sections(pieces, number, next(heads, "")[:120]):
            yield page
            number = page.number + 1


def _package(book: zipfile.ZipFile) -> tuple[Any, str]:
    """The package document and the folder that its addresses start from."""
    container = etree.fromstring(book.read("META-INF/container.xml"), etree.XMLParser(**_PARSER))
    rootfile = container.find(f".//{_CONTAINER}rootfile") if container is not None else None
    address = unquote(rootfile.get("full-path", "")) if rootfile is not None else ""
    package = etree.fromstring(book.read(address), etree.XMLParser(**_PARSER))
    return package, posixpath.dirname(address)


def _spine(package: Any, folder: str) -> list[str]:
    """The members that are read, in order, each once; a table of contents is none of them."""
    items = {item.get("id"): item for item in package.iter(f"{_OPF}item")}
    chapters: dict[str, None] = {}
    for reference in package.iter(f"{_OPF}itemref"):
        item = items.get(reference.get("idref"))
        if item is not None and "nav" not in (item.get("properties") or "").split():
            chapters[posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))] = None
    return list(chapters)


def _encrypted(book: zipfile.ZipFile) -> set[str]:
    """Members that are encrypted; fonts often are, which does not matter."""
    if "META-INF/encryption.xml" not in book.namelist():
        return set()
    root = etree.fromstring(book.read("META-INF/encryption.xml"), etree.XMLParser(**_PARSER))
    references = root.iter("{http://www.w3.org/2001/04/xmlenc#}CipherReference") if root is not None else ()
    return {unquote(reference.get("URI", "")) for reference in references}
