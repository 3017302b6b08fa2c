"""From docling's document tree to our pieces in reading order: headings, paragraphs, lists, tables, code, captions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.reading.grid import table_pieces
from core.reading.sections import Piece, clean, one_line, prose
from storage.records import BlockKind

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument

_SHOWN_LAYERS = frozenset({"body", "notes"})
"""Furniture (running headers and footers, navigation) is left out."""

_COMMENT = re.compile(r"\[author: (?P<who>[^\]]*?)(?: \([^)]*\))?(?:, time: (?P<when>[^\]]*))?\]: ?")
_NO_BLANK_BEFORE = re.compile(r"\s+(?=[,.;:!?)\]}»”’%])")
_NO_BLANK_AFTER = re.compile(r"(?<=[(\[{«„“‘])\s+")


def pieces_of(document: DoclingDocument, heading_shift: int = 0, hidden: bool = False) -> Iterator[Piece]:
    """The document's text in reading order. `heading_shift` is added to the level of section headings; `hidden` takes
    in what the document hides (hidden slides, which are still somebody's knowledge).

    The first title is a TITLE; further ones (slides, later first-level headings) are headings of level 1.
    """
    layers = _SHOWN_LAYERS | {"invisible"} if hidden else _SHOWN_LAYERS
    return _Walk(document, layers, heading_shift).node(document.body)


@dataclass
class _Walk:
    document: DoclingDocument
    layers: frozenset[str]
    heading_shift: int = 0
    titled: bool = False
    seen: set[str] = field(default_factory=set)
    page: int = 0
    slide: int = 0  # for presentations whose items do not say where they are

    def node(self, node: Any, depth: int = 0) -> Iterator[Piece]:
        """The pieces of everything below a node. `depth` counts the lists around it."""
        place = 0  # of an item in its numbered list, for lists that leave their numbers to the program that shows them
        for ref in node.children:
            if ref.cref not in self.seen:
                self.seen.add(ref.cref)
                item = ref.resolve(self.document)
                place += 1 if getattr(item, "enumerated", False) else 0
                yield from self.item(item, depth, place)

    def item(self, item: Any, depth: int, place: int = 0) -> Iterator[Piece]:
        footnote = getattr(item, "label", "") == "footnote"  # furniture to docling, knowledge to us
        if item.content_layer.value not in self.layers and not footnote:
            return
        prov = getattr(item, "prov", None)
        if getattr(item, "name", "") and item.label.value in ("slide", "chapter"):
            self.slide += 1
            self.page = self.slide
        elif prov:
            self.page = prov[0].page_no
        name = type(item).__name__
        if name == "InlineGroup":
            yield from self.inline(item, BlockKind.PARAGRAPH, 0)
        elif name in ("ListGroup", "OrderedList", "UnorderedList"):
            yield from self.node(item, depth + 1)
        elif name == "TableItem":
            yield from self.captions(item)
            yield from self.table(item)
        elif name == "PictureItem":
            yield from self.picture(item, depth)
        elif name == "ListItem":
            yield from self.list_item(item, max(depth, 1), place)
        elif hasattr(item, "text"):
            yield from self.text(item)
            yield from self.node(item, depth)
        else:
            yield from self.node(item, depth)

    def text(self, item: Any) -> Iterator[Piece]:
        label = item.label.value
        if label in ("title", "section_header"):
            yield from self.heading(item)
        elif label == "code":
            yield Piece(BlockKind.CODE, clean(item.text).strip("\n"), 0, self.page)
        elif label == "caption":
            yield Piece(BlockKind.CAPTION, one_line(item.text), 0, self.page)
        elif label == "footnote":
            yield Piece(BlockKind.PARAGRAPH, f"Footnote: {prose(item.text)}", 0, self.page)
        elif label in ("checkbox_selected", "checkbox_unselected"):
            mark = "[x] " if label == "checkbox_selected" else "[ ] "
            yield Piece(BlockKind.PARAGRAPH, mark + prose(item.text), 0, self.page)
        else:
            text = item.text or getattr(item, "orig", "")
            if item.content_layer.value == "notes":
                text = _COMMENT.sub(_comment_head, text, count=1) if text.startswith("[author: ") else f"Notes: {text}"
            yield Piece(BlockKind.PARAGRAPH, prose(text), 0, self.page)

    def heading(self, item: Any) -> Iterator[Piece]:
        text = one_line(item.text) or one_line(self.joined(item))
        if not text:
            return
        if item.label.value == "section_header":
            yield Piece(BlockKind.HEADING, text, max(1, item.level + self.heading_shift), self.page)
        elif self.titled:
            yield Piece(BlockKind.HEADING, text, 1, self.page)
        else:
            self.titled = True
            yield Piece(BlockKind.TITLE, text, 1, self.page)

    def list_item(self, item: Any, depth: int, place: int) -> Iterator[Piece]:
        number = f"{item.marker or f'{place}.'} " if item.enumerated else ""
        if item.text.strip():
            yield Piece(BlockKind.LIST_ITEM, number + prose(item.text), depth, self.page)
            number = ""
        for ref in item.children:
            if ref.cref in self.seen:
                continue
            self.seen.add(ref.cref)
            child = ref.resolve(self.document)
            if type(child).__name__ == "InlineGroup":
                yield from self.inline(child, BlockKind.LIST_ITEM, depth, number)
                number = ""
            else:
                yield from self.item(child, depth)

    def inline(self, group: Any, kind: BlockKind, level: int, before: str = "") -> Iterator[Piece]:
        """Runs of one paragraph, joined as well as can be: docling kept no blanks between them."""
        text = self.joined(group)
        if text:
            yield Piece(kind, before + text, level, self.page)

    def joined(self, node: Any) -> str:
        runs: list[str] = []
        for ref in node.children:
            self.seen.add(ref.cref)
            child = ref.resolve(self.document)
            runs.append(getattr(child, "text", "") or self.joined(child))
        text = prose(" ".join(run for run in runs if run))
        return _NO_BLANK_AFTER.sub("", _NO_BLANK_BEFORE.sub("", text))

    def captions(self, item: Any) -> Iterator[Piece]:
        for ref in item.captions:
            if ref.cref not in self.seen:
                self.seen.add(ref.cref)
                yield Piece(BlockKind.CAPTION, one_line(ref.resolve(self.document).text), 0, self.page)

    def table(self, item: Any) -> Iterator[Piece]:
        page = self.page
        rows: list[list[str]] = []
        heads = 0
        for cells in item.data.grid:
            header = any(cell.column_header for cell in cells)
            if header and heads == len(rows):
                heads += 1
            texts: list[str] = []
            for at, cell in enumerate(cells):
                # A merged cell fills every row it spans, so that each row can be read alone, but of the columns only
                # those of a header.
                repeated = at > cell.start_col_offset_idx and not header
                texts.append("" if repeated else self.cell(cell))
            rows.append(texts)
        for ref in item.children:  # the contents of cells, read above
            self.seen.add(ref.cref)
        yield from table_pieces(rows, heads, page)

    def cell(self, cell: Any) -> str:
        ref = getattr(cell, "ref", None)
        if ref is None:
            return one_line(cell.text)
        inner = _Walk(self.document, self.layers)
        return one_line(" ".join(piece.text for piece in inner.item(ref.resolve(self.document), 0)))

    def picture(self, item: Any, depth: int) -> Iterator[Piece]:
        yield from self.captions(item)
        described = getattr(getattr(item, "meta", None), "description", None)
        if described is not None and described.text:
            yield Piece(BlockKind.PICTURE, prose(described.text), 0, self.page)
        chart = getattr(getattr(item, "meta", None), "tabular_chart", None)
        if chart is not None:
            if chart.title:
                yield Piece(BlockKind.CAPTION, one_line(chart.title), 0, self.page)
            rows = [[one_line(cell.text) for cell in cells] for cells in chart.chart_data.grid]
            yield from table_pieces(rows, 1, self.page)
        yield from self.node(item, depth)


def _comment_head(match: re.Match[str]) -> str:
    when = (match.group("when") or "")[:10]
    return f"Comment by {match.group('who')}{f' ({when})' if when else ''}: "
