"""Retrieved passages, cut into the units an answer is made of: sentences, list items, table rows, lines of code.

A unit knows the run of its passage's text that it stands for, so that a citation can quote it character by character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.answering.vocabulary import STOP_WORDS
from core.answering.words import fold, words
from core.records import BlockKind, Passage
from core.splitting.sentences import sentences

LONGEST = 700  # characters; a longer unit is cut at a word so that one runaway line cannot fill the answer
_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$")
_RULE = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)*[ \t]*:?-{2,}:?[ \t]*\|?[ \t]*$")
_ITEM = re.compile(r"^[ \t]*(?:[-*+•▪◦‣·–]|\(?\d{1,3}[.)]|[a-z]\))[ \t]+")
_NUMBERED = re.compile(r"^[ \t]*\(?\d{1,3}[.)]")  # also "1. Januar" at the start of a wrapped line
_NUMBER_TO_COME = re.compile(r"(?i)\b(?:nr|no|art|abs|fig|vol|kap)\.$")
_KEY = re.compile(r"^[^\s:][^:.!?\n]{0,40}:[ \t]+\S")
_SEPARATORS = re.compile(r"(?<!\\)\|")
_PRONOUN = re.compile(
    r"^\W*(?:(?i:he|she|it|they|this|that|these|those|his|her|its|their|such|both|there|er|sie|es|ihr|ihre|ihren|sein"
    r"|seine|seinen|dies|diese|dieser|dieses|diesem|diesen|dessen|deren|beide|dabei|damit|dadurch|daher|deshalb|dort"
    r"|darin|dafür|davon|hier|the\s+(?:latter|former|same))\b)"
)


@dataclass(slots=True)
class Unit:
    """One sentence, list item or row. `start`/`end` count characters of the passage's text.

    `text` is what is shown: the run itself on one line; for a row, its cells with their headers.
    """

    passage: int  # position in the list of passages
    ordinal: int  # position among the units of its passage
    start: int
    end: int
    text: str
    row: bool = False
    leaning: bool = False  # its subject is a pronoun, so it needs its predecessor or the heading
    context: str = ""  # heading and document, as far as they help to understand it
    telling: tuple[str, ...] = field(default=())  # its words that carry meaning


def units(passages: Sequence[Passage], read: Sequence[int] | None = None) -> list[Unit]:
    """All units of the passages at the positions `read` (of all, without), in order."""
    found: list[Unit] = []
    for number in range(len(passages)) if read is None else read:
        passage = passages[number]
        context = context_of(passage)
        for ordinal, (start, end, text, row) in enumerate(_cut(passage.chunk.text, passage.chunk.kind)):
            leaning = not row and _PRONOUN.match(text) is not None
            found.append(Unit(number, ordinal, start, end, text, row, leaning, context))
    return found


def context_of(passage: Passage) -> str:
    """The innermost headings of a passage; its document's name without ending where there is no heading."""
    headings = [part.strip() for part in passage.chunk.heading.split("›") if part.strip()]
    if headings:
        return " › ".join(headings[-2:])
    return re.sub(r"[_-]+", " ", re.sub(r"\.\w{1,5}$", "", passage.document)).strip()


def _cut(text: str, kind: BlockKind) -> Iterator[tuple[int, int, str, bool]]:
    header: list[str] = []
    lines = list(_lines(text))
    paragraph: list[tuple[int, int]] = []
    for position, (start, end) in enumerate(lines):
        line = text[start:end]
        if _ROW.match(line) or (kind is BlockKind.TABLE and "|" in line):
            yield from _prose(text, paragraph, kind)
            paragraph = []
            if _RULE.match(line):
                continue
            ruled = position + 1 < len(lines) and _RULE.match(text[slice(*lines[position + 1])])
            if ruled:
                header = _cells(line)
            else:
                yield _row(text, start, end, header)
        elif line.strip():
            paragraph.append((start, end))
        else:
            header = []
            yield from _prose(text, paragraph, kind)
            paragraph = []
    yield from _prose(text, paragraph, kind)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, start + len(line.rstrip("\r\n"))
        start += len(line)


def _cells(line: str) -> list[str]:
    return [" ".join(cell.replace("\\|", "|").split()) for cell in _SEPARATORS.split(line.strip().strip("|"))]


def _row(text: str, start: int, end: int, header: list[str]) -> tuple[int, int, str, bool]:
    """A table row as "Header: value · Header: value"; the run is the row as it stands in the passage."""
    cells = _cells(text[start:end])
    named = []
    for position, cell in enumerate(cells):
        name = header[position] if position < len(header) else ""
        if cell:
            named.append(f"{name}: {cell}" if name and name.casefold() != cell.casefold() else cell)
    start += len(text[start:end]) - len(text[start:end].lstrip())
    end = start + len(text[start:end].rstrip())
    return start, end, " · ".join(named), True


def _prose(text: str, lines: list[tuple[int, int]], kind: BlockKind) -> Iterator[tuple[int, int, str, bool]]:
    """The sentences of a paragraph. Short lines, list items and "Key: value" lines stand for themselves; the lines of
    a wrapped paragraph are read on."""
    if not lines:
        return
    full = sum(end - start for start, end in lines) / len(lines) >= 45 and not _listed(text, lines)
    groups: list[list[int]] = []
    for start, end in lines:
        line = text[start:end]
        before = text[groups[-1][0] : groups[-1][1]].rstrip() if groups else ""
        listed = bool(_ITEM.match(line)) and not (_NUMBERED.match(line) and before and before[-1] not in ".:;!?")
        own = kind is BlockKind.CODE or listed or _KEY.match(line)
        if groups and not own and (full or _reads_on(text[groups[-1][0] : groups[-1][1]], line)):
            groups[-1][1] = end
        else:
            groups.append([start, end])
    for start, end in groups:
        item = _ITEM.match(text[start:end])
        offset = start + (item.end() if item else 0)
        for first, last in _joined(text[offset:end]):
            yield _limited(text, offset + first, offset + last)


def _listed(text: str, lines: list[tuple[int, int]]) -> bool:
    """Whether these are points on a slide rather than a wrapped paragraph: three or more, each with a capital, and none
    before the last with a mark at its end."""
    starts = all(text[start:end].lstrip()[:1].isupper() for start, end in lines)
    return len(lines) >= 3 and starts and all(text[end - 1].isalnum() for _, end in lines[:-1])


def _joined(text: str) -> Iterator[tuple[int, int]]:
    """The sentences, with "(seal no." and "00318)" kept together, and "on" with a line that begins "1 January"."""
    start: int | None = None
    found = sentences(text)
    for position, (first, last) in enumerate(found):
        start = first if start is None else start
        following = text[found[position + 1][0]] if position + 1 < len(found) else ""
        goes_on = text[last - 1].isalnum() or _NUMBER_TO_COME.search(text, first, last)
        if not (following.isdigit() and goes_on):
            yield start, last
            start = None


def _reads_on(line: str, following: str) -> bool:
    """Whether a short line goes on in the next one: that begins small, or this ends in a word that cannot end."""
    last = words(line)[-1:]
    return (
        following.lstrip()[:1].islower()
        or line.rstrip().endswith(",")
        or any(fold(word) in STOP_WORDS for word in last)
    )


def _limited(text: str, start: int, end: int) -> tuple[int, int, str, bool]:
    if end - start > LONGEST:
        cut = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        end = cut if cut > start else start + LONGEST
    return start, end, " ".join(text[start:end].split()), False
