"""Writes a PDF with a text layer, as a report's would be: headings, paragraphs, running header, page numbers.

By hand, in the plainest PDF there is: the standard fonts need not be embedded, and the bench needs no library for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.prose import Writer

WIDTH, HEIGHT = 595, 842  # A4 in points
LEFT, TOP, BOTTOM = 72, 770, 72
SIZE, LEADING = 11, 18.0
COLUMNS = 84  # characters a line holds at 11 pt Helvetica between the margins


@dataclass
class Line:
    """A line of text at a place on the page, in points from the lower left corner."""

    x: float
    y: float
    size: int
    text: str
    bold: bool = False

    def drawn(self) -> str:
        text = self.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        return f"BT /{'F2' if self.bold else 'F1'} {self.size} Tf {self.x} {self.y:.1f} Td ({text}) Tj ET"


@dataclass
class Sheet:
    """A page being filled from the top."""

    number: int
    lines: list[Line] = field(default_factory=list)
    y: float = TOP

    def room(self, lines: int = 1) -> bool:
        return self.y - lines * LEADING > BOTTOM

    def put(self, text: str, size: int = SIZE, bold: bool = False) -> None:
        self.lines.append(Line(LEFT, self.y, size, text, bold))
        self.y -= LEADING * size / SIZE


def wrapped(text: str) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > COLUMNS:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def sheets(pages: int, seed: int, title: str, changed: frozenset[int]) -> Iterator[Sheet]:
    """Filled pages. Those numbered in `changed` get one sentence more than they would have, at their end."""
    writer = Writer(seed)
    extra = Writer(seed + 1)
    sections = writer.sections()
    for number in range(1, pages + 1):
        sheet = Sheet(number)
        sheet.lines.append(Line(LEFT, 805, 8, title))
        sheet.lines.append(Line(WIDTH / 2 - 8, 40, 8, str(number)))
        if number == 1:
            sheet.put(title, 18, bold=True)
        while sheet.room(12):
            section = next(sections)
            sheet.put(section.heading, 13, bold=True)
            sheet.y -= 4
            for paragraph in section.paragraphs:
                lines = list(wrapped(paragraph))
                if not sheet.room(len(lines) + (3 if number in changed else 0)):
                    break
                for line in lines:
                    sheet.put(line)
                sheet.y -= LEADING * 0.6
        if number in changed:
            for line in wrapped(extra.sentence(*extra.subject())):
                sheet.put(line)
        yield sheet


def write_pdf(
    path: Path, pages: int = 406, seed: int = 7, title: str = "Works and days", changed: frozenset[int] = frozenset()
) -> None:
    """A report of `pages` pages at `path`; the same arguments write the same bytes."""
    objects: list[bytes] = [b"", b""]  # 1: catalog, 2: the tree of pages
    for font in ("Helvetica", "Helvetica-Bold"):
        objects.append(f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>".encode())
    kids = []
    for sheet in sheets(pages, seed, title, changed):
        stream = "\n".join(line.drawn() for line in sheet.lines).encode("cp1252", "replace")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> "
            b"/Contents %d 0 R >>" % (WIDTH, HEIGHT, len(objects))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    objects.append(b"<< /Title (%s) >>" % title.encode("cp1252", "replace"))
    body, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    body += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (len(objects) + 1, len(objects))
    body += b"startxref\n%d\n%%%%EOF\n" % start
    path.write_bytes(body)
