"""Tables without rules: consecutive lines whose cells stand below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.reading.layout import Line
from core.reading.pdf_layer import Run
from core.reading.wording import cleaned

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
    rows: list[Line] = []
    columns: list[_Column] = []
    for line in lines[first:]:
        if line.region != lines[first].region or not cells_start(line) or len(line.runs) > MAX_COLUMNS:
            break
        if rows and line.bottom - rows[-1].bottom > 3.2 * max(line.size, 1.0):
            break
        grown = _grown(columns, line.runs)
        if len(grown) < 2 or (rows and len(grown) < len(columns) - 1):
            break
        rows.append(line)
        columns = grown
    if len(rows) < MIN_ROWS or len(columns) < 2:
        return None
    filled = sum(len(row.runs) for row in rows)
    if filled < 0.6 * len(rows) * len(columns):
        return None
    return _markdown([_cells(row, columns) for row in rows]), len(rows)


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


def _cells(line: Line, columns: Sequence[_Column]) -> list[str]:
    cells = [""] * len(columns)
    for run in line.runs:
        for number, column in enumerate(columns):
            if column.left - 0.5 <= run.left and run.right <= column.right + 0.5:
                cells[number] = f"{cells[number]} {cleaned(run.text)}".strip()
                break
    return cells


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def _is_marker(run: Run) -> bool:
    text = run.text.strip()
    return text in _MARKERS or (len(text) <= 4 and text.endswith((".", ")")) and text[:1] not in "€$£")
