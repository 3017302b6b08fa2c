"""Word, PowerPoint and OpenDocument text and slides through docling; workbooks through `core.reading.sheets`."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

from lxml import etree

from core.errors import PasswordNeeded
from core.reading.conversion import KIND_NAMES, convert, damaged, translated
from core.reading.grid import Grid
from core.reading.protocol import Found, ReadContext
from core.reading.sections import Piece, one_line, page_of, pages_from, sections
from core.reading.sheets import ROWS_PER_PAGE, Sheet, ods_sheets, xlsx_sheets
from core.reading.sniff import sniff
from core.reading.structure import pieces_of
from storage.records import BlockKind, DocumentHead, Page

_TITLES = (BlockKind.TITLE, BlockKind.HEADING)
_PARSER: Mapping[str, Any] = {"resolve_entities": False, "load_dtd": False, "no_network": True, "huge_tree": False}
_DC = "{http://purl.org/dc/elements/1.1/}"
_META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_TERMS = "{http://purl.org/dc/terms/}"
_CORE = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}"
_PROPERTIES = {
    f"{_DC}title": "title",
    f"{_DC}creator": "author",
    f"{_DC}subject": "subject",
    f"{_DC}description": "description",
    f"{_CORE}keywords": "keywords",
    f"{_META}keyword": "keywords",
    f"{_TERMS}created": "created",
    f"{_TERMS}modified": "modified",
    f"{_META}creation-date": "created",
    f"{_META}initial-creator": "author",
    f"{_DC}date": "modified",
}


def read_office(path: Path, name: str, ctx: ReadContext) -> Iterator[Found]:
    """Read a docx, pptx, xlsx, odt, odp or ods file.

    Slides and sheets are pages (a sheet of more than ROWS_PER_PAGE rows is several, with the same label); text
    documents come in sections. Raises CorruptDocument, EmptyDocument, PasswordNeeded or LimitExceeded.
    """
    kind = sniff(path, name)
    with translated(kind):
        metadata = _properties(path, kind)
    title = str(metadata.pop("title", ""))
    if kind in ("xlsx", "ods"):
        yield from _workbook(path, kind, title, metadata, ctx)
        return
    source = path if kind in ("docx", "pptx") else _plain_odf(path, kind)
    with translated(kind):
        document = convert(kind, source)
        slides = kind in ("pptx", "odp")
        pieces = list(pieces_of(document, hidden=slides))
        hidden = _hidden_pages(document) if slides else set()
    first = next((piece.text for piece in pieces if piece.kind in _TITLES), "")
    if not slides:
        yield DocumentHead(kind, title or first, None, metadata)
        yield from pages_from(sections(pieces), ctx.start_page, KIND_NAMES[kind])
        return
    # docling lists no pages for some presentations, but a group for every slide.
    groups = sum(group.label.value in ("slide", "chapter") for group in document.groups)
    count = max([groups, *document.pages, *(piece.page for piece in pieces)])
    yield DocumentHead(kind, title or first, count, metadata)
    yield from pages_from(_slides(pieces, count, hidden), ctx.start_page, KIND_NAMES[kind])


def _slides(pieces: Iterable[Piece], count: int, hidden: set[int]) -> Iterator[Page]:
    on_page: dict[int, list[Piece]] = {}
    for piece in pieces:
        on_page.setdefault(max(piece.page, 1), []).append(piece)
    for number in range(1, count + 1):
        yield page_of(number, on_page.get(number, ()), "hidden" if number in hidden else "")


def _hidden_pages(document: Any) -> set[int]:
    """Slides on which everything is hidden."""
    layers: dict[int, set[str]] = {}
    for item in [*document.texts, *document.tables]:
        for prov in item.prov[:1]:
            layers.setdefault(prov.page_no, set()).add(item.content_layer.value)
    return {number for number, found in layers.items() if found == {"invisible"}}


def _workbook(
    path: Path, kind: str, title: str, metadata: Mapping[str, Any], ctx: ReadContext
) -> Iterator[DocumentHead | Page]:
    with translated(kind):
        sheets = xlsx_sheets(path) if kind == "xlsx" else ods_sheets(path)
    metadata = {**metadata, "sheets": [sheet.name for sheet in sheets[:100]]}
    yield DocumentHead(kind, title, sum(_page_count(sheet) for sheet in sheets), metadata)
    with translated(kind):
        yield from pages_from(_sheet_pages(sheets), ctx.start_page, KIND_NAMES[kind])


def _page_count(sheet: Sheet) -> int:
    return max(1, -(-sheet.last_row // ROWS_PER_PAGE))


def _sheet_pages(sheets: Iterable[Sheet]) -> Iterator[Page]:
    """Each sheet's rows in windows of ROWS_PER_PAGE; a table that crosses a window keeps its header."""
    number = 0
    for sheet in sheets:
        label = f"{sheet.name} (hidden)" if sheet.hidden else sheet.name
        grid = Grid()
        window = 0
        waiting: list[Piece] = []
        for row_number, cells, spans in sheet.rows():
            while row_number > (window + 1) * ROWS_PER_PAGE:
                waiting.extend(grid.turn(0))
                yield page_of(number + window + 1, waiting, label)
                waiting, window = [], window + 1
            waiting.extend(grid.feed(cells, spans))
        waiting.extend(grid.flush())
        number += window + 1
        yield page_of(number, waiting, label)
        while window + 1 < _page_count(sheet):  # as many as the head has announced
            window, number = window + 1, number + 1
            yield page_of(number, (), label)


def _properties(path: Path, kind: str) -> dict[str, Any]:
    """Title, author and dates from the file's properties; times as ISO 8601."""
    with zipfile.ZipFile(path) as archive:
        members = set(archive.namelist())
        part = "meta.xml" if kind.startswith("od") else "docProps/core.xml"
        if kind.startswith("od") and b"encryption-data" in _member(archive, members, "META-INF/manifest.xml"):
            raise PasswordNeeded(
                f"This {KIND_NAMES[kind]} is encrypted.", "Save it without a password and add the saved file."
            )
        data = _member(archive, members, part)
    found: dict[str, Any] = {}
    root = etree.fromstring(data, etree.XMLParser(recover=True, **_PARSER)) if data.strip() else None
    for element in root.iter() if root is not None else ():
        key = _PROPERTIES.get(str(element.tag))
        text = one_line(element.text or "")
        if key and text and key not in found:
            found[key] = text
    return found


def _member(archive: zipfile.ZipFile, members: set[str], name: str, limit: int = 4 * 1024 * 1024) -> bytes:
    """A small member's bytes, empty if there is none."""
    if name not in members:
        return b""
    with archive.open(name) as stream:
        return stream.read(limit)


def _plain_odf(path: Path, kind: str) -> bytes:
    """The file without spans, links and pictures, so that docling keeps paragraphs whole and decodes no image."""
    with translated(kind), zipfile.ZipFile(path) as archive:
        copy = BytesIO()
        with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
            for info in archive.infolist():
                if PurePosixPath(info.filename).suffix not in (".xml", "") or info.is_dir():
                    continue
                data = archive.read(info)
                if info.filename == "content.xml":
                    data = _unformatted(data, kind)
                out.writestr(info.filename, data)
        return copy.getvalue()


def _unformatted(content: bytes, kind: str) -> bytes:
    root = etree.fromstring(content, etree.XMLParser(**_PARSER))
    if root is None:
        raise damaged(kind)
    etree.strip_tags(root, f"{_TEXT}span", f"{_TEXT}a")
    etree.strip_elements(root, f"{_DRAW}image", with_tail=False)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))
