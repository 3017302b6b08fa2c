"""Word, PowerPoint and OpenDocument text and slides, made by their libraries and read through docling."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import docx
import odfdo
import pptx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from core.errors import CorruptDocument, EmptyDocument, PasswordNeeded
from core.records import BlockKind

Read = Callable[..., Any]


@pytest.fixture
def word(tmp_path: Path) -> Path:
    document = docx.Document()
    document.core_properties.title = "Plan"
    document.core_properties.author = "Ada Author"
    document.core_properties.created = datetime(2024, 3, 1, 9)
    document.add_heading("Projektplan Morgenrot", 0)
    document.add_heading("Overview", 1)
    paragraph = document.add_paragraph("Hello ")
    paragraph.add_run("bold").bold = True
    paragraph.add_run(", wor")
    paragraph.add_run("ld").italic = True
    paragraph.add_run(". H")
    paragraph.add_run("2").font.subscript = True
    paragraph.add_run("O.")
    document.add_heading("Details", 2)
    document.add_paragraph("first", style="List Bullet")
    document.add_paragraph("nested", style="List Bullet 2")
    document.add_paragraph("step one", style="List Number")
    document.add_paragraph("step two", style="List Number")
    rows = [["Name", "Role", "Pay | EUR"], ["Ada", "Lead", "1.000"], ["Bob", "Dev\nOps", "2.000"], ["", "", ""]]
    table = document.add_table(rows=4, cols=3)
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("<script>alert(1)</script> stays words")
    document.sections[0].header.paragraphs[0].text = "RUNNING HEADER"
    path = tmp_path / "plan.docx"
    document.save(str(path))
    return path


def test_word_structure(word: Path, reading: Read) -> None:
    read = reading(word)
    assert read.head.kind == "docx"
    assert (read.head.title, read.head.pages) == ("Plan", None)
    assert read.head.metadata["author"] == "Ada Author"
    assert read.head.metadata["created"].startswith("2024-03-01T09:00")
    kinds = [(block.kind, block.level, block.text) for block in read.blocks]
    assert (BlockKind.TITLE, 1, "Projektplan Morgenrot") in kinds
    assert (BlockKind.HEADING, 1, "Overview") in kinds
    assert (BlockKind.HEADING, 2, "Details") in kinds
    assert (BlockKind.LIST_ITEM, 1, "first") in kinds
    assert (BlockKind.LIST_ITEM, 2, "nested") in kinds
    assert read.of(BlockKind.LIST_ITEM)[2:] == ["1. step one", "2. step two"]
    assert "RUNNING HEADER" not in read.text
    assert "<script>alert(1)</script> stays words" in read.of(BlockKind.PARAGRAPH)


def test_formatting_does_not_cut_words(word: Path, reading: Read) -> None:
    assert "Hello bold, world. H2O." in reading(word).of(BlockKind.PARAGRAPH)


def test_word_table_has_its_header_escaped_and_without_empty_rows(word: Path, reading: Read) -> None:
    assert reading(word).of(BlockKind.TABLE) == [
        "| Name | Role | Pay \\| EUR |\n| --- | --- | --- |\n| Ada | Lead | 1.000 |\n| Bob | Dev Ops | 2.000 |"
    ]


def test_long_tables_repeat_their_header(tmp_path: Path, reading: Read) -> None:
    document = docx.Document()
    table = document.add_table(rows=0, cols=2)
    for number in range(121):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = ("Key", "Value") if number == 0 else (f"k{number}", f"v{number}")
    document.save(str(tmp_path / "long.docx"))
    tables = reading(tmp_path / "long.docx").of(BlockKind.TABLE)
    assert [len(text.split("\n")) - 2 for text in tables] == [50, 50, 20]
    assert all(text.startswith("| Key | Value |\n") for text in tables)
    assert "| k120 | v120 |" in tables[2]


def test_merged_cells_leave_each_row_readable(tmp_path: Path, reading: Read) -> None:
    document = docx.Document()
    table = document.add_table(rows=3, cols=3)
    texts = [["Region", "Quarter", "Sum"], ["North", "Q1", "5"], ["", "Q2", "6"]]
    for row, cells in zip(table.rows, texts, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    document.save(str(tmp_path / "merged.docx"))
    assert "| North | Q2 | 6 |" in reading(tmp_path / "merged.docx").text


def test_a_table_of_one_cell_is_text(tmp_path: Path, reading: Read) -> None:
    document = docx.Document()
    document.add_table(rows=1, cols=1).cell(0, 0).text = "A framed remark."
    document.save(str(tmp_path / "frame.docx"))
    assert reading(tmp_path / "frame.docx").of(BlockKind.PARAGRAPH) == ["A framed remark."]


def test_tracked_changes_comments_and_links(tmp_path: Path, reading: Read) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Agreed")
    for tag, inner, text in (("w:ins", "w:t", " in May"), ("w:del", "w:delText", " in June")):
        change, run, words = OxmlElement(tag), OxmlElement("w:r"), OxmlElement(inner)
        words.text = text
        words.set(qn("xml:space"), "preserve")
        run.append(words)
        change.append(run)
        paragraph._p.append(change)
    document.add_comment(paragraph.runs[:1], text="by whom?", author="Rev", initials="R")
    document.save(str(tmp_path / "tracked.docx"))
    read = reading(tmp_path / "tracked.docx")
    assert read.of(BlockKind.PARAGRAPH)[0] == "Agreed in May"
    assert "June" not in read.text
    assert any(text.startswith("Comment by Rev (") and text.endswith("): by whom?") for text in read.text.split("\n"))


def test_long_documents_come_in_sections_and_can_be_resumed(tmp_path: Path, reading: Read) -> None:
    document = docx.Document()
    for number in range(250):
        document.add_paragraph(f"Paragraph {number}.")
    document.save(str(tmp_path / "long.docx"))
    whole = reading(tmp_path / "long.docx")
    assert [len(page.blocks) for page in whole.pages] == [100, 100, 50]
    assert reading(tmp_path / "long.docx", start_page=3).pages == whole.pages[2:]


@pytest.fixture
def slides(tmp_path: Path) -> Path:
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Pumps"
    frame = first.placeholders[1].text_frame
    frame.text = "Bullet"
    deeper = frame.add_paragraph()
    deeper.text, deeper.level = "Deeper", 1
    first.notes_slide.notes_text_frame.text = "Say hello to the mayor."
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Costs"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for at, text in enumerate(["Item", "Cost", "Pump", "12 EUR"]):
        table.cell(at // 2, at % 2).text = text
    data = CategoryChartData()
    data.categories = ["East", "West"]
    data.add_series("Sales", (19.2, 21.4))
    second.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(4), Inches(4), Inches(2), data)
    deck.slides.add_slide(deck.slide_layouts[6])
    hidden = deck.slides.add_slide(deck.slide_layouts[5])
    hidden.shapes.title.text = "Backup slide"
    hidden._element.set("show", "0")
    path = tmp_path / "deck.pptx"
    deck.save(str(path))
    return path


def test_slides_are_pages_with_notes_tables_and_charts(slides: Path, reading: Read) -> None:
    read = reading(slides)
    assert (read.head.kind, read.head.title, read.head.pages, len(read.pages)) == ("pptx", "Pumps", 4, 4)
    first, second, third, fourth = read.pages
    assert first.blocks[0].kind is BlockKind.TITLE
    assert [(block.text, block.level) for block in first.blocks if block.kind is BlockKind.LIST_ITEM] == [
        ("Bullet", 1),
        ("Deeper", 2),
    ]
    assert "Notes: Say hello to the mayor." in first.text
    assert second.blocks[0].kind is BlockKind.HEADING
    assert "| Item | Cost |\n| --- | --- |\n| Pump | 12 EUR |" in second.text
    assert "| East | 19.2 |" in second.text
    assert third.blocks == ()
    assert (fourth.label, fourth.text) == ("hidden", "Backup slide")


def test_slides_can_be_resumed(slides: Path, reading: Read) -> None:
    assert [page.number for page in reading(slides, start_page=2).pages] == [2, 3, 4]


def test_opendocument_text(tmp_path: Path, reading: Read) -> None:
    document = odfdo.Document("text")
    document.body.clear()
    document.body.append(odfdo.Header(1, "Kapitel Eins"))
    paragraph = odfdo.Paragraph("Die Pum")
    paragraph.append(odfdo.Span("penhalle", style="Strong"))
    paragraph.append(odfdo.Link("http://127.0.0.1:9/x", text="nverwaltung"))
    document.body.append(paragraph)
    document.body.append(odfdo.List(["eins", "zwei"]))
    noted = odfdo.Paragraph("Mit Anmerkung")
    noted.insert_note(after="Anmerkung", note_id="n1", citation="1", body="Die Fußnote.")
    document.body.append(noted)
    table = odfdo.Table("T", width=2, height=2)
    table.set_values([["Name", "Wert"], ["Pumpe", 12.5]])
    document.body.append(table)
    document.save(str(tmp_path / "brief.odt"))
    read = reading(tmp_path / "brief.odt")
    assert (read.head.kind, read.head.pages) == ("odt", None)
    assert read.of(BlockKind.HEADING) == ["Kapitel Eins"]
    assert read.of(BlockKind.PARAGRAPH) == ["Die Pumpenhallenverwaltung", "Mit Anmerkung", "Footnote: Die Fußnote."]
    assert read.of(BlockKind.LIST_ITEM) == ["eins", "zwei"]
    assert read.of(BlockKind.TABLE) == ["| Name | Wert |\n| --- | --- |\n| Pumpe | 12.5 |"]


def test_opendocument_slides(tmp_path: Path, reading: Read) -> None:
    document = odfdo.Document("presentation")
    document.body.clear()
    for number, text in enumerate(["Auftakt", "Kosten"], start=1):
        page = odfdo.DrawPage(f"page{number}", name=f"Seite {number}")
        page.append(odfdo.Frame.text_frame(f"{text} der Folie", size=("7cm", "5cm"), position=("2cm", "2cm")))
        document.body.append(page)
    document.save(str(tmp_path / "folien.odp"))
    read = reading(tmp_path / "folien.odp")
    assert (read.head.kind, read.head.pages, len(read.pages)) == ("odp", 2, 2)
    assert "Auftakt der Folie" in read.pages[0].text
    assert "Kosten der Folie" in read.pages[1].text


@pytest.mark.parametrize("name", ["word/document.xml", "[Content_Types].xml", "word/_rels/document.xml.rels"])
def test_a_word_file_with_a_broken_part_is_corrupt(word: Path, tmp_path: Path, reading: Read, name: str) -> None:
    broken = tmp_path / "broken.docx"
    with zipfile.ZipFile(word) as old, zipfile.ZipFile(broken, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, data[: len(data) // 2] if info.filename == name else data)
    with pytest.raises(CorruptDocument) as caught:
        reading(broken)
    assert "Word document is damaged" in caught.value.sentence
    assert caught.value.next_step


def test_a_truncated_presentation_is_corrupt(slides: Path, reading: Read) -> None:
    slides.write_bytes(slides.read_bytes()[:-2000])
    with pytest.raises(CorruptDocument):
        reading(slides)


def test_a_document_without_text_is_empty(tmp_path: Path, reading: Read) -> None:
    docx.Document().save(str(tmp_path / "empty.docx"))
    with pytest.raises(EmptyDocument, match="no text in this Word document"):
        reading(tmp_path / "empty.docx")


def test_an_encrypted_opendocument_asks_for_a_copy_without_password(tmp_path: Path, reading: Read) -> None:
    path = tmp_path / "secret.odt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("META-INF/manifest.xml", "<m><manifest:encryption-data xmlns:manifest='x'/></m>")
        archive.writestr("content.xml", b"\x8f\x01encrypted")
    with pytest.raises(PasswordNeeded):
        reading(path)


def test_entities_are_not_resolved(tmp_path: Path, reading: Read) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", encoding="utf-8")
    path = tmp_path / "evil.odt"
    content = (
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>'
        "<text:p>before &e; after</text:p></office:text></office:body></office:document-content>"
    )
    document = odfdo.Document("text")
    document.save(str(tmp_path / "plain.odt"))
    with zipfile.ZipFile(tmp_path / "plain.odt") as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == "content.xml" else old.read(info))
    try:
        text = reading(path).text
    except CorruptDocument:
        text = ""
    assert "the secret" not in text
