"""Write the Word documents and the slides of the library, with fixed dates so that a rebuild gives the same bytes."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.shared import Pt
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.util import Inches
from pptx.util import Pt as SlidePt

from samples.builders.markdown import Block, Source, runs

_colour: Any = RGBColor  # its methods carry no annotations
DARK, BLACK = _colour(0x1F, 0x3A, 0x4D), _colour(0x22, 0x22, 0x22)


def settle(path: Path, moment: datetime) -> None:
    """Rewrite an office file with one fixed time for every member and property, members in sorted order."""
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(path) as package:
        members = {name: package.read(name) for name in package.namelist()}
    core = members["docProps/core.xml"]
    members["docProps/core.xml"] = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*", rb"\g<1>" + stamp, core)
    first = ["[Content_Types].xml"]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name in first + sorted(set(members) - set(first)):
            info = zipfile.ZipInfo(name, (moment.year, moment.month, moment.day, 12, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, members[name])


def _describe(properties: Any, source: Source) -> datetime:
    moment = datetime.fromisoformat(source.meta["date"] + "T09:00:00")
    properties.title, properties.author = source.meta["title"], source.meta["author"]
    properties.language, properties.comments = source.meta["language"], ""
    properties.created = properties.modified = moment
    properties.last_modified_by, properties.revision = source.meta["author"], 1
    return moment


def document(source: Source, path: Path) -> None:
    """Write a Word document with real headings, lists and tables."""
    word: Any = Document()
    word.styles["Normal"].font.name = "Calibri"
    word.styles["Normal"].font.size = Pt(11)
    for block in source.blocks:
        if block.kind == "heading":
            word.add_heading(block.text, 0 if block.level == 1 else block.level - 1)
        elif block.kind in ("bullets", "numbers"):
            for (text,) in block.rows:
                _write(word.add_paragraph(style="List Bullet" if block.kind == "bullets" else "List Number"), text)
        elif block.kind == "table":
            _table(word, block)
        else:
            _write(word.add_paragraph(), block.text)
    moment = _describe(word.core_properties, source)
    word.save(str(path))
    settle(path, moment)


def _write(paragraph: Any, text: str) -> None:
    for words, bold in runs(text):
        paragraph.add_run(words).bold = bold or None


def _table(word: Any, block: Block) -> None:
    headed = any(block.rows[0])
    rows = block.rows if headed else block.rows[1:]
    table = word.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            paragraph = table.cell(r, c).paragraphs[0]
            paragraph.add_run(text).bold = True if (headed and r == 0) or (not headed and c == 0) else None
    word.add_paragraph()


def slides(source: Source, path: Path) -> None:
    """Write a presentation: every heading of the first level opens a slide; notes become speaker notes."""
    deck: Any = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    slide: Any = None
    for block, following in zip(source.blocks, (*source.blocks[1:], None), strict=True):
        if block.kind == "heading":
            listed = following is not None and following.kind == "bullets"
            slide = deck.slides.add_slide(deck.slide_layouts[1 if listed else 5])
            _place(slide.shapes.title, 0.4 if len(deck.slides) > 1 else 1.9, 1.1)
            slide.shapes.title.text = block.text
            _style(slide.shapes.title.text_frame, 36, bold=True)
        elif block.kind == "note":
            slide.notes_slide.notes_text_frame.text = block.text
        elif block.kind == "table":
            _slide_table(slide, block)
        elif block.kind == "bullets":
            _lines(slide.placeholders[1], [row[0] for row in block.rows], 1.8)
        else:
            _lines(slide.shapes.add_textbox(0, 0, 0, 0), block.text.split("\n"), 3.4)
    moment = _describe(deck.core_properties, source)
    deck.save(str(path))
    settle(path, moment)


def _lines(shape: Any, lines: list[str], top: float) -> None:
    _place(shape, top, 4.8)
    shape.text_frame.word_wrap = True
    shape.text_frame.text = "\n".join(lines)
    _style(shape.text_frame, 24)


def _place(shape: Any, top: float, height: float) -> None:
    shape.left, shape.top, shape.width, shape.height = Inches(0.8), Inches(top), Inches(11.7), Inches(height)


def _style(frame: Any, size: int, *, bold: bool = False) -> None:
    for paragraph in frame.paragraphs:
        paragraph.alignment = 1
        paragraph.space_after = SlidePt(size / 3)
        for run in paragraph.runs:
            run.font.size, run.font.bold, run.font.name = SlidePt(size), bold, "Calibri"
            run.font.color.rgb = DARK if bold else BLACK


def _slide_table(slide: Any, block: Block) -> None:
    rows, columns = len(block.rows), len(block.rows[0])
    frame = slide.shapes.add_table(rows, columns, Inches(0.8), Inches(1.8), Inches(11.7), Inches(0.55 * rows))
    for r, row in enumerate(block.rows):
        for c, text in enumerate(row):
            cell = frame.table.cell(r, c)
            cell.text = text
            for run in cell.text_frame.paragraphs[0].runs:
                run.font.size, run.font.name = SlidePt(18), "Calibri"
