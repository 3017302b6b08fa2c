"""Rows of cells become Markdown tables in bounded pieces, each with the header, so that a row is never without it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.reading.sections import Piece, one_line
from storage.records import BlockKind

TABLE_ROWS = 50
TABLE_CHARACTERS = 8_000
"""A table block ends after so many rows or characters; the next one repeats the header."""

_LIST_ROWS = 6
"""A single column of at least so many rows is a list with a header; a shorter one is a few lines of text."""

_WIDE = 64
"""Up to so many columns the header keeps those that are empty in a block."""

_NUMBER = re.compile(r"[-+(]?\s*[€$£¥]?\s*-?\d[\d.,'’\s]*(?:[eE][-+]?\d+)?\s*(?:%|€|\$|£|¥|[A-Z]{3})?\)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}:\d\d(?::\d\d)?")
_YEAR = re.compile(r"(?:19|20)\d\d")

Spans = Mapping[int, int]
"""First column of a merged cell to its last column."""


def is_value(text: str) -> bool:
    """Whether a cell holds a number or date, which a header seldom does (years excepted)."""
    if not text or len(text) > 64 or _YEAR.fullmatch(text):
        return False
    return bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))


def cell_text(text: str) -> str:
    """A cell's text, which has one line, with the one character escaped that would end it."""
    return text.replace("|", "\\|")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A GitHub-flavoured Markdown table. Rows may be shorter than the header; none may be longer."""
    width = len(header)
    lines = [_line(header), "|" + " --- |" * width]
    lines.extend(_line([*row, *[""] * (width - len(row))]) for row in rows)
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell_text(cell) for cell in cells) + " |"


def letters(column: int) -> str:
    """What a spreadsheet calls a column; counted from 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def joined_header(rows: Sequence[Sequence[str]]) -> list[str]:
    """One header row out of several: each column's different words from top to bottom."""
    width = max((len(row) for row in rows), default=0)
    columns = ([row[at].strip() if at < len(row) else "" for row in rows] for at in range(width))
    return [" ".join(dict.fromkeys(word for word in column if word)) for column in columns]


@dataclass
class Grid:
    """Turns rows, as they come, into pieces: tables, and text where a row stands alone.

    Feed every row in order, empty ones too: a blank row ends a table. A later run of rows that fits the last header
    (values where a header would have words) goes on under it.
    """

    page: int = 0
    _header: list[str] = field(default_factory=list)
    _heads: list[Sequence[str]] = field(default_factory=list)  # rows of a header that is not complete yet
    _lone: list[tuple[int, str]] = field(default_factory=list)  # rows of one cell before a table: (column, text)
    _rows: list[Sequence[str]] = field(default_factory=list)
    _size: int = 0
    _inside: bool = False
    _written: bool = True  # whether the present header has been shown with at least one row

    def feed(self, row: Sequence[str], spans: Spans | None = None) -> Iterator[Piece]:
        """Take one row; pieces come out when they are complete. Only the first cell of a merged one has text."""
        filled = [at for at, text in enumerate(row) if text]
        if not filled:
            yield from self.flush()
        elif self._heads:
            yield from self._second_head(row, spans or {})
        elif self._inside:
            yield from self._body(row)
        elif len(filled) == 1:
            self._lone.append((filled[0], row[filled[0]]))
            if len(self._lone) >= _LIST_ROWS and len({at for at, _ in self._lone}) == 1:
                yield from self._list()
        else:
            yield from self._start(row, filled, spans or {})

    def flush(self) -> Iterator[Piece]:
        """Everything that waits, at a blank row, at the end of a page and at the end of the rows."""
        yield from self._leading()
        if self._heads:
            self._take_header(self._heads)
        yield from self._emit()
        if self._inside and not self._written:  # a table of nothing but a header is a line of words
            yield Piece(BlockKind.PARAGRAPH, " | ".join(one_line(cell) for cell in self._header if cell), 0, self.page)
            self._written = True
        self._inside = False

    def turn(self, page: int) -> Iterator[Piece]:
        """Go to another page: what waits comes out on the present one, the table goes on under its header."""
        yield from self._emit()
        self.page = page

    def _start(self, row: Sequence[str], filled: Sequence[int], spans: Spans) -> Iterator[Piece]:
        yield from self._leading(caption=True)
        self._inside = True
        values = [is_value(row[at]) for at in filled]
        fits = bool(self._header) and all(at < len(self._header) and self._header[at] for at in filled)
        if fits and any(values):
            yield from self._body(row)
        elif all(values):
            self._header = [letters(at) for at in range(len(row))]
            yield from self._body(row)
        elif spans:
            self._heads = [_spread(row, spans)]
        else:
            self._take_header([row])

    def _second_head(self, row: Sequence[str], spans: Spans) -> Iterator[Piece]:
        """The row below one with merged cells: part of the header as long as it has words only."""
        words = not any(is_value(text) for text in row if text)
        if words and len(self._heads) < 3:
            self._heads.append(_spread(row, spans))
            if not spans:
                self._take_header(self._heads)
            return
        self._take_header(self._heads)
        yield from self._body(row)

    def _take_header(self, rows: Sequence[Sequence[str]]) -> None:
        self._header, self._heads, self._written = joined_header(rows), [], False

    def _body(self, row: Sequence[str]) -> Iterator[Piece]:
        self._rows.append(row)
        self._size += sum(map(len, row))
        if len(self._rows) >= TABLE_ROWS or self._size >= TABLE_CHARACTERS:
            yield from self._emit()

    def _emit(self) -> Iterator[Piece]:
        if not self._rows:
            return
        used = {at for row in self._rows for at, text in enumerate(row) if text}
        named = {at for at, text in enumerate(self._header) if text}
        if len(named) <= _WIDE:
            used |= named
        columns = sorted(used)
        header = [self._header[at] if at < len(self._header) else "" for at in columns]
        rows = [[row[at] if at < len(row) else "" for at in columns] for row in self._rows]
        self._rows, self._size, self._written = [], 0, True
        yield Piece(BlockKind.TABLE, markdown_table(header, rows), 0, self.page)

    def _leading(self, caption: bool = False) -> Iterator[Piece]:
        """The rows of one cell. Above a table, the last of them says what the table is."""
        for place, (_, text) in enumerate(self._lone, start=1):
            last = caption and place == len(self._lone) and len(text) <= 200
            yield Piece(BlockKind.CAPTION if last else BlockKind.PARAGRAPH, one_line(text), 0, self.page)
        self._lone = []

    def _list(self) -> Iterator[Piece]:
        column = self._lone[0][0]
        rows = [[""] * column + [text] for _, text in self._lone]
        self._lone, self._inside = [], True
        if is_value(rows[0][column]):
            self._header = [letters(at) for at in range(column + 1)]
        else:
            self._take_header([rows.pop(0)])
        for row in rows:
            yield from self._body(row)


def _spread(row: Sequence[str], spans: Spans) -> list[str]:
    """The row with the text of each merged cell in every column it covers."""
    last = max(spans.values(), default=-1)
    cells = [*row, *[""] * (last + 1 - len(row))]
    for first, end in spans.items():
        if first < len(row):
            cells[first : end + 1] = [row[first]] * (end + 1 - first)
    return cells


def table_pieces(rows: Sequence[Sequence[str]], heads: int, page: int = 0) -> Iterator[Piece]:
    """The pieces of a table that is known as a whole. `heads` leading rows are its header, 0 if it marks none.

    Empty rows and columns are left out. A table of one column is text, not a table.
    """
    used = sorted({at for row in rows for at, text in enumerate(row) if text.strip()})
    kept = [[row[at] if at < len(row) else "" for at in used] for row in rows]
    head_rows = [row for row in kept[:heads] if any(row)]
    body = [row for row in kept[heads:] if any(row)]
    if len(used) <= 1:
        for row in [*head_rows, *body]:
            yield Piece(BlockKind.PARAGRAPH, row[0], 0, page)
        return
    if heads and not head_rows:  # a header is there and says nothing, as above a list of names and values
        head_rows = [[""] * len(used)]
    elif not head_rows:
        if all(is_value(text) for text in body[0] if text):
            head_rows = [[letters(at) for at in range(len(used))]]
        else:
            head_rows.append(body.pop(0))
    header = joined_header(head_rows)
    if not body:
        yield Piece(BlockKind.PARAGRAPH, " | ".join(one_line(cell) for cell in header if cell), 0, page)
    waiting: list[Sequence[str]] = []
    size = 0
    for row in body:
        waiting.append(row)
        size += sum(map(len, row))
        if len(waiting) >= TABLE_ROWS or size >= TABLE_CHARACTERS:
            yield Piece(BlockKind.TABLE, markdown_table(header, waiting), 0, page)
            waiting, size = [], 0
    if waiting:
        yield Piece(BlockKind.TABLE, markdown_table(header, waiting), 0, page)
