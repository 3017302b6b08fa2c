"""Scanned PDFs: pages that are pictures of text."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from reportlab.pdfgen import canvas

from core.reading.blocks import folded
from core.reading.pdf import read_pdf
from core.reading.protocol import Limits, ReadContext
from core.records import Page


def write(path: Path, draw: Callable[[canvas.Canvas], None]) -> Path:
    sheet = canvas.Canvas(str(path), invariant=1)
    draw(sheet)
    sheet.save()
    return path


def lines(sheet: canvas.Canvas, rows: list[str], x: float, y: float, step: float = 14) -> None:
    for number, row in enumerate(rows):
        sheet.drawString(x, y - step * number, row)


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One page of text as a picture, and one page with a text layer."""
    folder = tmp_path_factory.mktemp("scan")

    def page(sheet: canvas.Canvas) -> None:
        sheet.setPageSize((420, 200))
        sheet.setFont("Helvetica", 14)
        lines(sheet, ["The lighthouse keeper", "counted forty ships."], 40, 140, step=22)

    drawn = write(folder / "text.pdf", page)
    with pdfium.PdfDocument(drawn) as document:
        image = document[0].render(scale=2).to_pil()
    data = io.BytesIO()
    image.save(data, "PNG")
    (folder / "page.png").write_bytes(data.getvalue())

    def draw(sheet: canvas.Canvas) -> None:
        sheet.setPageSize((420, 200))
        sheet.drawImage(str(folder / "page.png"), 0, 0, 420, 200)
        sheet.drawString(340, 10, "Copy 17")  # a stamp with a text layer must not hide the scan
        sheet.showPage()
        sheet.setPageSize((420, 200))
        lines(sheet, ["A page with a text layer."], 40, 140)

    return write(folder / "scan.pdf", draw)


def test_a_page_without_text_is_recognised(scan: Path) -> None:
    found = read_pdf(scan, scan.name, ReadContext(Limits(), None, 1, scan.parent))
    pages = [page for page in found if isinstance(page, Page)]
    assert [page.method for page in pages] == ["ocr", "text"]
    assert folded("The lighthouse keeper counted forty ships.") in folded(pages[0].text)
    for block in pages[0].blocks:
        assert pages[0].text[block.start : block.end] == block.text
