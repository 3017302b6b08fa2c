"""A passage found among the lines of a page, however its text was joined, hyphenated or set."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.reading.layout import Line
from core.reading.pdf_layer import Run

LEAST = 16
"""Letters and digits of a passage's beginning or end that are enough to know it, when not all of it is on the page."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Part of a run: its characters from `first` to `last`, both included, counted from the run's beginning."""

    run: Run
    first: int
    last: int


def found_on(lines: Sequence[Line], passage: str, hint: tuple[int, int] | None, *, exact_hint: bool) -> list[Hit]:
    """The parts of the page's runs that make up the passage, in reading order; empty if it is not there.

    Compared are letters and digits only, case folded, compatibility forms taken apart, so that white space, hyphens,
    ligatures and Markdown do not matter. Of several places the one nearest to `hint` (a range of characters) is taken.
    Of a passage that continues on another page the part on this one is found. With `exact_hint` a passage that cannot
    be found is taken to be what stands in the range of the hint.
    """
    places: list[tuple[Run, int]] = []
    letters: list[str] = []
    for line in lines:
        for run in line.runs:
            for offset, character in enumerate(run.text):
                for letter in _letters(character):
                    letters.append(letter)
                    places.append((run, offset))
    page = "".join(letters)
    wanted = "".join(letter for character in passage for letter in _letters(character))
    spans = _spans(page, wanted, places, hint)
    if not spans and hint is not None and exact_hint:
        low, high = hint
        inside = [index for index, (run, offset) in enumerate(places) if low <= run.start + offset < high]
        return _hits(places, inside)
    hits = _hits(places, [index for start, end in spans for index in range(start, end)])
    return [_rounded(hit, passage, final=hit is hits[-1]) for hit in hits]


def _rounded(hit: Hit, passage: str, *, final: bool) -> Hit:
    """The hit with the punctuation that belongs to it: to the end of its line, or as the passage ends."""
    rest = hit.run.text[hit.last + 1 :].rstrip()
    if final:
        ending = passage.rstrip()[-4:]
        rest = rest[
            : next((n for n, one in enumerate(rest) if one.isalnum() or one.isspace() or one not in ending), len(rest))
        ]
    elif any(one.isalnum() for one in rest):
        return hit
    return Hit(hit.run, hit.first, hit.last + len(rest))


@lru_cache(4096)
def _letters(character: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKC", character).casefold() if one.isalnum())


def _spans(
    page: str, wanted: str, places: Sequence[tuple[Run, int]], hint: tuple[int, int] | None
) -> list[tuple[int, int]]:
    """Half-open ranges of `page`: the passage as a whole, else its beginning and end as far as they are there."""
    if not wanted or not page:
        return []
    whole = _nearest(page, wanted, places, hint)
    if whole is not None:
        return [(whole, whole + len(wanted))]
    least = min(LEAST, max(4, int(0.6 * len(wanted))))
    head = _longest(page, wanted, from_start=True)
    tail = _longest(page, wanted, from_start=False)
    spans = []
    if head >= least:
        start = _nearest(page, wanted[:head], places, hint) or 0
        spans.append((start, start + head))
    if tail >= least:
        start = _nearest(page, wanted[-tail:], places, hint) or 0
        if not spans or start >= spans[0][1] or start + tail <= spans[0][0]:
            spans.append((start, start + tail))
    return sorted(spans)


def _longest(page: str, wanted: str, *, from_start: bool) -> int:
    """The length of the longest beginning (or end) of the passage that is on the page."""
    low, high = 0, len(wanted) - 1
    while low < high:
        middle = (low + high + 1) // 2
        piece = wanted[:middle] if from_start else wanted[-middle:]
        if piece in page:
            low = middle
        else:
            high = middle - 1
    return low


def _nearest(page: str, piece: str, places: Sequence[tuple[Run, int]], hint: tuple[int, int] | None) -> int | None:
    best: tuple[int, int] | None = None
    start = page.find(piece)
    while start >= 0:
        run, offset = places[start]
        position = run.start + offset
        distance = 0 if hint is None else max(hint[0] - position, position - hint[1], 0)
        if best is None or distance < best[0]:
            best = (distance, start)
        if best[0] == 0:
            break
        start = page.find(piece, start + 1)
    return best[1] if best else None


def _hits(places: Sequence[tuple[Run, int]], indices: Sequence[int]) -> list[Hit]:
    """Indices as parts of runs: one hit for each run that is touched without a break."""
    hits: list[Hit] = []
    before = -2
    for index in indices:
        run, offset = places[index]
        if hits and hits[-1].run is run and index == before + 1:
            hits[-1] = Hit(run, min(hits[-1].first, offset), max(hits[-1].last, offset))
        else:
            hits.append(Hit(run, offset, offset))
        before = index
    return hits
