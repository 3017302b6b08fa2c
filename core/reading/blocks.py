"""Blocks from lines: paragraphs, headings, list items, code and tables."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from core.reading.gridlines import cells_start, table_at
from core.reading.layout import Line
from core.reading.wording import cleaned, joined
from storage.records import Block, BlockKind

MAX_HEADING = 200
"""Characters. What is longer is a paragraph, however large it is set."""

_BULLET = re.compile(r"([•·▪◦‣●○■□▸►–—*✓➢❖\u25aa\uf0b7\uf0a7\uf0d8]|-)\s+(?=\S)")
_COUNTER = re.compile(r"(\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\(?[ivx]{1,5}[.)])\s+(?=\S)")
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,4})\.?\s+(?=[^\W\d_])")
_CHAPTER = re.compile(
    r"(chapter|part|appendix|section|kapitel|teil|anhang|abschnitt)\s+([\divxlc]+|[a-z])\b", re.IGNORECASE
)
_NUMBER_ALONE = re.compile(
    r"((chapter|part|appendix|kapitel|teil|anhang)\s+)?([\dIVXLC]+(\.\d+)*|[A-Z])\.?", re.IGNORECASE
)
_CAPTION = re.compile(r"(figure|fig\.|table|listing|abbildung|abb\.|tabelle|tab\.)\s*\d+", re.IGNORECASE)
_ENTRY = re.compile(r"((\s?\.){4,}|…{2,})\s*\w{1,6}\s*$")
_ENDS = (".", "!", "?", ":", "”", '"', ")", ";")


@dataclass(frozen=True, slots=True)
class Style:
    """What the sampled pages say about a document as a whole. Sizes in points."""

    body: float = 0.0
    headings: tuple[float, ...] = ()  # sizes above the body's that headings have, largest first
    known: frozenset[str] = frozenset()  # words in lower case
    outline: Mapping[int, Mapping[str, int]] = field(default_factory=dict)  # page index -> title, folded -> level
    title: str = ""  # folded

    def level(self, size: float) -> int:
        """The level of a heading set in this size: 1 is the largest, one below all for the body's own size."""
        for number, known in enumerate(self.headings, 1):
            if size >= known - 0.4:
                return number
        return len(self.headings) + 1


def folded(text: str) -> str:
    """Letters and digits only, case folded: how titles are compared."""
    return "".join(character for character in text.casefold() if character.isalnum())


def page_blocks(lines: Sequence[Line], style: Style, page: int) -> list[Block]:
    """The blocks of a page in reading order. `page` counts from 0. Ranges are those of the text layer."""
    blocks: list[Block] = []
    leading = _leading(lines)
    indents: list[float] = []
    position = 0
    while position < len(lines):
        table = table_at(lines, position)
        if table is not None:
            text, count = table
            blocks.append(_block(BlockKind.TABLE, text, lines[position : position + count]))
            position += count
            continue
        end = position + 1
        while end < len(lines) and not _breaks(lines, position, end, leading) and table_at(lines, end) is None:
            end += 1
        group = list(lines[position:end])
        block = _made(group, style, page)
        if block is not None:
            if block.kind == BlockKind.LIST_ITEM:
                block = _nested(block, group[0].left, indents)
            elif block.kind != BlockKind.PARAGRAPH:
                indents.clear()
            blocks.append(block)
        position = end
    return _numbered(blocks)


def _leading(lines: Sequence[Line]) -> float:
    """The usual distance of two baselines, in points."""
    steps = [
        after.bottom - line.bottom
        for line, after in pairwise(lines)
        if after.region == line.region and 0.7 * line.size < after.bottom - line.bottom < 2.2 * line.size
    ]
    return median(steps) if steps else 0.0


def _breaks(lines: Sequence[Line], first: int, index: int, leading: float) -> bool:
    """Whether a new block begins at `index`; its block so far began at `first`."""
    before, line, opening = lines[index - 1], lines[index], lines[first]
    if line.region != before.region:
        return True
    step = line.bottom - before.bottom
    usual = min(max(leading, line.size), 1.9 * max(line.size, 1.0)) if leading else 1.5 * line.size
    if line.mono and before.mono:
        return step > 2.6 * usual
    if step > 1.3 * usual and step > 1.25 * max(line.size, before.size):
        return True
    if abs(line.size - before.size) > 0.08 * max(line.size, before.size) + 0.2 and _weight(line) and _weight(before):
        return True
    if line.mono != before.mono and (len(line.text) > 20 or line.left > before.left + line.size):
        return True
    if line.bold != before.bold and (before.bold or opening is before) and _whole(before, line):
        return True
    if _marker(line):
        return _marker(opening) or before.text.rstrip().endswith(_ENDS) or _short(before)
    if _NUMBERED.match(line.text) and _NUMBERED.match(before.text) and _short(before):
        return True  # a table of contents without leaders
    return bool(_ENTRY.search(before.text)) or _indented(before, line, opening)


def _weight(line: Line) -> bool:
    return len(line.text) > 2


def _whole(before: Line, line: Line) -> bool:
    """The bold line stands for itself: what follows could have begun on it."""
    return not before.bold or _short(before) or not line.text[:1].islower()


def _short(line: Line) -> bool:
    left, right = line.column
    return line.right < right - 0.15 * (right - left)


def _marker(line: Line) -> bool:
    return bool(_BULLET.match(line.text) or _COUNTER.match(line.text))


def _indented(before: Line, line: Line, opening: Line) -> bool:
    """A paragraph's first line by its indent, or by the line before it ending early."""
    size = max(line.size, 1.0)
    shift = line.left - before.left
    if _marker(opening) and before is opening:
        return shift < -0.5 * size
    if before is opening:
        if shift < -3.2 * size or (shift > 0.8 * size and shift < 3 * size and _short(before)):
            return True
        if cells_start(before) and cells_start(line) and abs(shift) < 2:
            return True
    elif shift < -0.8 * size or (shift > 0.8 * size and before.text.rstrip().endswith(_ENDS)):
        return True
    ended = before.text.rstrip().endswith((".", "!", "?", ":"))
    return ended and _short(before) and line.text[:1].isupper() and shift > -0.8 * size


def _made(group: list[Line], style: Style, page: int) -> Block | None:
    """One block of lines that belong together."""
    if all(line.mono for line in group) and (len(group) > 1 or len(group[0].text) > 20):
        text = _code(group)
        return _block(BlockKind.CODE, text, group) if text.strip() else None
    text = joined([line.text for line in group], style.known)
    if not text:
        return None
    level = _heading(group, text, style, page)
    if level is not None:
        kind = BlockKind.TITLE if page == 0 and style.title and folded(text) == style.title else BlockKind.HEADING
        return _block(kind, text, group, 1 if kind == BlockKind.TITLE else level)
    if _BULLET.match(group[0].text) or (_COUNTER.match(group[0].text) and len(text) > 4):
        return _block(BlockKind.LIST_ITEM, _BULLET.sub("", text, count=1), group, 1)
    if _CAPTION.match(text) and len(text) < 400:
        return _block(BlockKind.CAPTION, text, group)
    return _block(BlockKind.PARAGRAPH, text, group)


def _heading(group: list[Line], text: str, style: Style, page: int) -> int | None:
    """The level if this is a heading, else None."""
    if len(group) > 4 or len(text) > MAX_HEADING or not any(character.isalpha() for character in text):
        return None
    flat = folded(text)
    on_page = style.outline.get(page, {})
    for title, level in on_page.items():
        if flat == title or (flat.endswith(title) and len(flat) - len(title) <= 14 and len(title) > 3):
            return level
    line = group[0]
    larger = bool(style.body) and line.size >= 1.12 * style.body and line.size >= style.body + 0.7
    bold = all(item.bold for item in group)
    numbered = _NUMBERED.match(text)
    if text.endswith((",", ";")) or (text.endswith(".") and not larger and not numbered):
        return None
    if larger or (bold and len(group) <= 2 and len(text) <= 120):
        if _CHAPTER.match(text):
            return 1
        if numbered and (bold or larger):
            return numbered.group(1).count(".") + 1
        if _BULLET.match(line.text) or _CAPTION.match(text):
            return None
        return style.level(line.size) if larger else len(style.headings) + 1
    return None


def _code(group: Sequence[Line]) -> str:
    """Lines as they stand, indented as they are: a character's width is that of the widest line."""
    widest = max(group, key=lambda line: len(line.text))
    width = max((widest.right - widest.left) / max(1, len(widest.text)), 1.0)
    left = min(line.left for line in group)
    rows: list[str] = []
    for line in group:
        row = ""
        for run in line.runs:
            row += " " * max(int((run.left - left) / width + 0.5) - len(row), 1 if row else 0) + cleaned(run.text)
        rows.append(row)
    return "\n".join(rows)


def _nested(block: Block, left: float, indents: list[float]) -> Block:
    """The item with its level: the number of smaller indents among the items before it, plus one."""
    while indents and left < indents[-1] - 4:
        indents.pop()
    if not indents or left > indents[-1] + 4:
        indents.append(left)
    return Block(block.kind, block.text, block.start, block.end, len(indents))


def _block(kind: BlockKind, text: str, group: Collection[Line], level: int = 0) -> Block:
    return Block(kind, text, min(line.start for line in group), max(line.end for line in group), level)


def _numbered(blocks: list[Block]) -> list[Block]:
    """“Chapter 3” and its name, set on two lines, are one heading."""
    merged: list[Block] = []
    for block in blocks:
        last = merged[-1] if merged else None
        if (
            last is not None
            and last.kind == block.kind == BlockKind.HEADING
            and re.fullmatch(
                r"((chapter|part|appendix|kapitel|teil|anhang)\s+)?([\dIVXLC]+(\.\d+)*|[A-Z])\.?", last.text, re.I
            )
        ):
            text = f"{last.text} {block.text}"
            merged[-1] = Block(block.kind, text, min(last.start, block.start), max(last.end, block.end), last.level)
        else:
            merged.append(block)
    return merged
