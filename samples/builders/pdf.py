"""Typeset the PDFs of the library with reportlab: the long report, the magazine article, the laboratory report."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    FrameBreak,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from samples.builders.markdown import Block, Source
from samples.builders.series import monthly, total

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
LINE = colors.HexColor("#9aa5b1")
SHADE = colors.HexColor("#e8eef3")


class Face:
    """A family of fonts with the styles made from it; sizes in points."""

    def __init__(self, regular: str, bold: str, italic: str, size: float, language: str) -> None:
        common: dict[str, Any] = {"hyphenationLang": language, "embeddedHyphenation": 1, "uriWasteReduce": 0}
        self.regular, self.bold, self.italic = regular, bold, italic
        self.body = ParagraphStyle(
            "body",
            fontName=regular,
            fontSize=size,
            leading=size * 1.38,
            spaceAfter=size * 0.6,
            alignment=TA_JUSTIFY,
            **common,
        )
        self.item = ParagraphStyle(
            "item", parent=self.body, bulletFontName=regular, leftIndent=14, bulletIndent=2, spaceAfter=size * 0.35
        )
        self.cell = ParagraphStyle("cell", fontName=regular, fontSize=size * 0.86, leading=size * 1.1)
        self.head = ParagraphStyle("head", parent=self.cell, fontName=bold)
        self.heads = {
            1: ParagraphStyle(
                "h1",
                fontName=bold,
                fontSize=size * 1.55,
                leading=size * 1.9,
                spaceBefore=14,
                spaceAfter=7,
                keepWithNext=1,
            ),
            2: ParagraphStyle(
                "h2",
                fontName=bold,
                fontSize=size * 1.14,
                leading=size * 1.5,
                spaceBefore=8,
                spaceAfter=4,
                keepWithNext=1,
            ),
        }


def times(size: float, language: str) -> Face:
    """Return the standard serif fonts of PDF (not embedded, WinAnsi: umlauts, dashes and quotes are in it)."""
    return Face("Times-Roman", "Times-Bold", "Times-Italic", size, language)


def vera(size: float, language: str) -> Face:
    """Return the Vera fonts that come with reportlab, embedded into the PDF."""
    folder = Path(reportlab.__file__).parent / "fonts"
    for name in ("Vera", "VeraBd", "VeraIt"):
        pdfmetrics.registerFont(TTFont(name, folder / f"{name}.ttf"))
    pdfmetrics.registerFontFamily("Vera", normal="Vera", bold="VeraBd", italic="VeraIt", boldItalic="VeraBd")
    return Face("Vera", "VeraBd", "VeraIt", size, language)


def inline(text: str) -> str:
    """Turn ``**bold**`` into the tags that reportlab knows, everything else escaped."""
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text.replace("\n", " ")))


def grid(rows: list[list[str]], face: Face, widths: list[float], *, headed: bool = True) -> Table:
    """Return a ruled table whose first row is repeated on every page."""
    cells = [
        [Paragraph(inline(c), face.head if headed and r == 0 else face.cell) for c in row] for r, row in enumerate(rows)
    ]
    style: list[Any] = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.8),
    ]
    if headed:
        style.append(("BACKGROUND", (0, 0), (-1, 0), SHADE))
    return Table(
        cells, colWidths=widths, repeatRows=1 if headed else 0, style=style, spaceBefore=4, spaceAfter=9, hAlign="LEFT"
    )


def flow(blocks: tuple[Block, ...], face: Face, width: float) -> list[Any]:
    """Turn blocks into flowables for a column of the given width (points)."""
    out: list[Any] = []
    for block in blocks:
        if block.kind == "heading":
            out.append(Paragraph(inline(block.text), face.heads[min(block.level, 2)]))
        elif block.kind in ("bullets", "numbers"):
            for number, (text,) in enumerate(block.rows, 1):
                mark = "•" if block.kind == "bullets" else f"{number}."
                out.append(Paragraph(inline(text), face.item, bulletText=mark))
        elif block.kind == "table":
            out.append(
                grid([list(r) for r in block.rows], face, _widths(block.rows, face, width), headed=any(block.rows[0]))
            )
        elif block.kind == "directive":
            out += monthly_table(face, width)
        else:
            out.append(Paragraph(inline(block.text), face.body))
    return out


def _widths(rows: tuple[tuple[str, ...], ...], face: Face, width: float) -> list[float]:
    """Give every column room for its longest word, and share the rest by the longest cell."""
    columns = list(zip(*rows, strict=True))
    words = [
        max(pdfmetrics.stringWidth(w, face.bold, face.cell.fontSize) for c in col for w in ["", *c.split()])
        for col in columns
    ]
    floors = [word + 13 for word in words]
    longest = [min(60, max(len(c) for c in col)) for col in columns]
    rest = width - sum(floors)
    return [floor + rest * length / sum(longest) for floor, length in zip(floors, longest, strict=True)]


def monthly_table(face: Face, width: float) -> list[Any]:
    """Return Table 4.1, which is longer than a page, with its caption."""
    rows = [["Month", "Q1 Antonius", "Q2 Benedikt", "Q3 Cyrill", "Total"]]
    for year, month, values, recovered in monthly():
        a, b, c = (f"{v:.1f}" for v in values)
        mark = " †" if recovered else ""
        rows.append([f"{MONTHS[month - 1]} {year}", a, b + mark, c, f"{total(values):.1f}{mark}"])
    caption = "Table 4.1 Monthly mean discharge 2016–2022 in l/s († Q2 recovered from the memory card)"
    return [
        Paragraph(caption, face.head),
        grid(rows, face, [width * share for share in (0.28, 0.18, 0.18, 0.18, 0.18)]),
    ]


def _document(path: Path, source: Source, templates: list[PageTemplate], story: list[Any], subject: str) -> None:
    document = BaseDocTemplate(
        str(path), pagesize=A4, title=source.meta["title"], author=source.meta["author"], subject=subject,
        creator="samples/build.py", lang=source.meta["language"], invariant=1,
    )  # fmt: skip
    document.addPageTemplates(templates)
    document.build(story)


def _running(header: str, face: Face, label: str) -> Callable[[Canvas, Any], None]:
    def draw(canvas: Canvas, document: Any) -> None:
        canvas.saveState()
        canvas.setFont(face.italic, 8.5)
        canvas.setFillColor(colors.HexColor("#52606d"))
        canvas.drawString(25 * mm, A4[1] - 14 * mm, header)
        canvas.drawCentredString(A4[0] / 2, 12 * mm, label.format(n=document.page))
        canvas.setStrokeColor(LINE)
        canvas.line(25 * mm, A4[1] - 16 * mm, A4[0] - 25 * mm, A4[1] - 16 * mm)
        canvas.restoreState()

    return draw


def report(source: Source, path: Path) -> None:
    """Write the due diligence report: a title page, then a single column with running headers and footers."""
    face = times(11, "en_GB")
    width = A4[0] - 50 * mm
    frame = Frame(25 * mm, 20 * mm, width, A4[1] - 42 * mm, 0, 0, 0, 0)
    big = ParagraphStyle("big", fontName=face.bold, fontSize=25, leading=31, spaceAfter=14)
    meta = source.meta
    contents = [b.text for b in source.blocks if b.kind == "heading" and b.level == 1]
    cover = [
        Spacer(0, 45 * mm), Paragraph(meta["title"], big), Paragraph(meta["subtitle"], face.heads[2]),
        Spacer(0, 8 * mm), Paragraph(meta["client"], face.body), Paragraph(f"Authors: {meta['authors']}", face.body),
        Spacer(0, 20 * mm), Paragraph("Contents", face.heads[2]), *(Paragraph(c, face.cell) for c in contents),
        NextPageTemplate("body"), PageBreak(),
    ]  # fmt: skip
    templates = [
        PageTemplate("cover", [frame]),
        PageTemplate("body", [frame], onPage=_running(meta["header"], face, "Page {n} · Confidential")),
    ]
    _document(path, source, templates, cover + flow(source.blocks, face, width), "Due diligence")


def article(source: Source, path: Path) -> None:
    """Write the magazine article: headline across the page, two columns below, columns only on later pages."""
    face = times(10.8, "en_GB")
    gap, left, bottom, head = 7 * mm, 22 * mm, 20 * mm, 44 * mm
    column = (A4[0] - 2 * left - gap) / 2
    full = A4[1] - bottom - 22 * mm

    def columns(height: float) -> list[Frame]:
        return [Frame(left + n * (column + gap), bottom, column, height, 0, 0, 0, 0) for n in range(2)]

    title = Frame(left, bottom + full - head, A4[0] - 2 * left, head, 0, 0, 0, 0)
    draw = _running(source.meta["header"], face, "{n}")
    templates = [
        PageTemplate("first", [title, *columns(full - head)], onPage=draw),
        PageTemplate("later", columns(full), onPage=draw),
    ]
    headline = ParagraphStyle("headline", fontName=face.bold, fontSize=27, leading=32, spaceBefore=6, spaceAfter=8)
    stand = ParagraphStyle("stand", parent=face.body, fontName=face.italic, fontSize=13, leading=17, alignment=0)
    story = [
        NextPageTemplate("later"), Paragraph(source.blocks[0].text, headline),
        Paragraph(source.meta["standfirst"], stand), Paragraph(source.meta["byline"], face.cell), FrameBreak(),
        *flow(source.blocks[1:], face, column),
    ]  # fmt: skip
    _document(path, source, templates, story, "Article")


def laboratory(source: Source, path: Path) -> None:
    """Write the laboratory report: sans serif with embedded fonts, a table of results, signature."""
    face = vera(9.6, "de_DE")
    width = A4[0] - 50 * mm
    frame = Frame(25 * mm, 20 * mm, width, A4[1] - 42 * mm, 0, 0, 0, 0)
    draw = _running(source.meta["header"], face, "Seite {n} von 2")
    _document(
        path, source, [PageTemplate("page", [frame], onPage=draw)], flow(source.blocks, face, width), "Prüfbericht"
    )
