"""Passages marked on their pages: PDF by its text layer, scans and images by recognition."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen import canvas

from core.errors import InvalidRequest, PasswordNeeded
from core.reading.layout import ordered
from core.reading.pdf_layer import TextLayer
from core.reading.pool import ReaderPool
from core.reading.search_page import found_on
from core.records import Box

ROWS = [
    "The keeper counted forty ships on that night, and",
    "wrote their names into the harbour's log book. The mea-",
    "surements began in the of\ufb01ce of the engineer.",
    "The keeper counted forty ships on that night, and",
    "none of them was known in this town.",
]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("marks") / "a.pdf"
    sheet = canvas.Canvas(str(path), pagesize=(400, 300), invariant=1)
    for number, row in enumerate(ROWS):
        sheet.drawString(40, 250 - 20 * number, row.replace("\ufb01", "fi"))
    sheet.showPage()
    sheet.drawString(40, 250, "It went on over the next page, until the morning came.")
    sheet.showPage()
    sheet.save()
    return path


def rows_of(boxes: tuple[Box, ...]) -> list[int]:
    """Which of the lines the boxes cover."""
    return [round(((box.top + box.bottom) / 2 - 50) / 20) for box in boxes]


def test_a_passage_is_found_across_line_ends_and_hyphens(pool: ReaderPool, document: Path) -> None:
    boxes = pool.boxes(document, 1, "The measurements began in the\n office of the ENGINEER.")
    assert rows_of(boxes) == [1, 2]
    assert boxes[0].left > 200
    assert boxes[1].left == pytest.approx(39, abs=2)
    assert all(0 <= box.left < box.right <= 400 and 0 <= box.top < box.bottom <= 300 for box in boxes)


def test_the_hint_decides_between_repeats(pool: ReaderPool, document: Path) -> None:
    import pypdfium2 as pdfium

    with pdfium.PdfDocument(document) as opened, TextLayer.of(opened, 0) as layer:
        second = layer.chars.rindex("The keeper")
    quote = "The keeper counted forty ships"
    assert rows_of(pool.boxes(document, 1, quote)) == [0]
    assert rows_of(pool.boxes(document, 1, quote, (second, second + 10))) == [3]


def test_of_a_passage_on_two_pages_each_shows_its_part(pool: ReaderPool, document: Path) -> None:
    quote = "none of them was known in this town. It went on over the next page"
    assert rows_of(pool.boxes(document, 1, quote)) == [4]
    assert rows_of(pool.boxes(document, 2, quote)) == [0]


def test_what_is_not_there_is_not_marked_unless_the_range_is_known(pool: ReaderPool, document: Path) -> None:
    assert pool.boxes(document, 1, "Nothing of this kind was ever written here.") == ()
    assert pool.boxes(document, 1, "") == ()
    assert rows_of(pool.boxes(document, 1, "gone from the text", (0, 20))) == [0]


def test_words_between_two_columns_are_not_marked(tmp_path: Path) -> None:
    import pypdfium2 as pdfium

    path = tmp_path / "two.pdf"
    sheet = canvas.Canvas(str(path), pagesize=(500, 300), invariant=1)
    for number in range(8):
        sheet.drawString(40, 250 - 20 * number, f"left line {number} runs to the gutter")
        sheet.drawString(270, 250 - 20 * number, f"right line {number} runs to the edge")
    sheet.save()
    with pdfium.PdfDocument(path) as opened, TextLayer.of(opened, 0) as layer:
        hits = found_on(ordered(layer.runs()), "left line 2 runs to the gutter left line 3", None, exact_hint=True)
    assert [hit.run.text[hit.first : hit.last + 1] for hit in hits] == ["left line 2 runs to the gutter", "left line 3"]


def marked(png: bytes) -> np.ndarray:
    """Where a picture is yellow: rows and columns."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    return np.argwhere((pixels[:, :, 0] > 200) & (pixels[:, :, 2] < 150))


def test_the_page_is_drawn_with_its_passage_marked(pool: ReaderPool, document: Path) -> None:
    plain = pool.render(document, 1, width_px=800)
    image = Image.open(io.BytesIO(plain))
    assert image.size == (800, 600)
    assert len(marked(plain)) == 0
    places = marked(pool.render(document, 1, width_px=800, find="none of them was known"))
    assert 230 < places[:, 0].min() < places[:, 0].max() < 2 * 140
    assert 70 < places[:, 1].min() < 85


def test_a_page_that_is_not_there_or_locked_is_not_drawn(pool: ReaderPool, document: Path, tmp_path: Path) -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption

    for page in (0, 3):
        with pytest.raises(InvalidRequest, match="no page"):
            pool.render(document, page)
    text = tmp_path / "a.txt"
    text.write_text("There is no page to draw.")
    with pytest.raises(InvalidRequest):
        pool.render(text, 1)
    locked = tmp_path / "locked.pdf"
    sheet = canvas.Canvas(str(locked), encrypt=StandardEncryption("lantern"), invariant=1)
    sheet.drawString(72, 700, "Behind a lock.")
    sheet.save()
    with pytest.raises(PasswordNeeded):
        pool.render(locked, 1)
    assert pool.render(locked, 1, password="lantern")[:4] == b"\x89PNG"


def picture(path: Path, rows: list[str], turn: int = 0, **options: object) -> Path:
    """A picture of some lines of text, 700 pixels wide."""
    image = Image.new("RGB", (700, 60 + 60 * len(rows)), "white")
    font = ImageFont.load_default(30)
    for number, row in enumerate(rows):
        ImageDraw.Draw(image).text((30, 30 + 60 * number), row, font=font, fill="black")
    image.rotate(turn, expand=True).save(path, **options)
    return path


@pytest.mark.parametrize("turn", [0, 90, 180])
def test_a_passage_on_a_picture_is_marked(pool: ReaderPool, tmp_path: Path, turn: int) -> None:
    rows = ["Invoice of the harbour office", "Forty lamps at twelve euro", "Paid in June"]
    path = picture(tmp_path / "a.png", rows, turn)
    boxes = pool.boxes(path, 1, "forty lamps at twelve euro")
    assert len(boxes) == 1
    box = boxes[0]
    middle = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    expected = {0: (220, 108), 90: (108, 700 - 220), 180: (700 - 220, 240 - 108)}[turn]
    assert middle == pytest.approx(expected, abs=30)
    assert len(marked(pool.render(path, 1, width_px=500, find="forty lamps at twelve euro"))) > 500
