"""Runs of text and the units they fall into: the pieces a chunk is packed from.

A unit is never changed, only taken apart, one step at a time: a block into sentences, rows or lines, those into halves
at a clause, a word, or, where there is nothing better, between two characters. Token counts of units add up to that of
the chunk because every cut that is not `sealed` lies at white space or punctuation, where tokenizers cut as well.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from core.splitting.sentences import sentences
from storage.records import BlockKind

CHARACTERS_A_TOKEN = 8  # a unit weighs at least its length by this, so that a word unknown to the model has a size
FARTHEST_SPACE = 2000  # characters from the middle; a cut farther off is no better than one within a word
HEADINGS = frozenset({BlockKind.HEADING, BlockKind.TITLE})

# How good a place the start of a unit is to begin a chunk with; lower is better.
BLOCK, ITEM, SENTENCE, CLAUSE, NEVER = range(5)

_RULE = re.compile(r"^[ \t]*+\|(?=[ \t:|]*+-)[ \t:|-]*+$", re.MULTILINE)
_RULES = re.compile(_RULE.pattern + r"\n?", re.MULTILINE)
_CLAUSE = re.compile(r"[;:,–—][\"”“’)\]]*(?=\s)|[、，；：]")
_DEFINITION = re.compile(
    r"^(?:@|def |async def |class |function |export |public |private |protected |static |fn |pub |func |impl |struct |"
    r"interface |type |enum |module |namespace |package |sub |CREATE |SELECT |INSERT |\w[\w.]* *(?:<-|=) *function)"
)


@dataclass(frozen=True, slots=True)
class Span:
    """Where `length` characters of a run, from `offset` on, stand in the document."""

    offset: int
    length: int
    section: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Run:
    """A block's text; or that of a paragraph that runs over a page break, which has a span on each page."""

    text: str
    spans: tuple[Span, ...]

    def place(self, offset: int, *, closing: bool) -> tuple[int, int]:
        """The section and the character position there of an offset; `closing` for the end of a range.

        Exact where the reader left the block's characters as they are, in proportion where it changed them.
        """
        span = self.spans[0]
        for other in self.spans[1:]:
            if other.offset < offset or (other.offset == offset and not closing):
                span = other
        inside = min(max(offset - span.offset, 0), span.length)
        room = span.end - span.start
        if room == span.length or not span.length:
            return span.section, span.start + min(inside, room)
        scaled = inside * room
        return span.section, span.start + (-(-scaled // span.length) if closing else scaled // span.length)


@dataclass(frozen=True, slots=True)
class Unit:
    """Characters `begin` to `end` of a run, of `tokens` tokens (the model's special ones not counted).

    `rank` says how well a chunk may begin here. `header` is the head of the table that this row belongs to, to be
    repeated when a chunk begins with the row. After a `sealed` unit a chunk ends, since a word was cut there.
    """

    run: Run
    begin: int
    end: int
    tokens: int
    kind: BlockKind
    path: tuple[str, ...]
    rank: int = BLOCK
    header: str = ""
    header_tokens: int = 0
    sealed: bool = False
    opens: bool = False  # another sheet or the like begins: the chunk before ends here

    @property
    def text(self) -> str:
        """The unit's characters."""
        return self.run.text[self.begin : self.end]

    @property
    def weight(self) -> int:
        """What the unit takes of a chunk's room, in tokens."""
        return max(self.tokens, (self.end - self.begin) // CHARACTERS_A_TOKEN)

    @property
    def key(self) -> int:
        """A number from the content alone: cuts chosen by it stay where they are when text elsewhere changes."""
        return zlib.crc32(self.text.encode(errors="replace"))

    @property
    def is_heading(self) -> bool:
        """Whether it is a heading or a title."""
        return self.kind in HEADINGS


def without_rules(text: str) -> str:
    """The text without the lines `|---|---|` that separate a table's head, which mean nothing to a model."""
    return _RULES.sub("", text) if "|" in text else text


def compact_table(text: str) -> str:
    """A Markdown table without the padding that aligns its columns."""
    lines = []
    for line in text.split("\n"):
        if _RULE.match(line):
            lines.append("|" + "---|" * (line.strip().strip("|").count("|") + 1))
        else:
            lines.append(re.sub(r"[ \t]{2,}", " ", line).strip())
    return "\n".join(line for line in lines if line)


def take_apart(unit: Unit, count: Callable[[str], int], room: int) -> list[Unit]:
    """Smaller units in place of one, or the unit itself when it is a single character.

    `count` gives the tokens of a text, `room` the largest weight that is of use.
    """
    ranges: list[tuple[int, int]]
    if unit.kind is BlockKind.TABLE:
        if "\n" in unit.text:
            return _rows(unit, count, room)
        ranges, rank = [], CLAUSE
    elif unit.kind is BlockKind.CODE:
        ranges, rank = list(_code(unit.text)), ITEM
    else:
        ranges, rank = sentences(unit.text), SENTENCE
    if len(ranges) < 2:
        return _halves(unit, count)
    parts = [_part(unit, begin, end, count, unit.rank if n == 0 else rank) for n, (begin, end) in enumerate(ranges)]
    if unit.kind is BlockKind.CODE:  # better before a line that is not indented
        parts = [replace(part, rank=SENTENCE) if n and _indented(part) else part for n, part in enumerate(parts)]
    return parts


def _indented(unit: Unit) -> bool:
    return unit.run.text[unit.begin] in " \t"


def _part(unit: Unit, begin: int, end: int, count: Callable[[str], int], rank: int) -> Unit:
    """Characters `begin` to `end` of the unit's text."""
    first, last = unit.begin + begin, unit.begin + end
    tokens = count(without_rules(unit.run.text[first:last]))
    whole = last == unit.end
    return replace(
        unit,
        begin=first,
        end=last,
        tokens=tokens,
        rank=rank,
        sealed=unit.sealed and whole,
        opens=unit.opens and begin == 0,
    )


def _rows(unit: Unit, count: Callable[[str], int], room: int) -> list[Unit]:
    """The rows of a table or of a part of one. The head goes with the first row and is remembered for the others."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]+", unit.text)]
    header, header_tokens = unit.header, unit.header_tokens
    head = 0
    if not header and len(lines) > 2 and _RULE.match(unit.text, *lines[1]):
        header = unit.text[lines[0][0] : lines[1][1]]
        header_tokens = count(without_rules(header))
        head = 2
        if max(header_tokens, len(header) // CHARACTERS_A_TOKEN) > room // 2:
            header, header_tokens, head = "", 0, 0  # too wide to be repeated
    if head:
        lines = [(lines[0][0], lines[2][1]), *lines[3:]]
    rows = [_part(unit, begin, end, count, unit.rank if n == 0 else ITEM) for n, (begin, end) in enumerate(lines)]
    return [
        replace(row, header=header, header_tokens=header_tokens) if n or not head else row for n, row in enumerate(rows)
    ]


def _code(text: str) -> Iterator[tuple[int, int]]:
    """Code by definitions and blank lines; by lines when there are none."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]+", text) if match.group().strip()]
    starts = [
        n
        for n, (begin, end) in enumerate(lines)
        if n == 0 or text.count("\n", lines[n - 1][1], begin) > 1 or _DEFINITION.match(text[begin:end])
    ]
    if len(starts) < 2:
        starts = list(range(len(lines)))
    for start, after in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield lines[start][0], lines[after - 1][1]


def _halves(unit: Unit, count: Callable[[str], int]) -> list[Unit]:
    """Two parts: cut at a clause near the middle, else at a word, else between characters."""
    text = unit.text
    if len(text) < 2:
        return [unit]
    middle = len(text) // 2
    before, after, sealed = _cut(text, middle, table=unit.kind is BlockKind.TABLE)
    left = _part(unit, 0, before, count, unit.rank)
    right = _part(unit, after, len(text), count, CLAUSE if not sealed else NEVER)
    return [replace(left, sealed=True) if sealed else left, right]


def _cut(text: str, middle: int, *, table: bool) -> tuple[int, int, bool]:
    """Where the left part ends, the right one begins, and whether a word is cut."""
    quarter = len(text) // 4
    clauses = [match.end() for match in _CLAUSE.finditer(text, quarter, len(text) - quarter)]
    if table:
        clauses = [match.start() for match in re.finditer(r"\|", text[: len(text) - 1]) if match.start() > 1] or clauses
    if clauses:
        best = min(clauses, key=lambda place: abs(place - middle))
        if text[:best].strip() and text[best:].strip():
            return len(text[:best].rstrip()), len(text) - len(text[best:].lstrip()), False
    for distance in range(min(middle, FARTHEST_SPACE)):
        for place in (middle - distance, middle + distance):
            if 0 < place < len(text) and _blank(text[place]):
                left, right = len(text[:place].rstrip()), len(text) - len(text[place:].lstrip())
                if left > 0 and right < len(text):
                    return left, right, False
    place = middle
    while place < len(text) - 1 and unicodedata.combining(text[place]):
        place += 1
    return place, place, not (_stands_alone(text[place - 1]) or _stands_alone(text[place]))


def _blank(character: str) -> bool:
    """White space to a tokenizer as well; form feeds and the like are not."""
    return character in " \t\n\r" or unicodedata.category(character).startswith("Z")


def _stands_alone(character: str) -> bool:
    """A Chinese character or a punctuation mark: a token of its own, so a cut beside it cuts no word."""
    return (
        "\u4e00" <= character <= "\u9fff"
        or "\u3400" <= character <= "\u4dbf"
        or (unicodedata.category(character).startswith("P"))
    )
