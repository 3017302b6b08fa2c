"""CSV: delimiters, encodings, headers, size; and the grid that all tables come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import CorruptDocument
from core.reading.grid import Grid, is_value, letters, table_pieces
from core.records import BlockKind

Read = Callable[..., Any]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_delimiters_and_encodings(tmp_path: Path, reading: Read, delimiter: str, encoding: str) -> None:
    rows = [["Name", "Größe", "Betrag"], ["Pumpe", "klein", "12.50"], ["Ventil", "groß", "3.00"]]
    path = tmp_path / "teile.csv"
    path.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    read = reading(path)
    assert (read.head.kind, read.head.pages) == ("csv", None)
    assert (
        read.text
        == "| Name | Größe | Betrag |\n| --- | --- | --- |\n| Pumpe | klein | 12.50 |\n| Ventil | groß | 3.00 |"
    )


def test_quotes_line_ends_pipes_and_formulas_stay_in_their_cell(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(
        'Name,Note\n"A, B","two\nlines"\nC,"=cmd|\' /C calc\'!A0"\nD,<script>x</script>\n', encoding="utf-8"
    )
    lines = reading(path).text.split("\n")
    assert lines[2:] == ["| A, B | two lines |", "| C | =cmd\\|' /C calc'!A0 |", "| D | <script>x</script> |"]


def test_excel_names_the_delimiter(tmp_path: Path, reading: Read) -> None:
    (tmp_path / "a.csv").write_text("sep=;\na;b;c\n1,5;2;3\n", encoding="utf-8")
    assert reading(tmp_path / "a.csv").text == "| a | b | c |\n| --- | --- | --- |\n| 1,5 | 2 | 3 |"


def test_a_big_table_is_streamed_in_sections_with_its_header(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "big.csv"
    path.write_text("id,name\n" + "".join(f"{n},name {n}\n" for n in range(1200)), encoding="utf-8")
    read = reading(path)
    assert len(read.pages) == 3
    tables = read.of(BlockKind.TABLE)
    assert all(text.startswith("| id | name |\n| --- | --- |\n") for text in tables)
    assert sum(len(text.split("\n")) - 2 for text in tables) == 1200
    assert reading(path, start_page=2).pages == read.pages[1:]


def test_a_quote_that_never_ends_names_the_line(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "open.csv"
    path.write_text('a,b\n1,2\n3,"' + "x" * 9_000_000, encoding="utf-8")
    with pytest.raises(CorruptDocument, match="from line 3 on"):
        reading(path)


def cells(*rows: list[str]) -> list[tuple[BlockKind, str]]:
    grid = Grid()
    pieces = [piece for row in rows for piece in grid.feed(row)]
    return [(piece.kind, piece.text) for piece in [*pieces, *grid.flush()]]


def test_a_line_above_a_table_is_its_caption_and_others_are_text() -> None:
    found = cells(["Report of March"], ["Costs by part"], ["Part", "Cost"], ["Pump", "3"])
    assert [kind for kind, _ in found] == [BlockKind.PARAGRAPH, BlockKind.CAPTION, BlockKind.TABLE]


def test_a_blank_row_ends_a_table_and_the_next_has_its_own_header() -> None:
    found = cells(["A", "B"], ["x", "1"], [], ["C", "D"], ["y", "2"])
    assert [text.split("\n")[0] for _, text in found] == ["| A | B |", "| C | D |"]


def test_rows_after_a_gap_go_on_under_the_same_header() -> None:
    found = cells(["Part", "Cost"], ["Pump", "1.5"], [], ["Valve", "2.5"])
    assert [text for _, text in found] == [
        "| Part | Cost |\n| --- | --- |\n| Pump | 1.5 |",
        "| Part | Cost |\n| --- | --- |\n| Valve | 2.5 |",
    ]


def test_years_are_a_header_and_numbers_are_not() -> None:
    assert cells(["2022", "2023"], ["1", "2"])[0][1].startswith("| 2022 | 2023 |")
    assert cells(["3.5", "7"], ["1", "2"])[0][1] == "| A | B |\n| --- | --- |\n| 3.5 | 7 |\n| 1 | 2 |"


def test_a_header_without_rows_is_text() -> None:
    assert cells(["Name", "Role"]) == [(BlockKind.PARAGRAPH, "Name | Role")]


def test_one_long_column_is_a_list_with_its_header() -> None:
    found = cells(*[[name] for name in ("Name", "Ada", "Bob", "Cem", "Dan", "Eve", "Fay")])
    assert found == [
        (
            BlockKind.TABLE,
            "| Name |\n| --- |\n" + "\n".join(f"| {n} |" for n in ("Ada", "Bob", "Cem", "Dan", "Eve", "Fay")),
        )
    ]


def test_empty_columns_are_left_out_of_known_tables() -> None:
    (piece,) = table_pieces([["A", "", "B"], ["1", "", "2"], ["", "", ""]], 1)
    assert piece.text == "| A | B |\n| --- | --- |\n| 1 | 2 |"


@pytest.mark.parametrize(
    "text", ["1", "-3.5", "1,234.50 €", "12 %", "$5", "(3)", "2024-03-01", "14:30", "1e5", "12 EUR"]
)
def test_values(text: str) -> None:
    assert is_value(text)


@pytest.mark.parametrize("text", ["", "2023", "Q1", "Pump 3", "A-12", "n/a"])
def test_words(text: str) -> None:
    assert not is_value(text)


def test_letters() -> None:
    assert [letters(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
