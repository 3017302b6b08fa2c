"""Documents' words as Markdown that shows exactly those words: nothing in a document becomes markup in an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPECIAL = frozenset("\\`*_{}[]<>|$~^#&")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LIST_MARK = re.compile(r"\s*(?:[-+=]|\d{1,9}[.)])")
_ADDRESS = re.compile(r"(?i)(?:https?|ftp)(?=://)|\bwww(?=\.)")
_EMOJI = re.compile(r":(?=[a-z0-9_+/-]+:)")
_DIRECTIVE = re.compile(r":(?=[A-Za-z])")
_JOINER = "\u2060"  # invisible; Markdown renderers look for addresses and emoji codes after they have undone escapes
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]<>|$~^#&:+=.)-])")
_BOLD = re.compile(r"(?<!\\)\*\*")


def escape(text: str) -> str:
    """`text` on one line, escaped: no emphasis, link, image, HTML, math, table, list, heading, emoji code or footnote.

    Web addresses stay readable but do not become links; control and direction-changing characters are dropped.
    """
    return "".join(_signs(text)).strip()


def marked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`escape(text)` with the half-open ranges of `text` in bold. A range that overlaps an earlier one is left out."""
    signs = _signs(text)
    done = 0
    for start, end in sorted(spans):
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start >= done and end > start:
            signs[start] = "**" + signs[start]
            signs[end - 1] += "**"
            done = end
    return "".join(signs).strip()


def _signs(text: str) -> list[str]:
    """What each character of `text` becomes."""
    signs = [_sign(sign) for sign in text]
    for position in range(1, len(text)):
        if text[position].isspace() and text[position - 1].isspace():
            signs[position] = ""
    mark = _LIST_MARK.match(text)
    if mark and text[mark.end() - 1] not in _SPECIAL:
        signs[mark.end() - 1] = "\\" + text[mark.end() - 1]
    for match in _DIRECTIVE.finditer(text):
        signs[match.start()] = "\\:"
    for match in _EMOJI.finditer(text):
        signs[match.start()] = "\\:" + _JOINER
    for match in _ADDRESS.finditer(text):
        signs[match.end() - 1] += _JOINER
    return signs


def _sign(sign: str) -> str:
    if sign.isspace():
        return " "
    if _CONTROL.match(sign):
        return ""
    return "\\" + sign if sign in _SPECIAL else sign


def plain(markdown: str) -> str:
    """The words of an answer without our marks: no bold, no escapes. `[n]` markers stay."""
    return _ESCAPED.sub(r"\1", _BOLD.sub("", markdown)).replace(_JOINER, "")
