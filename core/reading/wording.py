"""Lines of a paragraph made one text again: hyphens at line ends, ligatures, odd spaces and invisible characters."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from core.reading.pdf_layer import HYPHENS

_LIGATURES = {
    0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st",
    0x0132: "IJ", 0x0133: "ij",
}  # fmt: skip
_CLEAN = {
    **_LIGATURES,
    **dict.fromkeys([*range(0x20), 0x7F, 0xFFFE, 0xFFFF, 0x200B, 0x2060, 0xFEFF, 0xAD, *range(0x202A, 0x202F)]),
    **dict.fromkeys([0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0xA0, *range(0x2000, 0x200B), 0x202F, 0x3000], " "),
    0xF0B7: "•", 0xF0A7: "▪", 0xF0D8: "▸", 0xF0FC: "✓", 0xF02D: "-",
}  # fmt: skip
_LINE_END_HYPHENS = frozenset("-‐" + HYPHENS)
LONGEST_HALF = 80  # characters of a word before its hyphen
_BLANKS = re.compile(r" {2,}")
_BROKEN = re.compile(rf"([^\W\d_]+|\d+)([-‐{HYPHENS}])$")
_NEXT_WORD = re.compile(r"[^\W_]+")
_LEADERS = re.compile(r"(?:\s?\.){4,}\s?|…{2,}")
_ALONE = frozenset({"und", "oder", "bzw", "sowie", "bis", "and"})
_ALONE_AFTER_SHORT = frozenset({"or", "to"})  # "two- or three-page", but "direct-or" is one word
_TENS = frozenset({"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"})
_SECOND = frozenset({"based", "like", "free", "wide", "known", "year", "term", "related", "specific", "made", "driven"})
_COMPOUND = frozenset({"self", "non", "well", "ex", "half", "cross", "quasi", "vice", "anti", "semi", "e", "t", "x"})


def cleaned(text: str) -> str:
    """Without control and invisible characters, ligatures taken apart, blanks single, leaders shortened."""
    text = _BLANKS.sub(" ", text.translate(_CLEAN)).strip()
    return _LEADERS.sub(" … ", text) if "..." in text or ". . ." in text or "……" in text else text


def joined(lines: Sequence[str], known: Collection[str] = ()) -> str:
    """One text of a paragraph's lines. `known` are the document's words in lower case, for deciding about hyphens."""
    text = ""
    for line in lines:
        text = _appended(text, line.strip(), known) if text else line.strip()
    if any(mark in text for mark in HYPHENS):
        text = _rejoined(text, known)
    return cleaned(text)


def _appended(text: str, line: str, known: Collection[str]) -> str:
    # Only the last word is looked at: searching the whole paragraph for every line would grow with its square.
    broken = _BROKEN.search(text[-LONGEST_HALF:]) if text[-1:] in _LINE_END_HYPHENS else None
    following = _NEXT_WORD.match(line)
    if not broken or not following:
        return f"{text}{line}" if text.endswith(("/", "‐")) and not line[:1].isspace() else f"{text} {line}"
    return text[:-1] + _hyphen(broken.group(1), following.group(), known) + line


def _rejoined(text: str, known: Collection[str]) -> str:
    """pdfium has taken some line ends away itself and left a mark of its own in their place."""
    pieces = re.split(rf"[{HYPHENS}]", text)
    whole = pieces[0]
    for piece in pieces[1:]:
        before = re.search(r"[^\W_]+$", whole)
        after = _NEXT_WORD.match(piece.lstrip())
        if before and after:
            whole += _hyphen(before.group(), after.group(), known) + piece.lstrip()
        else:
            whole += "-" + piece
    return whole


def _hyphen(before: str, after: str, known: Collection[str]) -> str:
    """What stands between two halves of a word: nothing, the hyphen that belongs there, or a hyphen and a blank."""
    one, two = before.lower(), after.lower()
    if one + two in known:
        return ""
    if two in _ALONE or (two in _ALONE_AFTER_SHORT and len(one) <= 5):
        return "- "
    if f"{one}-{two}" in known:
        return "-"
    if (
        not after[0].islower()
        or before[-1].isdigit()
        or (before.isupper() and len(before) > 1)
        or one in _COMPOUND | _TENS
    ):
        return "-"
    if two in _SECOND and len(one) > 2:
        return "-"
    return ""
