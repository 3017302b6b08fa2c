"""What a document is called on screen. The name is shown and searched, never used as a path."""

from __future__ import annotations

import re
import unicodedata

MAX_NAME = 200
"""Characters of a display name. Longer ones keep their beginning and their extension."""

UNNAMED = "unnamed"

_BLANKS = re.compile(r"\s+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # some scripts need them inside words; everything else of their class can only mislead


def display_name(given: str) -> str:
    """A name that is safe to show, for any name that a browser, an archive or an e-mail may give.

    Directories are cut off (`/` and `\\`), control characters, text direction overrides and other invisible
    characters removed, white space made single blanks, reserved device names marked with `_`, long names shortened in
    the middle. Never empty. The result says nothing about what kind of file it is.
    """
    return record_name(re.split(r"[/\\]", _text(given).rstrip("/\\ "))[-1])


def record_name(given: str) -> str:
    """As `display_name`, for an id in a data set: slashes belong to it."""
    text = "".join(_visible(character) for character in _text(given))
    text = _BLANKS.sub(" ", text).strip(" ")
    if not text.strip(". "):
        return UNNAMED
    if _RESERVED.fullmatch(text):
        text = f"_{text}"
    return shortened(text)


def _text(given: str) -> str:
    return unicodedata.normalize("NFC", given.encode("utf-8", "replace").decode("utf-8"))


def shortened(text: str, most: int = MAX_NAME) -> str:
    """The name within `most` characters: its middle gives way to an ellipsis, its extension stays."""
    if len(text) <= most:
        return text
    ending = suffix(text)
    return text[: most - len(ending) - 1].rstrip() + "…" + ending


def suffix(name: str) -> str:
    """The extension with its dot, as given, or "" when there is none of a sensible length."""
    head, dot, tail = name.rpartition(".")
    return dot + tail if head and 0 < len(tail) <= 12 and tail.isalnum() else ""


def _visible(character: str) -> str:
    if character in _JOINERS:
        return character
    if character in "\t\n\r\v\f\u2028\u2029\x85":
        return " "
    return "" if unicodedata.category(character) in _INVISIBLE else character
