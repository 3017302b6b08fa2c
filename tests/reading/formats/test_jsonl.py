"""Records: one JSON object is a document; JSONL is split into them, and a bad line is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import EmptyDocument, LimitExceeded
from core.reading.jsonl import BadLine, split_records

Read = Callable[..., Any]


def lines(path: Path, *rows: object, encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_records_in_order_with_ids_of_any_scalar(tmp_path: Path, encoding: str) -> None:
    path = lines(
        tmp_path / "a.jsonl",
        {"id": "a b", "text": "Größe"},
        "",
        {"id": 7, "text": "seven"},
        {"id": 1.5, "text": "x"},
        {"id": True, "text": "x"},
        {"id": None, "text": "x"},
        {"id": "a b", "text": "again"},
        "   ",
        {"text": "no id"},
        encoding=encoding,
    )
    found = list(split_records(path, "a.jsonl"))
    names = ["a b", "7", "1.5", "true", "a.jsonl, line 6", "a b", "a.jsonl, line 9"]
    assert [record.name for record in found] == names
    assert [json.loads(record.data)["text"] for record in found] == ["Größe", "seven", "x", "x", "x", "again", "no id"]


@pytest.mark.parametrize(
    "bad",
    [
        "{not json",
        "[1, 2]",
        '"text"',
        '{"id": 1}',
        '{"text": 5}',
        '{"id": [1], "text": "x"}',
        '{"text": "x", "metadata": 3}',
    ],
)
def test_a_bad_line_is_named_and_the_others_are_given_out(tmp_path: Path, bad: str) -> None:
    path = lines(tmp_path / "a.jsonl", {"id": 1, "text": "good"}, "", bad, {"id": 2, "text": "late"})
    first, broken, late = split_records(path, "a.jsonl")
    assert (first.name, late.name) == ("1", "2")
    assert isinstance(broken, BadLine)
    assert broken.number == 3
    assert broken.error.sentence.startswith("Line 3 ")
    assert "on one line" in broken.error.next_step


def test_a_line_that_is_too_long_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.reading.jsonl.LONGEST_RECORD", 100)
    long = {"id": "long", "text": "x" * 1000}
    path = lines(tmp_path / "a.jsonl", {"id": 1, "text": "good"}, long, {"id": 2, "text": "late"})
    first, broken, late = split_records(path, "a.jsonl")
    assert (first.name, broken.number, late.name) == ("1", 2, "2")
    assert isinstance(broken.error, LimitExceeded)


def test_a_file_of_blank_lines_has_no_record(tmp_path: Path) -> None:
    with pytest.raises(EmptyDocument):
        list(split_records(lines(tmp_path / "a.jsonl", "", " ", ""), "a.jsonl"))


def test_a_record_is_a_document(tmp_path: Path, reading: Read) -> None:
    record = {"id": 9, "title": "Pumps", "text": "First part.\n\nSecond part.", "metadata": {"year": 2024}}
    read = reading(lines(tmp_path / "record", record))
    assert (read.head.kind, read.head.title, read.head.pages) == ("record", "Pumps", None)
    assert read.head.metadata == {"year": 2024, "id": 9}
    assert [block.text for block in read.blocks] == ["First part.", "Second part."]


def test_every_record_that_is_split_off_can_be_read(tmp_path: Path, reading: Read) -> None:
    path = lines(tmp_path / "a.jsonl", {"id": 1, "text": "one"}, {"title": "T", "text": "two"})
    for number, record in enumerate(split_records(path, "a.jsonl")):
        single = tmp_path / f"{number}"
        single.write_bytes(record.data)
        assert reading(single, name=record.name).text == ["one", "two"][number]


def test_a_record_without_text_is_empty(tmp_path: Path, reading: Read) -> None:
    with pytest.raises(EmptyDocument):
        reading(lines(tmp_path / "a.json", {"id": 1, "text": "  "}))
