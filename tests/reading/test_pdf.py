"""What the PDF reader makes of real PDFs, written here with reportlab."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen import canvas

from core.errors import CorruptDocument, EmptyDocument, LimitExceeded, PasswordNeeded
from core.reading.blocks import folded
from core.reading.pdf import read_pdf
from core.reading.pdf_layer import TextLayer
from core.reading.protocol import Limits, ReadContext
from core.records import BlockKind, DocumentHead, Page

WIDTH, HEIGHT = A4
LOREM = (
    "The council of the harbour town met on Tuesday to decide about the new lighthouse and its long overdue repair. "
    "Nobody had expected the engineer to return so early from the northern islands with measurements of the rock. "
    "She laid her drawings on the table and explained why the old foundation would not carry another storm. "
)


def write(path: Path, draw: Callable[[canvas.Canvas], None], password: str | None = None) -> Path:
    encryption = StandardEncryption(password, canPrint=1) if password else None
    sheet = canvas.Canvas(str(path), pagesize=A4, encrypt=encryption, invariant=1)
    draw(sheet)
    sheet.save()
    return path


def lines(sheet: canvas.Canvas, rows: list[str], x: float, y: float, size: float = 11, step: float = 14) -> float:
    for row in rows:
        sheet.drawString(x, y, row)
        y -= step
    return y


def wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width, break_on_hyphens=False)


def read(path: Path, password: str | None = None, start: int = 1, **limits: int) -> tuple[DocumentHead, list[Page]]:
    context = ReadContext(Limits(**limits), password, start, path.parent)
    found = list(read_pdf(path, path.name, context))
    head = found[0]
    assert isinstance(head, DocumentHead)
    return head, [page for page in found[1:] if isinstance(page, Page)]


def kinds(page: Page) -> list[tuple[BlockKind, int, str]]:
    return [(block.kind, block.level, block.text) for block in page.blocks]


def test_paragraphs_are_told_apart_by_space_indent_and_end(tmp_path: Path) -> None:
    def draw(sheet: canvas.Canvas) -> None:
        sheet.setFont("Times-Roman", 11)
        y = lines(sheet, wrapped(LOREM, 85), 72, 760)
        y = lines(sheet, wrapped(LOREM, 85), 72, y - 8)
        first, *rest = wrapped(LOREM, 85)
        sheet.drawString(90, y, first)
        lines(sheet, rest, 72, y - 14)

    _, pages = read(write(tmp_path / "a.pdf", draw))
    assert [block.text for block in pages[0].blocks] == [LOREM.strip()] * 3
    assert {block.kind for block in pages[0].blocks} == {BlockKind.PARAGRAPH}


@pytest.mark.parametrize("scattered", [False, True], ids=["column by column", "row by row"])
def test_two_columns_are_read_one_after_the_other(tmp_path: Path, scattered: bool) -> None:
    left = wrapped("LEFT " + LOREM * 3 + "END OF LEFT", 46)
    right = wrapped("RIGHT " + LOREM * 3 + "END OF RIGHT", 46)

    def draw(sheet: canvas.Canvas) -> None:
        sheet.setFont("Times-Bold", 18)
        sheet.drawString(90, 780, "A title that runs across both of the columns")
        sheet.setFont("Times-Roman", 10)
        if scattered:
            for number, (one, other) in enumerate(zip(left, right, strict=False)):
                sheet.drawString(72, 740 - 12 * number, one)
                sheet.drawString(310, 740 - 12 * number, other)
            return
        lines(sheet, left, 72, 740, step=12)
        lines(sheet, right, 310, 740, step=12)

    _, pages = read(write(tmp_path / "a.pdf", draw))
    text = pages[0].text
    assert pages[0].blocks[0].kind in (BlockKind.TITLE, BlockKind.HEADING)
    assert text.index("LEFT") < text.index("END OF LEFT") < text.index("RIGHT") < text.index("END OF RIGHT")
    assert "engineer to return so early from the northern islands" in text


def test_hyphens_at_line_ends_are_joined_and_real_ones_kept(tmp_path: Path) -> None:
    rows = [
        "The mea-",
        "surements of the light-",
        "house were taken by a well-known engi-",
        "neer of self-",
        "taught skill, on behalf of the harbour of Nord-",
        "Ostsee and for the years 1998-",
        "2004, for Ein-",
        "und Ausfuhr of well-",
        "known goods.",
    ]

    def draw(sheet: canvas.Canvas) -> None:
        sheet.setFont("Times-Roman", 11)
        lines(sheet, [f"{row:<12}" for row in rows], 72, 760)

    _, pages = read(write(tmp_path / "a.pdf", draw))
    assert pages[0].text == (
        "The measurements of the lighthouse were taken by a well-known engineer of self-taught skill, on behalf of the "
        "harbour of Nord-Ostsee and for the years 1998-2004, for Ein- und Ausfuhr of well-known goods."
    )


def book(sheet: canvas.Canvas, count: int = 8) -> None:
    for number in range(1, count + 1):
        sheet.setFont("Times-Italic", 9)
        if number % 2:
            sheet.drawString(72, 800, f"Chapter {1 + number // 4}: About lighthouses")
            sheet.drawRightString(WIDTH - 72, 800, str(number + 10))
        else:
            sheet.drawString(72, 800, str(number + 10))
            sheet.drawRightString(WIDTH - 72, 800, "The Harbour Book")
        sheet.drawCentredString(WIDTH / 2, 40, "Confidential draft")
        sheet.setFont("Times-Roman", 11)
        lines(sheet, [f"Opening number {chr(64 + number)} of the story."], 72, 760)
        lines(sheet, wrapped(LOREM, 85), 72, 720)
        lines(sheet, [f"Closing words {chr(96 + number)}."], 72, 80)
        sheet.showPage()


def test_running_headers_footers_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    _, pages = read(write(tmp_path / "a.pdf", book))
    for number, page in enumerate(pages, 1):
        assert [block.text for block in page.blocks] == [
            f"Opening number {chr(64 + number)} of the story.",
            LOREM.strip(),
            f"Closing words {chr(96 + number)}.",
        ]


def test_pages_that_are_all_alike_keep_their_text(tmp_path: Path) -> None:
    def draw(sheet: canvas.Canvas) -> None:
        for _ in range(3):
            lines(sheet, wrapped(LOREM, 80), 72, 760)
            sheet.showPage()

    _, pages = read(write(tmp_path / "a.pdf", draw))
    assert [page.text for page in pages] == [LOREM.strip()] * 3


def test_a_number_that_stands_alone_is_no_page_number_in_the_middle(tmp_path: Path) -> None:
    def draw(sheet: canvas.Canvas) -> None:
        for number in (1, 2, 3):
            lines(sheet, ["Total of the year", "4711", "Nothing else was sold."], 72, 700 - 40 * number, step=40)
            sheet.drawCentredString(WIDTH / 2, 40, str(number))
            sheet.showPage()

    _, pages = read(write(tmp_path / "a.pdf", draw))
    assert all("4711" in page.text for page in pages)
    assert [page.blocks[-1].text for page in pages] == ["Nothing else was sold."] * 3


def test_headings_by_size_weight_and_number(tmp_path: Path) -> None:
    def draw(sheet: canvas.Canvas) -> None:
        sheet.setFont("Helvetica-Bold", 20)
        sheet.drawString(72, 780, "The Lighthouse Report")
        sheet.setFont("Helvetica-Bold", 15)
        sheet.drawString(72, 740, "1 Foundations")
        sheet.setFont("Helvetica-Bold", 12.5)
        sheet.drawString(72, 715, "1.1 The rock")
        sheet.setFont("Helvetica", 11)
        y = lines(sheet, wrapped(LOREM, 80), 72, 690)
        sheet.setFont("Helvetica-Bold", 11)
        sheet.drawString(72, y - 12, "Remarks of the council")
        sheet.setFont("Helvetica", 11)
        lines(sheet, wrapped(LOREM, 80), 72, y - 30)

    head, pages = read(write(tmp_path / "a.pdf", draw))
    assert head.title == "The Lighthouse Report"
    assert [(kind, level) for kind, level, _ in kinds(pages[0])] == [
        (BlockKind.TITLE, 1),
        (BlockKind.HEADING, 1),
        (BlockKind.HEADING, 2),
        (BlockKind.PARAGRAPH, 0),
        (BlockKind.HEADING, 4),
        (BlockKind.PARAGRAPH, 0),
    ]


def test_the_outline_decides_about_headings(tmp_path: Path) -> None:
    def draw(sheet: canvas.Canvas) -> None:
        sheet.bookmarkPage("one")
        sheet.addOutlineEntry("Plain heading", "one", level=0)
        sheet.bookmarkPage("two")
        sheet.addOutlineEntry("Deeper", "two", level=1)
        lines(sheet, ["Plain heading"], 72, 760)
        lines(sheet, ["Deeper"], 72, 720)
        lines(sheet, wrapped(LOREM, 80), 72, 680)

    _, pages = read(write(tmp_path / "a.pdf", draw))
    assert kinds(pages[0])[:2] == [(BlockKind.HEADING, 1, "Plain heading"), (BlockKind.HEADING, 2, "Deeper")]


def test_lists_keep_their_items_and_depth(tmp_path: Path) -> None:
    def draw(sheet: canvas.Canvas) -> None:
        sheet.setFont("Helvetica", 11)
        lines(sheet, ["What was found:"], 72, 760)
        sheet.drawString(80, 740, "\u2022 cracks in the foundation that run from the")
        sheet.drawString(90, 726, "northern wall to the stairs")
        sheet.drawString(100, 712, "\u2022 one below the door")
        sheet.drawString(80, 698, "\u2022 salt in the mortar")
        lines(sheet, ["1. Repair the wall.", "2. Replace the mortar."], 80, 660)

    _, pages = read(write(tmp_path / "a.pdf", draw))
    assert kinds(pages[0]) == [
        (BlockKind.PARAGRAPH, 0, "What was found:"),
        (BlockKind.LIST_ITEM, 1, "cracks in the foundation that run from the northern wall to the stairs"),
        (BlockKind.LIST_ITEM, 2, "one below the door"),
        (BlockKind.LIST_ITEM, 1, "salt in the mortar"),
        (BlockKind.LIST_ITEM, 1, "1. Repair the wall."),
        (BlockKind.LIST_ITEM, 1, "2. Replace the mortar."),
    ]


def test_a_table_becomes_rows_with_its_header(tmp_path: Path) -> None:
    table = [
        ("Item", "Year", "Cost in euro"),
        ("Lamp", "1998", "12,400"),
        ("Stairs", "2001", "3,100"),
        ("Door and frame", "2004", "900"),
    ]

    def draw(sheet: canvas.Canvas) -> None:
        sheet.setFont("Helvetica", 11)
        lines(sheet, wrapped(LOREM, 80), 72, 760)
        for number, row in enumerate(table):
            sheet.drawString(72, 680 - 16 * number, row[0])
            sheet.drawString(250, 680 - 16 * number, row[1])
            sheet.drawString(400, 680 - 16 * number, row[2])
        sheet.drawString(250, 620, "and 2005")
        lines(sheet, wrapped(LOREM, 80), 72, 580)

    _, pages = read(write(tmp_path / "a.pdf", draw))
    assert [block.kind for block in pages[0].blocks] == [BlockKind.PARAGRAPH, BlockKind.TABLE, BlockKind.PARAGRAPH]
    rows = pages[0].blocks[1].text.splitlines()
    assert rows[0] == "| Item | Year | Cost in euro |"
    assert rows[1].count("---") == 3
    assert rows[2:] == [
        "| Lamp | 1998 | 12,400 |",
        "| Stairs | 2001 | 3,100 |",
        "| Door and frame | 2004 and 2005 | 900 |",
    ]


def test_code_keeps_its_lines_and_indents(tmp_path: Path) -> None:
    code = ["def light(hours):", "    if hours > 12:", "        return None", "    return hours * 2"]

    def draw(sheet: canvas.Canvas) -> None:
        sheet.setFont("Helvetica", 10)
        y = lines(sheet, wrapped(LOREM, 80), 72, 760)
        sheet.setFont("Courier", 10)
        lines(sheet, code, 72, y - 10, step=12)

    _, pages = read(write(tmp_path / "a.pdf", draw))
    assert pages[0].blocks[-1].kind == BlockKind.CODE
    assert pages[0].blocks[-1].text == "\n".join(code)


def test_ranges_count_the_characters_of_the_text_layer(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", book)
    _, pages = read(path)
    with pdfium.PdfDocument(path) as document:
        for page in pages:
            with TextLayer.of(document, page.number - 1) as layer:
                for block in page.blocks:
                    assert folded(layer.chars[block.start : block.end]) == folded(block.text)


def test_reading_can_begin_at_any_page_with_the_same_result(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", book)
    _, pages = read(path)
    for start in (2, 5, 8):
        assert read(path, start=start)[1] == pages[start - 1 :]


def test_a_turned_page_is_read_as_it_is_shown(tmp_path: Path) -> None:
    def draw(sheet: canvas.Canvas) -> None:
        for angle in (90, 180, 270):
            sheet.setPageRotation(angle)
            sheet.saveState()
            # drawn against the page's rotation, so that it is upright when shown
            sheet.translate(*{90: (HEIGHT, 0), 180: (WIDTH, HEIGHT), 270: (0, WIDTH)}[angle])
            sheet.rotate({90: 90, 180: 180, 270: -90}[angle])
            lines(sheet, wrapped(f"Turned by {angle} degrees. " + LOREM, 80), 72, 400)
            sheet.restoreState()
            sheet.showPage()

    path = write(tmp_path / "a.pdf", draw)
    _, pages = read(path)
    assert [page.text for page in pages] == [f"Turned by {angle} degrees. {LOREM.strip()}" for angle in (90, 180, 270)]
    with pdfium.PdfDocument(path) as document:
        for index in range(3):
            ink = np.argwhere(document[index].render(scale=1).to_numpy().min(axis=2) < 128)
            with TextLayer.of(document, index) as layer:
                runs = layer.runs()
            assert min(run.left for run in runs) == pytest.approx(ink[:, 1].min(), abs=6)
            assert max(run.right for run in runs) == pytest.approx(ink[:, 1].max(), abs=6)
            assert min(run.top for run in runs) == pytest.approx(ink[:, 0].min(), abs=6)
            assert max(run.bottom for run in runs) == pytest.approx(ink[:, 0].max(), abs=6)


def test_blank_pages_stay_blank_and_keep_their_number(tmp_path: Path) -> None:
    def draw(sheet: canvas.Canvas) -> None:
        lines(sheet, ["First page."], 72, 700)
        sheet.showPage()
        sheet.showPage()
        lines(sheet, ["Third page."], 72, 700)
        sheet.showPage()

    head, pages = read(write(tmp_path / "a.pdf", draw))
    assert head.pages == 3
    assert [(page.number, page.text, page.error) for page in pages] == [
        (1, "First page.", ""),
        (2, "", ""),
        (3, "Third page.", ""),
    ]


def test_an_encrypted_file_asks_for_its_password(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", lambda sheet: book(sheet, 1), password="lantern")
    with pytest.raises(PasswordNeeded, match="protected by a password"):
        read(path)
    with pytest.raises(PasswordNeeded, match="does not open"):
        read(path, password="wrong")
    assert "Opening number A" in read(path, password="lantern")[1][0].text


def test_limits_and_damage_have_their_own_errors(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", book)
    with pytest.raises(LimitExceeded, match="8 pages"):
        read(path, pages=7)
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\n" + b"nothing of use " * 50)
    with pytest.raises(CorruptDocument):
        read(broken)
    empty = tmp_path / "empty.pdf"
    with pdfium.PdfDocument.new() as document, empty.open("wb") as file:
        document.save(file)
    with pytest.raises((EmptyDocument, CorruptDocument)):
        read(empty)


def test_a_page_with_text_of_no_meaning_is_not_taken_for_text() -> None:
    from core.reading.pdf import usable

    assert usable("Ein kurzer Satz.")
    assert usable("42 %")
    assert not usable("")
    assert not usable(" \r\n ")
    assert not usable("\ue001\ue002\ue003 \ue004\ue005" * 20)
    assert not usable("7KLV LV D WHVW RI VKLIWHG FRGHV ZLWK QR YRZHOV " * 10)
    assert usable("这是一个测试页面，没有拉丁字母。" * 5)
