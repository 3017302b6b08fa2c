"""Running headers, footers and page numbers: lines at a page's edge that its neighbours have in the same place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.reading.layout import Line

EDGE = 3
"""Lines looked at from the top and from the bottom."""

BARE = 3
"""Rows of furniture that a page without any text may have."""

MARGIN = 0.16
"""Share of a page's height, at the top and at the bottom, where furniture stands."""

REACH = 2
"""Neighbours on each side: two, since left and right pages differ."""

_TOKEN = re.compile(r"\d+|[^\W\d_]+|[^\w\s]")
_ROMAN = re.compile(r"m{0,3}(cm|cd|d?c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})", re.IGNORECASE)
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_SAME_PLACE = 4.0  # points


@dataclass(frozen=True, slots=True)
class Row:
    """What stands at one height, across all columns."""

    text: str
    bottom: float
    lines: frozenset[int]  # `id`s


@dataclass(frozen=True, slots=True)
class Edges:
    """The rows nearest to the top and to the bottom, each beginning at the edge, and the usual line distance."""

    top: list[Row]
    bottom: list[Row]
    leading: float
    height: float  # the page's

    @property
    def sides(self) -> tuple[list[Row], list[Row]]:
        """Top, bottom."""
        return self.top, self.bottom


def edges(lines: Sequence[Line], height: float) -> Edges:
    """The edges of a page, given all its lines and its height in points."""
    grouped: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.bottom, line.left)):
        if grouped and line.bottom - grouped[-1][0].bottom < 2.0:
            grouped[-1].append(line)
        else:
            grouped.append([line])
    rows = [_row(row) for row in grouped]
    steps = sorted(below.bottom - row.bottom for row, below in pairwise(rows))
    return Edges(rows[: EDGE + 1], rows[::-1][: EDGE + 1], steps[len(steps) // 4] if steps else 0.0, height)


def _row(lines: Sequence[Line]) -> Row:
    across = sorted(lines, key=lambda line: line.left)
    return Row(" ".join(line.text for line in across), across[0].bottom, frozenset(id(line) for line in across))


def furniture(page: int, around: Mapping[int, Edges]) -> set[int]:
    """`id`s of the lines of a page that are no part of its text. `around` has the edges of it and its neighbours.

    A page that seems to be nothing but furniture repeats another one, and is kept as it is.
    """
    found: set[int] = set()
    count = 0
    for side in (0, 1):
        rows = around[page].sides[side]
        numbered = [_lone_number(row, page, around) for row in rows[:EDGE]]
        alike = [
            _in_margin(row, around[page].height) and (number or _repeats(row, page, around, side))
            for row, number in zip(rows, numbered, strict=False)
        ]
        most = alike.index(False) if False in alike else len(alike)
        for taken in range(most, 0, -1):
            if numbered[taken - 1] or _apart(rows, taken, around[page].leading):
                found.update(line for row in rows[:taken] for line in row.lines)
                count += taken
                break
    everything = {line for rows in around[page].sides for row in rows for line in row.lines}
    return set() if count > BARE and found >= everything else found


def _in_margin(row: Row, height: float) -> bool:
    return row.bottom < MARGIN * height or row.bottom > (1 - MARGIN) * height


def _apart(rows: Sequence[Row], taken: int, leading: float) -> bool:
    """Whether there is more room after the first rows than between two lines of text."""
    if taken >= len(rows):
        return True
    return abs(rows[taken].bottom - rows[taken - 1].bottom) > 1.2 * leading


def _repeats(line: Row, page: int, around: Mapping[int, Edges], side: int) -> bool:
    """A neighbour has the same line in the same place; a number that counts along with the pages may differ."""
    tokens = _TOKEN.findall(line.text)
    counting = 0
    for other in range(page - REACH, page + REACH + 1):
        if other == page or other not in around:
            continue
        for candidate in around[other].sides[side][:EDGE]:
            if abs(candidate.bottom - line.bottom) > _SAME_PLACE:
                continue
            theirs = _TOKEN.findall(candidate.text)
            if same_but_counting(tokens, theirs, other - page):
                return True
            counting += _ends_count(tokens, theirs, other - page)
    return counting >= 2  # a running head that changes on every page, known by its page number


def same_but_counting(ours: Sequence[str], theirs: Sequence[str], distance: int) -> bool:
    """Whether the tokens are equal but for numbers that differ by the pages' distance."""
    if len(ours) != len(theirs) or not ours:
        return False
    for one, other in zip(ours, theirs, strict=True):
        if one.casefold() == other.casefold():
            continue
        first, second = _number(one), _number(other)
        if first is None or second is None or second - first != distance:
            return False
    # lines of nothing but punctuation and equal numbers (a rule, a table's row) say nothing about being furniture
    return any(token.isalpha() and len(token) > 1 for token in ours) or list(ours) != list(theirs)


def _ends_count(ours: Sequence[str], theirs: Sequence[str], distance: int) -> bool:
    if not ours or not theirs or len(ours) > 20:
        return False
    for one in {ours[0], ours[-1]}:
        for other in {theirs[0], theirs[-1]}:
            first, second = _number(one), _number(other)
            if first is not None and second is not None and second - first == distance:
                return True
    return False


def _lone_number(line: Row, page: int, around: Mapping[int, Edges]) -> bool:
    """The line is a page number alone, and a neighbour's edges know the number before or after it."""
    tokens = [part for part in _TOKEN.findall(line.text) if part not in "-–—|·"]
    if len(tokens) != 1:
        return False
    number = _number(tokens[0])
    if number is None:
        return False
    if number == page + 1 and tokens[0].isdigit():
        return True
    for other, sides in around.items():
        for candidate in (*sides.top, *sides.bottom):
            theirs = _TOKEN.findall(candidate.text)
            if (
                other != page
                and theirs
                and any(_number(token) == number + other - page for token in (theirs[0], theirs[-1]))
            ):
                return True
    return False


def _number(token: str) -> int | None:
    if token.isdecimal() and len(token) <= 5:
        return int(token)
    if not token or not _ROMAN.fullmatch(token):
        return None
    values = [_VALUES[letter] for letter in token.lower()]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))
