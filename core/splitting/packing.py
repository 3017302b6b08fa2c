"""Packs units into chunks: not above the model's limit, not tiny, cut at the best place there is.

Where several places would do, the content decides (the smallest checksum of the text that follows), not the count of
what came before. So an edit moves the cuts next to it and none farther on, and a new version of a document shares
nearly all chunks with the old one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from core.splitting.units import Unit, take_apart
from storage.records import BlockKind

# Tokens of text in a chunk: what is packed without need. One block may fill the model's limit, though. Smaller chunks
# are found more precisely and an edit changes less of them (1 % of the paragraphs rewritten: 2 to 2.5 % of the tokens
# embedded anew; with a target of 200, 3 %); larger ones need fewer vectors.
TARGET = 160
TARGETS = {BlockKind.TABLE: 200, BlockKind.CODE: 200}  # rows and lines say less per token
WITHIN_BLOCK = 200  # parts of one long paragraph belong together
LOWEST_SHARE = 0.35  # of the target: from here on a chunk may end at a good place
CRUMB = 32  # tokens: a chunk or a section below this is joined to its neighbour where one can take it


class Packer:
    """Packs one document's units. `room(path)` is how many tokens of text fit below that heading path."""

    def __init__(self, count: Callable[[str], int], room: Callable[[tuple[str, ...]], int], *, paged: bool) -> None:
        self._count = count
        self._room = room
        self._paged = paged
        self._open: list[Unit] = []  # the chunk being filled
        self._held: list[Unit] = []  # the full chunk before it, in case the section ends in a crumb

    def pack(self, units: Iterable[Unit]) -> Iterator[list[Unit]]:
        """The units of each chunk, in order. At most two chunks wait here at any time."""
        for unit in units:
            if self._open and self._ends_before(unit):
                yield from self._finish()
            waiting = deque([unit])
            while waiting:
                yield from self._add(waiting.popleft(), waiting)
        yield from self._finish()

    def _add(self, unit: Unit, waiting: deque[Unit]) -> Iterator[list[Unit]]:
        """Put one unit into the open chunk, close that first, or take the unit apart."""
        both = [*self._open, unit]
        if _weight(both) <= self._target(both):
            self._open = both
            if unit.sealed:
                yield from self._close(len(both))
            return
        body = _body_weight(self._open)
        cut = self._best_cut(both, self._target(both) * LOWEST_SHARE) if body else 0
        if not cut and body >= CRUMB:
            cut = len(self._open)
        if cut:
            yield from self._close(cut)
            waiting.appendleft(unit)
            return
        if _weight(both) <= self._hard(both):
            self._open = both
            yield from self._close(len(both))
            return
        parts = take_apart(unit, self._count, self._hard(both))
        if len(parts) > 1:
            waiting.extendleft(reversed(parts))
        elif self._open:
            yield from self._close(len(self._open))
            waiting.appendleft(unit)
        else:
            self._open = [unit]
            yield from self._close(1)

    def _best_cut(self, units: Sequence[Unit], lowest: float) -> int:
        """How many of the units (never all of them) make the best chunk of at least `lowest` tokens; 0: none do."""
        places = []
        weight = units[0].header_tokens
        for place in range(1, len(units)):
            weight += units[place - 1].weight
            if weight >= lowest and not _under_its_heading(units, place):
                places.append(place)
        return min(places, key=lambda place: (units[place].rank, units[place].key), default=0)

    def _close(self, size: int) -> Iterator[list[Unit]]:
        """End the open chunk after `size` units."""
        if self._held:
            yield self._held
        self._held, self._open = self._open[:size], self._open[size:]

    def _finish(self) -> Iterator[list[Unit]]:
        """End the section: let out what waits, a crumb joined to the chunk before it."""
        held, rest = self._held, self._open
        self._held, self._open = [], []
        if held and rest and _weight(rest) < CRUMB and not held[-1].sealed:
            both = [*held, *rest]
            if _weight(both) <= self._hard(both):
                held, rest = both, []
            else:
                held, rest = self._balanced(held, rest)
        yield from (units for units in (held, rest) if units)

    def _balanced(self, held: list[Unit], rest: list[Unit]) -> tuple[list[Unit], list[Unit]]:
        """Two chunks of which none is a crumb, where there is such a cut."""
        both = [*held, *rest]
        places = [
            place
            for place in range(1, len(both))
            if min(_weight(both[:place]), _weight(both[place:])) >= CRUMB
            and not _under_its_heading(both, place)
            and max(_weight(both[:place]), _weight(both[place:])) <= self._hard(both)
        ]
        if not places:
            return held, rest
        best = min(places, key=lambda place: (both[place].rank, both[place].key))
        return both[:best], both[best:]

    def _ends_before(self, unit: Unit) -> bool:
        """Whether the open chunk must not go on with this unit."""
        if unit.opens:
            return True
        if not unit.is_heading:
            return False
        if not any(not other.is_heading for other in self._open):
            return False  # headings wait for their text
        if self._held or _body_weight(self._open) >= CRUMB:
            return True
        last = self._open[-1]
        if self._paged and _section(last) != _section(unit):
            return True
        # A tiny section takes in what follows it below the same heading, with that one's heading in the text.
        return len(shared_path([last.path, unit.path])) < max(len(last.path) - 1, 1)

    def _hard(self, units: Sequence[Unit]) -> int:
        return min(self._room(path) for path in {unit.path for unit in units})

    def _target(self, units: Sequence[Unit]) -> int:
        target = max(TARGETS.get(unit.kind, TARGET) for unit in units)
        if len(units) > 1 and units[0].run is units[-1].run:
            target = max(target, WITHIN_BLOCK)
        return min(self._hard(units), target)


def shared_path(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The headings, outermost first, that all the paths begin with."""
    first, last = min(paths), max(paths)
    size = 0
    while size < min(len(first), len(last)) and first[size] == last[size]:
        size += 1
    return first[:size]


def _under_its_heading(units: Sequence[Unit], place: int) -> bool:
    """Whether the unit at `place` stands directly below a heading that a cut would leave behind."""
    before, after = units[place - 1], units[place]
    if not before.is_heading:
        return False
    return not after.is_heading or after.path[: len(before.path)] == before.path


def _weight(units: Sequence[Unit]) -> int:
    """What the units take of a chunk's room, a repeated table head included."""
    return sum(unit.weight for unit in units) + (units[0].header_tokens if units else 0)


def _body_weight(units: Sequence[Unit]) -> int:
    return sum(unit.weight for unit in units if not unit.is_heading)


def _section(unit: Unit) -> int:
    return unit.run.place(unit.begin, closing=False)[0]
