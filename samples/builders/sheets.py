"""Write the ledger workbook and the recovered daily series."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill

from samples.builders.office import settle
from samples.builders.series import GUARANTEED, daily, total

LEDGER = Path(__file__).resolve().parent.parent / "source" / "ledger.csv"

# Standby supply from 12 January to 2 February 2019: tanker runs day by day; EUR per day of pumping, per run, per test.
RUNS = (6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 8, 8, 7, 7, 7, 6, 5, 5, 5, 4, 3)
PUMPING, RUN, TEST = 640.0, 245.0, 222.5
TEST_DAYS = (date(2019, 1, 21), date(2019, 1, 25), date(2019, 1, 30))

BUDGET: tuple[tuple[Any, ...], ...] = (
    ("Item", "2023", "2024", "2025", "2026", "Total", "Responsible"),
    ("Auwiese well: design and permits", 240, 160, 0, 0, None, "Franziska Neubert"),
    ("Auwiese well: main, 2.6 km", 60, 740, 640, 0, None, "Franziska Neubert"),
    ("Auwiese well: pumping station and UV treatment", 0, 200, 760, 600, None, "Franziska Neubert"),
    ("Measuring stations: radio, second sensor at each spring", 85, 40, 0, 0, None, "Tomasz Wilk"),
    ("Public website for the readings", 18, 6, 6, 6, None, "Tomasz Wilk"),
    ("Settlement with Markt Altenkest", 80, 0, 0, 0, None, "Anselm Reitmayr"),
    ("Kesterau: frequency converter", 310, 0, 0, 0, None, "Franziska Neubert"),
)


def ledger(path: Path) -> None:
    """Write three sheets: invoices of the winter, the standby supply day by day, the budget for 2023 to 2026."""
    book = Workbook()
    _invoices(book.active)
    _standby(book.create_sheet("Standby supply 2019"))
    _budget(book.create_sheet("Budget 2023-2026"))
    book.properties.title = "KQW: ledger extract 2018/19 and budget 2023–2026"
    book.properties.creator = "Anselm Reitmayr"
    book.save(path)
    settle(path, datetime(2023, 6, 28, 9, 0))


def _invoices(sheet: Any) -> None:
    sheet.title = "Invoices 2018-19"
    sheet.append(["Date", "Number", "From", "To", "Subject", "Amount (EUR)", "Approved by"])
    with LEDGER.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            values = list(row.values())
            sheet.append([date.fromisoformat(values[0]), *values[1:5], float(values[5]), values[6]])
    _dress(sheet, (12, 16, 28, 18, 62, 14, 14), money=6)


def _standby(sheet: Any) -> None:
    sheet.append(
        ["Date", "Auwiese well, pumping (EUR)", "Tanker runs", "Tankers (EUR)", "Laboratory (EUR)", "Day total (EUR)"]
    )
    rows: list[list[Any]] = []
    for offset, runs in enumerate(RUNS):
        day = date(2019, 1, 12) + timedelta(days=offset)
        test = TEST if day in TEST_DAYS else 0.0
        rows.append([day, PUMPING, runs, runs * RUN, test, PUMPING + runs * RUN + test])
        sheet.append(rows[-1])
    sheet.append(["Total", *(sum(row[n] for row in rows) for n in range(1, 6))])
    _dress(sheet, (12, 28, 12, 16, 18, 16), money=6)
    sheet.append([])
    sheet.append(["Invoiced to Markt Altenkest on 8 February 2019 as KQW-2019-0208, approved by Rupert Moosbrugger."])


def _budget(sheet: Any) -> None:
    sheet.append([*BUDGET[0][:5], "Total", BUDGET[0][6]])
    for name, *years, _, who in BUDGET[1:]:
        sheet.append([name, *years, sum(years), who])
    _dress(sheet, (56, 9, 9, 9, 9, 9, 22), money=0)
    sheet.append([])
    sheet.append(
        ["All amounts in thousand EUR. The three Auwiese items are the EUR 3.4 million promised to the municipality."]
    )


def _dress(sheet: Any, widths: tuple[int, ...], *, money: int) -> None:
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", start_color="DDE6ED")
    for column, width in zip("ABCDEFG", widths, strict=False):
        sheet.column_dimensions[column].width = width
    for row in sheet.iter_rows(min_row=2):
        if isinstance(row[0].value, date):
            row[0].number_format = "yyyy-mm-dd"
        if money:
            row[money - 1].number_format = "#,##0.00"
    sheet.freeze_panes = "A2"


def daily_csv(path: Path) -> None:
    """Write the recovered series as KQW exported it: semicolons, decimal commas, German dates and remarks."""
    remarks = {
        date(2018, 10, 18): "Probenahme IWS",
        date(2018, 12, 14): "Batterie des Datensammlers getauscht (Elektro Zirngibl)",
        date(2019, 1, 9): "Erster Tag unter 38 l/s",
        date(2019, 1, 17): "Messblatt 2019-03, Probe IWS-19-0147",
        date(2019, 1, 24): "Kleinster Wert",
        date(2019, 1, 31): "Letzter Tag unter 38 l/s",
        date(2019, 3, 27): "Ausbau LT-40 Nr. 2217 vorbereitet (Wilk)",
    }
    lines = ["Datum;Q1 Antonius (l/s);Q2 Benedikt (l/s);Q3 Cyrill (l/s);Summe (l/s);Unter 38 l/s;Bemerkung"]
    for day, values in daily().items():
        below = "ja" if total(values) < GUARANTEED else "nein"
        numbers = ";".join(f"{v:.1f}".replace(".", ",") for v in (*values, total(values)))
        lines.append(f"{day:%d.%m.%Y};{numbers};{below};{remarks.get(day, '')}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
