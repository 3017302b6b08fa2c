"""Which encoding a text file has, and its lines. The whole file is looked at: one late byte may decide."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
_TOLERATED = 0.02  # share of broken characters among those beyond ASCII, up to which a text is still UTF-8


def encoding_of(path: Path) -> str:
    """The Python name of the encoding: by its mark, else UTF-16 by its zero bytes, else UTF-8, else Windows-1252."""
    with path.open("rb") as file:
        return _guess(file)


def decoded(data: bytes) -> str:
    """The text of some bytes of unknown encoding; characters that cannot be read become U+FFFD."""
    return data.decode(_guess(io.BytesIO(data)), "replace")


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """The file as text, line ends kept as they are; characters that cannot be read become U+FFFD."""
    with path.open(encoding=encoding_of(path), errors="replace", newline="") as file:
        yield file


def _guess(file: io.BufferedIOBase) -> str:
    head = file.read(_CHUNK)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if b"\x00" in head[:4096]:
        return _wide(head[:4096])
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    beyond = broken = 0
    data = head
    while data:
        if not data.isascii():
            text = decoder.decode(data)
            broken += text.count("\ufffd")
            beyond += len(text) - len(text.encode("ascii", "ignore"))
        data = file.read(_CHUNK)
    return "utf-8" if broken <= beyond * _TOLERATED else "cp1252"


def _wide(sample: bytes) -> str:
    """UTF-16 without a mark shows in Latin text: every other byte is zero."""
    if sample[1::2].count(0) > sample[0::2].count(0):
        return "utf-16-le"
    return "utf-16-be"
