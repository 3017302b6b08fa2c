"""Reading order: from runs of words scattered over a page to lines, column by column. Serves PDF and OCR alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from core.reading.pdf_layer import Run

MIN_COLUMN_LINES = 3
MAX_COLUMNS_DEEP = 3
"""How often a page is cut in two at a gutter: up to eight columns."""


@dataclass(slots=True)
class Line:
    """Runs on one line of one column, left to right. `column` is the extent of the column it stands in."""

    runs: list[Run]
    left: float
    top: float
    right: float
    bottom: float
    size: float
    bold: bool
    mono: bool
    column: tuple[float, float]
    region: int = 0  # counts the stretches of text that are read one after the other

    @property
    def text(self) -> str:
        """Its words, as they stand in the layer."""
        return " ".join(run.text for run in self.runs)

    @property
    def start(self) -> int:
        """The first character's index."""
        return min(run.start for run in self.runs)

    @property
    def end(self) -> int:
        """The index after the last character."""
        return max(run.end for run in self.runs)


def ordered(runs: Sequence[Run]) -> list[Line]:
    """Lines in reading order. Runs that stand on their side come last, each a line of its own."""
    upright = [run for run in runs if not _on_its_side(run)]
    lines: list[Line] = []
    for number, region in enumerate(_regions(upright, MAX_COLUMNS_DEEP)):
        lines += _lines(region, number)
    for run in runs:
        if _on_its_side(run):
            lines.append(_line([run], (run.left, run.right), (lines[-1].region + 1) if lines else 0))
    return lines


def _on_its_side(run: Run) -> bool:
    return run.end - run.start > 2 and run.height > 2 * (run.right - run.left)


def _regions(runs: list[Run], depth: int) -> list[list[Run]]:
    """Groups of runs to be read one after the other: the page as a whole, or bands of columns."""
    gutter = _gutter(runs) if depth else None
    if gutter is None:
        return [runs] if runs else []
    left = [run for run in runs if run.right <= gutter]
    right = [run for run in runs if run.left >= gutter]
    across = sorted((run for run in runs if run.left < gutter < run.right), key=lambda run: run.top)
    regions: list[list[Run]] = []
    held: list[Run] = []
    above = float("-inf")
    for index, run in enumerate([*across, None]):
        edge = run.top if run is not None else float("inf")
        band = [[item for item in side if above <= (item.top + item.bottom) / 2 < edge] for side in (left, right)]
        if any(band):
            if held:
                regions.append(held)
                held = []
            for side in band:
                regions += _regions(side, depth - 1)
        if run is not None:
            held.append(run)
            above = (across[index].top + across[index].bottom) / 2
    if held:
        regions.append(held)
    return regions


def _gutter(runs: Sequence[Run]) -> float | None:
    """The x of a vertical white band with full lines of text on both sides, None when there is none.

    Cells of a table also leave such bands; they do not fill their columns as lines of text do, so they stay together.
    """
    if len(runs) < 2 * MIN_COLUMN_LINES:
        return None
    left_edge = min(run.left for run in runs)
    right_edge = max(run.right for run in runs)
    span = right_edge - left_edge
    if span < 150:
        return None
    low, high = left_edge + 0.2 * span, right_edge - 0.2 * span
    best: tuple[int, float, float] | None = None  # crossing runs, minus the width of the band, middle
    edges = sorted({low, high, *(run.right for run in runs if low < run.right < high)})
    for edge in edges:
        crossing = sum(1 for run in runs if run.left < edge + 0.5 < run.right)
        nearest = min((run.left for run in runs if run.left > edge), default=right_edge)
        if nearest - edge < 4:
            continue
        middle = (edge + min(nearest, high + 20)) / 2
        crossing = sum(1 for run in runs if run.left < middle < run.right)
        candidate = (crossing, -(nearest - edge), middle)
        if best is None or candidate < best:
            best = candidate
    if best is None or best[0] > 0.3 * len(runs):
        return None
    gutter = best[2]
    sides = [run for run in runs if run.right <= gutter], [run for run in runs if run.left >= gutter]
    return gutter if all(_is_column(side, 0.25 * span) for side in sides) else None


def _is_column(side: Sequence[Run], least: float) -> bool:
    """Enough lines, most of which run nearly from edge to edge, over a width of at least `least` points."""
    if len(side) < MIN_COLUMN_LINES:
        return False
    left, right = min(run.left for run in side), max(run.right for run in side)
    height = max(median(run.height for run in side), 1.0)
    rows: dict[int, tuple[float, float]] = {}
    for run in side:
        row = round(run.bottom / height)
        low, high = rows.get(row, (run.left, run.right))
        rows[row] = min(low, run.left), max(high, run.right)
    widths = [high - low for low, high in rows.values()]
    return len(rows) >= MIN_COLUMN_LINES and median(widths) >= 0.7 * (right - left) and right - left >= least


def _lines(region: list[Run], number: int) -> list[Line]:
    """The runs of one column as lines from top to bottom."""
    column = (min(run.left for run in region), max(run.right for run in region))
    lines: list[list[Run]] = []
    for run in sorted(region, key=lambda item: (item.top + item.bottom) / 2):
        place = _row_of(run, lines)
        if place is None:
            lines.append([run])
        else:
            place.append(run)
    made = [_line(sorted(row, key=lambda run: run.left), column, number) for row in lines]
    return sorted(made, key=lambda line: line.bottom)


def _row_of(run: Run, lines: list[list[Run]]) -> list[Run] | None:
    """The row among the last few that this run stands on."""
    for row in reversed(lines[-4:]):
        other = max(row, key=lambda item: item.height)
        shared = min(run.bottom, other.bottom) - max(run.top, other.top)
        if shared > 0.5 * min(run.height, other.height) and not any(_collide(run, item) for item in row):
            return row
    return None


def _collide(one: Run, other: Run) -> bool:
    return min(one.right, other.right) - max(one.left, other.left) > 0.5 * min(one.height, other.height)


def _line(row: list[Run], column: tuple[float, float], number: int) -> Line:
    main = max(row, key=lambda run: (run.end - run.start) * (1 if run.size else 0))
    return Line(
        runs=row,
        left=min(run.left for run in row),
        top=min(run.top for run in row),
        right=max(run.right for run in row),
        bottom=main.bottom,
        size=main.size,
        bold=all(run.bold for run in row),
        mono=all(run.mono for run in row),
        column=column,
        region=number,
    )
