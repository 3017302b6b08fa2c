"""Tables without rules: consecutive lines whose cells stand below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.reading.layout import Line
from core.reading.pdf_layer import Run
from core.reading.wording import cleaned, joined

MIN_ROWS = 3
MAX_COLUMNS = 14
_MARKERS = frozenset("•·▪◦‣●○■□-–—*")


@dataclass(slots=True)
class _Column:
    left: float
    right: float


def cells_start(line: Line) -> bool:
    """Whether a line has cells at all: runs kept apart by wide gaps, the first of which is no list marker."""
    return len(line.runs) >= 2 and not _is_marker(line.runs[0]) and not line.mono


def table_at(lines: Sequence[Line], first: int) -> tuple[str, int] | None:
    """A table that begins at this line: its Markdown and how many lines it takes. None when there is none."""
    if not cells_start(lines[first]):
        return None
    rows: list[list[Line]] = []  # a row's first line and those that continue its cells
    columns: list[_Column] = []
    taken = 0
    for line in lines[first:]:
        above = rows[-1][-1] if rows else line
        if line.region != above.region or line.bottom - above.bottom > 3.2 * max(line.size, 1.0):
            break
        if rows and _continues(line, above, columns):
            rows[-1].append(line)
        elif cells_start(line) and len(line.runs) <= MAX_COLUMNS:
            grown = _grown(columns, line.runs)
            if len(grown) < 2 or (rows and len(grown) < len(columns) - 1) or _far(line, rows):
                break
            rows.append([line])
            columns = grown
        else:
            break
        taken += 1
    if len(rows) < MIN_ROWS or len(columns) < 2:
        return None
    if sum(len(row[0].runs) for row in rows) < 0.6 * len(rows) * len(columns):
        return None
    if len(columns) == 2 and _is_glossary(rows):
        return None
    columns = _grown(columns, [run for row in rows for line in row for run in line.runs])
    return (_markdown([_cells(row, columns) for row in rows]), taken) if len(columns) >= 2 else None


def _is_glossary(rows: Sequence[Sequence[Line]]) -> bool:
    """Terms with sentences beside them: paragraphs, of which none is a header."""
    return sum(1 for row in rows if len(row) > 1) > 0.3 * len(rows)


def _far(line: Line, rows: Sequence[Sequence[Line]]) -> bool:
    """Whether a line is so much further from the rows above than they are from each other that a new table begins."""
    if len(rows) < 2:
        return False
    steps = [after[0].bottom - row[-1].bottom for row, after in pairwise(rows)]
    return line.bottom - rows[-1][-1].bottom > 1.6 * max(steps)


def _continues(line: Line, above: Line, columns: Sequence[_Column]) -> bool:
    """Whether a line goes on with the cells above it: nothing in the first column, close to the line before."""
    if line.bottom - above.bottom > 1.5 * max(line.size, 1.0) or line.left <= columns[0].right:
        return False
    return all(any(abs(run.left - column.left) < 3 for column in columns[1:]) for run in line.runs)


def _grown(columns: Sequence[_Column], runs: Sequence[Run]) -> list[_Column]:
    """The columns after this line: what overlaps is one column."""
    spans = sorted(
        [*(_Column(column.left, column.right) for column in columns), *(_Column(run.left, run.right) for run in runs)],
        key=lambda column: column.left,
    )
    merged: list[_Column] = []
    for span in spans:
        if merged and span.left < merged[-1].right:
            merged[-1].right = max(merged[-1].right, span.right)
        else:
            merged.append(span)
    return merged


def _cells(row: Sequence[Line], columns: Sequence[_Column]) -> list[str]:
    cells = [""] * len(columns)
    for line in row:
        for run in line.runs:
            for number, column in enumerate(columns):
                if column.left - 0.5 <= run.left and run.right <= column.right + 0.5:
                    cells[number] = joined([cells[number], cleaned(run.text)])
                    break
    return cells


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def _is_marker(run: Run) -> bool:
    text = run.text.strip()
    return text in _MARKERS or (len(text) <= 4 and text.endswith((".", ")")) and text[:1] not in "€$£")
