"""Plain text and source code: encodings, paragraphs, cautious headings, definitions, endless lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.reading.encoding import decoded
from core.reading.plaintext import code_pieces, text_pieces
from core.records import BlockKind

Read = Callable[..., Any]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(tmp_path: Path, reading: Read, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Größe und Maß der Straße.\r\n\r\nZweiter Absatz – „gut“.".encode(encoding))
    read = reading(path)
    assert (read.head.kind, read.head.pages) == ("text", None)
    assert [block.text for block in read.blocks] == ["Größe und Maß der Straße.", "Zweiter Absatz – „gut“."]


def test_one_broken_byte_does_not_turn_utf8_into_another_encoding() -> None:
    assert decoded("ä".encode() * 200 + b"\xff") == "ä" * 200 + "\ufffd"
    assert decoded("Größe".encode("cp1252")) == "Größe"


def test_a_late_byte_decides(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "late.txt"
    path.write_bytes(b"plain words\n\n" * 100_000 + "Größe".encode("cp1252"))
    assert reading(path).pages[-1].blocks[-1].text == "Größe"


def pieces(text: str) -> list[tuple[BlockKind, int, str]]:
    return [(piece.kind, piece.level, piece.text) for piece in text_pieces(text.split("\n"))]


def test_headings_are_found_only_where_they_are_plain() -> None:
    found = pieces(
        "INTRODUCTION\n\n1.2 Scope of work\n\nTitle\n=====\nBody.\n\nKapitel 3 Pumpen\n\nA short line."
        "\n\n12 eggs\nand milk\n\nNOTE: read this.\n\n3 4 5"
    )
    headings = [(level, text) for kind, level, text in found if kind is BlockKind.HEADING]
    assert headings == [(1, "INTRODUCTION"), (2, "1.2 Scope of work"), (1, "Title"), (1, "Kapitel 3 Pumpen")]


def test_wrapped_lines_are_joined_and_short_ones_kept() -> None:
    wrapped = "This long line was wrapped by some program at about\nseventy characters, as mails and readme files\nare."
    address = "Ada Lovelace\nSt James's Square 12\nLondon"
    assert pieces(wrapped + "\n\n" + address) == [
        (BlockKind.PARAGRAPH, 0, wrapped.replace("\n", " ")),
        (BlockKind.PARAGRAPH, 0, address),
    ]


def test_lists_with_depth_numbers_and_continued_lines() -> None:
    found = pieces("Parts:\n- one\n  more\n  - deeper\n- two\n\n1. first\n2. second")
    assert found == [
        (BlockKind.PARAGRAPH, 0, "Parts:"),
        (BlockKind.LIST_ITEM, 1, "one more"),
        (BlockKind.LIST_ITEM, 2, "deeper"),
        (BlockKind.LIST_ITEM, 1, "two"),
        (BlockKind.LIST_ITEM, 1, "1. first"),
        (BlockKind.LIST_ITEM, 1, "2. second"),
    ]


def test_a_number_at_the_start_of_a_wrapped_line_is_no_item() -> None:
    found = pieces("1. Der Preis steigt zum\n   1. Januar 2020.\n2. Er sinkt\n3. nie")
    assert [text for _, _, text in found] == ["1. Der Preis steigt zum 1. Januar 2020.", "2. Er sinkt", "3. nie"]


def test_logs_and_endless_lines_are_cut(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        "\n".join(f"entry number {n} of the log" for n in range(2000)) + "\n\n" + "word " * 10_000, encoding="utf-8"
    )
    read = reading(path)
    assert max(len(block.text) for block in read.blocks) <= 8_100
    assert "entry number 1999 of the log" in read.text
    assert read.text.count("word") == 10_000


def test_control_and_direction_characters_are_gone(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "a.txt"
    path.write_text("in\u202evisible\x1b[31m re\xadd and \ufeffdone, a longer line of words", encoding="utf-8")
    assert reading(path).text == "invisible[31m red and done, a longer line of words"


PYTHON = '''#!/usr/bin/env python
"""Doc."""
import os


# about f
@decorated
def f():
    return os


class A:
    def g(self):
        pass
'''


def test_code_is_cut_at_definitions_with_their_comments(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "tool.py"
    path.write_text(PYTHON, encoding="utf-8")
    read = reading(path)
    assert (read.head.kind, read.head.metadata) == ("code", {"language": "python"})
    assert read.of(BlockKind.CODE) == [
        '#!/usr/bin/env python\n"""Doc."""\nimport os',
        "# about f\n@decorated\ndef f():\n    return os",
        "class A:\n    def g(self):\n        pass",
    ]


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("package main\n\nfunc a() {\n}\n\n// b\nfunc b() {\n}\n", 3),
        ("use x;\n\npub fn a() {\n}\n\n#[test]\nfn b() {\n}\nimpl T {\n}\n", 4),
        (
            "import a from 'a'\nexport function f() {\n  return 1\n}\nexport default class B {\n}\n"
            "const g = () => {\n}\n",
            4,
        ),
        ("#include <x.h>\n\nstatic int f(int a) {\n  return a;\n}\n\nint main(void)\n{\n}\n", 3),
        ("f <- function(x) x\n\ng = function(y) {\n}\n", 2),
        ("x = 1\ny = 2\n", 1),
    ],
)
def test_definitions_in_several_languages(source: str, count: int) -> None:
    found = [piece.text for piece in code_pieces(source.split("\n"))]
    assert len(found) == count
    assert "\n".join(found).split() == source.split()


def test_long_code_without_definitions_is_cut() -> None:
    found = [piece.text for piece in code_pieces([f"value_{n} = {n}" for n in range(1000)])]
    assert len(found) > 3
    assert sum(text.count("\n") + 1 for text in found) == 1000
