"""Workbooks: sheets as pages, values as they are shown, tables that keep their header, hostile and odd sheets."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import odfdo
import openpyxl
import pytest

from core.errors import CorruptDocument, EmptyDocument
from core.reading.cells import shown
from core.records import BlockKind

Read = Callable[..., Any]


@pytest.fixture
def budget(tmp_path: Path) -> Path:
    workbook = openpyxl.Workbook()
    workbook.properties.title = "Budget of the pumps"
    workbook.properties.creator = "Ada"
    sheet = workbook.active
    sheet.title = "Budget 2024"
    sheet["A1"] = "Budget in euros"
    sheet.merge_cells("A1:C1")
    sheet.append(["Item", "When", "Cost", "Share"])
    sheet.append(["Pump", date(2024, 3, 1), 1234.5, 0.25])
    sheet.append(["Valve | small", datetime(2024, 3, 2, 14, 30), 3, 0.75])
    for row in (3, 4):
        sheet.cell(row, 3).number_format = '#,##0.00 "€"'
        sheet.cell(row, 4).number_format = "0.0%"
    sheet["A8"], sheet["B8"] = "Remark", "=cmd|'/C calc'!A0"
    workbook.create_sheet("Empty")
    hidden = workbook.create_sheet("Drafts")
    hidden.sheet_state = "hidden"
    hidden["B2"] = "an early idea"
    path = tmp_path / "budget.xlsx"
    workbook.save(path)
    return path


def test_sheets_are_pages_with_their_names(budget: Path, reading: Read) -> None:
    read = reading(budget)
    assert (read.head.kind, read.head.title, read.head.pages) == ("xlsx", "Budget of the pumps", 3)
    assert read.head.metadata["author"] == "Ada"
    assert [page.label for page in read.pages] == ["Budget 2024", "Empty", "Drafts (hidden)"]
    assert read.pages[1].blocks == ()
    assert read.pages[2].text == "an early idea"


def test_values_are_shown_as_in_the_program(budget: Path, reading: Read) -> None:
    first = reading(budget).pages[0]
    assert first.blocks[0].kind is BlockKind.CAPTION
    assert first.blocks[0].text == "Budget in euros"
    assert first.blocks[1].text == (
        "| Item | When | Cost | Share |\n| --- | --- | --- | --- |\n"
        "| Pump | 2024-03-01 | 1,234.50 € | 25.0% |\n"
        "| Valve \\| small | 2024-03-02 14:30 | 3.00 € | 75.0% |"
    )


def test_a_formula_is_never_carried_over(budget: Path, reading: Read) -> None:
    assert "cmd|" not in reading(budget).text.replace("\\|", "|")


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (None, "General", ""),
        (True, "General", "TRUE"),
        (1234567890123, "General", "1234567890123"),
        (0.1 + 0.2, "General", "0.3"),
        (-1234.5, "#,##0.00;[Red]-#,##0.00", "-1,234.50"),
        (1234.5, "[$€-407]#,##0", "€1,234"),
        (5, "000", "005"),
        (1_500_000, '#,##0.0,, "Mio"', "1.5 Mio"),
        (0.5, "# ?/?", "0.5"),
        (12345.678, "0.00E+00", "1.23E+04"),
        (7, '"No. "0', "No. 7"),
        (time(14, 30), "h:mm", "14:30"),
        (timedelta(hours=26, minutes=5), "[h]:mm:ss", "26:05:00"),
        (datetime(2024, 3, 1), "mm-dd-yy", "2024-03-01"),
        (datetime(2024, 3, 1, 9, 5), "dd.mm.yyyy hh:mm", "2024-03-01 09:05"),
    ],
)
def test_number_formats(value: Any, code: str, text: str) -> None:
    assert shown(value, code) == text


def test_a_long_sheet_is_several_pages_that_repeat_the_header(tmp_path: Path, reading: Read) -> None:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Log")
    sheet.append(["Id", "Event"])
    for number in range(1, 1200):
        sheet.append([number, f"event {number}"])
    workbook.create_sheet("Legend").append(["A note"])
    workbook.save(tmp_path / "log.xlsx")
    read = reading(tmp_path / "log.xlsx")
    assert read.head.pages == len(read.pages) == 4
    assert [page.label for page in read.pages] == ["Log", "Log", "Log", "Legend"]
    tables = read.of(BlockKind.TABLE)
    assert all(text.startswith("| Id | Event |\n| --- | --- |\n") for text in tables)
    assert max(text.count("\n") for text in tables) == 51
    rows = [line for text in tables for line in text.split("\n")[2:]]
    assert rows == [f"| {number} | event {number} |" for number in range(1, 1200)]
    assert reading(tmp_path / "log.xlsx", start_page=3).pages == read.pages[2:]


def test_two_row_headers_and_merged_cells(tmp_path: Path, reading: Read) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (
        ["Region", "2023", "", "2024", ""],
        ["", "Q1", "Q2", "Q1", "Q2"],
        ["North", 1, 2, 3, 4],
        ["", 5, 6, 7, 8],
    ):
        sheet.append([cell if cell != "" else None for cell in row])
    for merged in ("A1:A2", "B1:C1", "D1:E1", "A3:A4"):
        sheet.merge_cells(merged)
    workbook.save(tmp_path / "merged.xlsx")
    assert reading(tmp_path / "merged.xlsx").text == (
        "| Region | 2023 Q1 | 2023 Q2 | 2024 Q1 | 2024 Q2 |\n| --- | --- | --- | --- | --- |\n"
        "| North | 1 | 2 | 3 | 4 |\n| North | 5 | 6 | 7 | 8 |"
    )


def test_a_sheet_that_claims_to_be_endless_is_read_where_it_has_values(tmp_path: Path, reading: Read) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet["A1"], sheet["B1"], sheet["A2"], sheet["B2"] = "Key", "Value", "a", 1
    sheet["XFD3"] = "far away"
    sheet.row_dimensions[1_048_576].height = 20
    workbook.save(tmp_path / "plain.xlsx")
    merge = b'</sheetData><mergeCells><mergeCell ref="A2:XFD1048576"/></mergeCells>'
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as old, zipfile.ZipFile(tmp_path / "wide.xlsx", "w") as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, data.replace(b"</sheetData>", merge) if "sheet1" in info.filename else data)
    read = reading(tmp_path / "wide.xlsx")
    assert read.head.pages == 1
    assert "| a | 1 |" in read.text
    assert "far away" in read.text


def test_an_empty_workbook_is_empty(tmp_path: Path, reading: Read) -> None:
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(EmptyDocument):
        reading(tmp_path / "empty.xlsx")


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_broken_workbook_is_corrupt(budget: Path, tmp_path: Path, reading: Read, part: str) -> None:
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(budget) as old, zipfile.ZipFile(broken, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, data[: len(data) // 2] if info.filename == part else data)
    with pytest.raises(CorruptDocument, match="spreadsheet is damaged"):
        reading(broken)


def test_opendocument_sheets(tmp_path: Path, reading: Read) -> None:
    document = odfdo.Document("spreadsheet")
    document.body.clear()
    first = odfdo.Table("Blatt Eins")
    first.set_values([["Name", "Datum", "Betrag"], ["Pumpe", "2024-03-01", 1234.5], ["Ventil", "", 3]])
    second = odfdo.Table("Zwei")
    second.set_values([["id", "Wert"], *[[number, f"w{number}"] for number in range(600)]])
    for table in (first, second):
        document.body.append(table)
    document.save(str(tmp_path / "mappe.ods"))
    read = reading(tmp_path / "mappe.ods")
    assert (read.head.kind, read.head.pages) == ("ods", 3)
    assert [page.label for page in read.pages] == ["Blatt Eins", "Zwei", "Zwei"]
    assert read.pages[0].text == (
        "| Name | Datum | Betrag |\n| --- | --- | --- |\n| Pumpe | 2024-03-01 | 1234.5 |\n| Ventil |  | 3 |"
    )
    assert read.pages[2].text.startswith("| id | Wert |\n| --- | --- |\n")
    assert read.pages[2].text.endswith("| 599 | w599 |")
    assert reading(tmp_path / "mappe.ods", start_page=2).pages == read.pages[1:]


def ods(path: Path, rows: str, style: str = "") -> Path:
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"))
    )
    content = (
        f"<office:document-content {names}><office:automatic-styles>{style}</office:automatic-styles><office:body>"
        f'<office:spreadsheet><table:table table:name="S" table:style-name="ta1">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return path


def test_repeated_cells_and_rows_are_bounded(tmp_path: Path, reading: Read) -> None:
    cell = '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    rows = (
        "<table:table-row><table:table-cell><text:p>Key</text:p></table:table-cell>"
        "<table:table-cell><text:p>Shown<text:s/>as</text:p></table:table-cell></table:table-row>"
        f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    )
    read = reading(ods(tmp_path / "bomb.ods", rows))
    assert read.text.startswith("| Key | Shown as |")
    assert len(read.text) < 1_000_000


def test_opendocument_shows_values_as_displayed_and_marks_hidden_sheets(tmp_path: Path, reading: Read) -> None:
    style = (
        '<style:style style:name="ta1" style:family="table">'
        '<style:table-properties table:display="false"/></style:style>'
    )
    rows = (
        "<table:table-row><table:table-cell><text:p>Posten</text:p></table:table-cell>"
        "<table:table-cell><text:p>Betrag</text:p></table:table-cell></table:table-row>"
        "<table:table-row><table:table-cell><text:p>Pumpe</text:p></table:table-cell><table:table-cell "
        'office:value-type="currency" office:value="1234.5"><text:p>1.234,50 €</text:p>'
        "</table:table-cell></table:table-row>"
    )
    read = reading(ods(tmp_path / "a.ods", rows, style))
    assert read.pages[0].label == "S (hidden)"
    assert "| Pumpe | 1.234,50 € |" in read.text
