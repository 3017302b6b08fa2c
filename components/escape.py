"""The only way of foreign text (names, headings, passages, answers) onto a page.

`in_markdown` for labels and Markdown, `in_html` for the places that build HTML themselves, `answer_markdown` for
answers, which may use a little Markdown of their own but never load or link anything.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

JOINER = "\u2060"  # takes no room and breaks no line; stops what is recognised after backslashes are gone

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
_SHORTCODE = re.compile(r":(?=[a-zA-Z0-9_+/\\-]+:)")
_ARROW = re.compile(r"(?<=[-<>~])(?=[-=>])")
_LINK = re.compile(r"(?i)(https?)(?=:)|(www)(?=\.)|(?<=\w)(?=@\w)")
_TOKEN = re.compile(r"\\[!-/:-@\[-`{-~]|\[(\d{1,4})\]|[\[\]<>$_~`\\&:]|(?<![*\n])\*(?!\*)")


def clean(text: str) -> str:
    """Text without control characters and without marks that turn the reading direction of what follows."""
    return _CONTROL.sub("", text)


def in_markdown(text: str) -> str:
    """One line of foreign text, shown as it is by Markdown, labels and tooltips."""
    return _PUNCTUATION.sub(r"\\\1", _disarm(" ".join(clean(text).split())))


def in_html(text: str) -> str:
    """Foreign text inside HTML that we build; line breaks are kept."""
    return html.escape(clean(text), quote=True)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters of one line, cut in the middle so that a file's ending stays."""
    line = " ".join(clean(text).split())
    if len(line) <= limit:
        return line
    tail = min(12, limit // 3)
    return f"{line[: limit - tail - 1].rstrip()}…{line[-tail:].lstrip()}"


def answer_markdown(text: str, chip: Callable[[int], str]) -> str:
    """An answer's Markdown made safe: emphasis, lists and headings stay, and so does what is escaped already; links,
    pictures, HTML, formulas and directives become plain text; each marker `[n]` becomes `chip(n)` (safe Markdown)."""

    def token(found: re.Match[str]) -> str:
        if found[1]:
            return chip(int(found[1]))
        return found[0] if len(found[0]) == 2 else "\\" + found[0]

    return _TOKEN.sub(token, _disarm(clean(text)))


def _disarm(text: str) -> str:
    text = _SHORTCODE.sub(":" + JOINER, text)
    text = _ARROW.sub(JOINER, text)
    return _LINK.sub(lambda found: found[0] + JOINER, text)
