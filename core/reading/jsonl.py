"""Records: one JSON object is one document, and a JSONL file holds one a line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import CorruptDocument, EmptyDocument, LimitExceeded, ReadError
from core.reading.encoding import decoded, encoding_of
from core.reading.plaintext import text_pieces
from core.reading.protocol import Found, ReadContext
from core.reading.sections import clean, one_line, pages_from, sections
from storage.records import DocumentHead

LONGEST_RECORD = 64 * 1024 * 1024
"""Bytes of one line."""

_SHAPE = 'A record is {"id"?, "title"?, "text", "metadata"?} on one line.'


@dataclass(frozen=True, slots=True)
class Record:
    """A line that is a record: the name of its document, and its JSON in UTF-8."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is none: its number from 1, and why."""

    number: int
    error: ReadError


def split_records(path: Path, name: str) -> Iterator[Record | BadLine]:
    """The lines of a JSONL file that is called `name`, in order; blank lines are skipped, bad ones do not end it.

    A record's name is its id, any JSON scalar; without one it is the file's name and the line. The same id may come
    again. Raises EmptyDocument when there is nothing but blank lines.
    """
    found = False
    for number, line in _lines(path):
        found = True
        try:
            yield Record(_record_name(_parsed(line, number), f"{name}, line {number}"), line)
        except ReadError as error:
            yield BadLine(number, error)
    if not found:
        raise EmptyDocument("There is no record in this file.", _SHAPE)


def _parsed(line: bytes, number: int) -> Any:
    if len(line) > LONGEST_RECORD:
        raise LimitExceeded(
            f"Line {number} is longer than {LONGEST_RECORD // 1024**2} MB.", "Split its text into records."
        )
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CorruptDocument(f"Line {number} is not valid JSON.", f"Correct that line. {_SHAPE}") from error
    _check(record, f"Line {number}")
    return record


def read_record(path: Path, name: str, ctx: ReadContext) -> Iterator[Found]:  # noqa: ARG001 (as every reader)
    """Read a file with one record. Raises CorruptDocument or EmptyDocument."""
    try:
        record = json.loads(decoded(path.read_bytes()))
    except (ValueError, RecursionError) as error:
        raise CorruptDocument("This record is not valid JSON.", _SHAPE) from error
    _check(record, "This record")
    metadata = dict(record.get("metadata") or {})
    if record.get("id") is not None:
        metadata.setdefault("id", record["id"])
    yield DocumentHead("record", one_line(str(record.get("title") or "")), None, metadata)
    lines = io.StringIO(clean(record["text"])).read().split("\n")
    yield from pages_from(sections(text_pieces(lines, headings=False)), ctx.start_page, "record")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered lines in UTF-8 that are not blank; one that is too long is cut, and still longer than allowed."""
    encoding = encoding_of(path)
    if encoding not in ("utf-8", "utf-8-sig"):
        with path.open(encoding=encoding, errors="replace") as text:
            yield from ((number, line.strip().encode()) for number, line in enumerate(text, start=1) if line.strip())
        return
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_RECORD + 2):
            number += 1
            whole = line
            while whole and not whole.endswith(b"\n"):  # the rest of a line that is too long is passed over
                whole = file.readline(LONGEST_RECORD)
            line = line.removeprefix(b"\xef\xbb\xbf").strip()
            if line:
                yield number, line


def _record_name(record: Any, otherwise: str) -> str:
    given = record.get("id")
    if given is None or given == "":
        return otherwise
    return one_line(given) if isinstance(given, str) else json.dumps(given)


def _check(record: Any, what: str) -> None:
    if not isinstance(record, dict):
        raise CorruptDocument(f"{what} is not a JSON object.", _SHAPE)
    if not isinstance(record.get("text"), str):
        raise CorruptDocument(f"{what} has no “text” that is a string.", _SHAPE)
    if isinstance(record.get("id"), dict | list):
        raise CorruptDocument(f"{what} has an “id” that is not a single value.", _SHAPE)
    if not isinstance(record.get("metadata") or {}, dict):
        raise CorruptDocument(f"{what} has “metadata” that is not an object.", _SHAPE)
