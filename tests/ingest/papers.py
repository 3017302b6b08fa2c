"""One small document of every format, each with one fact that no other has, and the question for it."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import docx
import odfdo
import openpyxl
import pptx
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen import canvas


@dataclass(frozen=True)
class Paper:
    """A file, its kind, a question, what its answer must hold, the page of the answer (None if it has no pages)."""

    name: str
    kind: str
    content: bytes
    question: str
    answer: str
    page: int | None = None
    document: str = ""  # where the answer is, if not in the file itself

    @property
    def source(self) -> str:
        return self.document or self.name


def pdf() -> bytes:
    target = io.BytesIO()
    sheet = canvas.Canvas(target, invariant=1)
    for text in (
        "The orchard of Lenz has nine rows of pears.",
        "The windmill of Lenz was built by Clara Voss in 1788.",
    ):
        sheet.setFont("Helvetica", 14)
        sheet.drawString(72, 700, text)
        sheet.showPage()
    sheet.save()
    return target.getvalue()


def word() -> bytes:
    document = docx.Document()
    document.add_heading("The glassworks", 1)
    document.add_paragraph("The glassworks of Ilmen was founded by Jonas Trebitz in 1823.")
    return saved(document)


def slides() -> bytes:
    deck = pptx.Presentation()
    for title, text in (
        ("Agenda", "Opening and greetings."),
        ("Ferry", "The ferry across the Mulde is steered by Alma Kranich."),
    ):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    return saved(deck)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Lamps"
    for row in (["Lighthouse", "Keeper", "Lamps"], ["Norderhaken", "Edda Prill", 14], ["Suederoog", "Timm Bake", 9]):
        book.active.append(row)
    return saved(book)


def open_text() -> bytes:
    document = odfdo.Document("text")
    document.body.append(odfdo.Header(1, "Die Sternwarte"))
    document.body.append(odfdo.Paragraph("Die Sternwarte von Kolmen wurde 1846 von Gustav Ehrlich gebaut."))
    return saved(document)


def open_sheet() -> bytes:
    document = odfdo.Document("spreadsheet")
    document.body.clear()
    table = odfdo.Table("Bees")
    table.set_values([["Apiary", "Beekeeper", "Hives"], ["Wildenau", "Marta Quandt", 31], ["Ostrach", "Nils Uhde", 7]])
    document.body.append(table)
    return saved(document)


def open_slides() -> bytes:
    document = odfdo.Document("presentation")
    document.body.clear()
    for number, text in ((1, "Welcome to the meeting."), (2, "The tunnel under the Karst was dug by Bruno Feld.")):
        page = odfdo.DrawPage(f"page{number}", name=f"Slide {number}")
        page.append(odfdo.Frame.text_frame(text, size=("12cm", "5cm"), position=("2cm", "2cm")))
        document.body.append(page)
    return saved(document)


def saved(document: object) -> bytes:
    target = io.BytesIO()
    document.save(target)  # type: ignore[attr-defined]
    return target.getvalue()


def epub() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="book.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
            '<dc:title>Tales</dc:title></metadata><manifest><item id="a" href="a.xhtml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
        )
        archive.writestr(
            "a.xhtml",
            "<html><body><h1>The clock</h1><p>The tower clock of Perleberg was repaired by Hedwig Sander.</p></body>"
            "</html>",
        )
    return target.getvalue()


def mail() -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "ida@example.org", "otto@example.org", "The aqueduct"
    letter.set_content(
        "Dear Otto,\n\nthe aqueduct of Sarn was surveyed by Viktor Hallan. The list is attached.\n\nIda\n"
    )
    letter.add_attachment(
        b"# Springs\n\nThe spring of Aldern yields 47 litres a second.\n", "text", "markdown", filename="springs.md"
    )
    return letter.as_bytes()


def picture() -> bytes:
    image = Image.new("RGB", (1500, 420), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(46)
    pen.text((40, 60), "MINUTES OF THE GUILD", font=font, fill="black")
    pen.text((40, 180), "The golden kettle was stolen by Rupert Malk.", font=font, fill="black")
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


HTML = b"""<html><head><title>The dam</title><script>var x = "The dam was built by nobody";</script></head><body>
<h1>The dam</h1><p>The dam of Trauen was planned by Sophie Lindqvist.</p></body></html>"""
MARKDOWN = b"# The bakery\n\n## Owners\n\nThe bakery of Zell belongs to Anton Mehlhorn.\n"
ASCIIDOC = b"= The quarry\n\n== Owners\n\nThe quarry of Basel Hill belongs to Greta Steiner.\n"
CSV = b"Station,Master,Trains a day\nBirkenwerder,Olga Thoms,62\nHennigsdorf,Paul Iske,48\nVelten,Rosa Nagel,30\n"
GERMAN = "Die Orgel von Rötha wurde 1721 von Gottfried Süßmilch gebaut. Sie hat 1.842 Pfeifen.\n".encode("utf-16")
CODE = b'''"""Opening hours of the museum."""


def closing_hour(day: str) -> int:
    """The hour at which the maritime museum closes on a day of the week."""
    if day == "sunday":
        return 17
    return 20
'''
RECORDS = "\n".join(
    json.dumps(record)
    for record in (
        {"id": "bulletin 7", "text": "The observatory balloon was launched by Irma Dorn."},
        {"id": "bulletin 8", "text": "The harbour pilot of Emden is called Fokko Janssen."},
    )
).encode()

PAPERS = (
    Paper("windmill.pdf", "pdf", pdf(), "Who built the windmill of Lenz?", "Clara Voss", page=2),
    Paper("glass.docx", "docx", word(), "Who founded the glassworks of Ilmen?", "Jonas Trebitz"),
    Paper("ferry.pptx", "pptx", slides(), "Who steers the ferry across the Mulde?", "Alma Kranich", page=2),
    Paper("lamps.xlsx", "xlsx", workbook(), "Who is the keeper of the lighthouse Norderhaken?", "Edda Prill", page=1),
    Paper("sternwarte.odt", "odt", open_text(), "Wer hat die Sternwarte von Kolmen gebaut?", "Gustav Ehrlich"),
    Paper("bees.ods", "ods", open_sheet(), "Who is the beekeeper of the apiary Wildenau?", "Marta Quandt", page=1),
    Paper("tunnel.odp", "odp", open_slides(), "Who dug the tunnel under the Karst?", "Bruno Feld", page=2),
    Paper("dam.html", "html", HTML, "Who planned the dam of Trauen?", "Sophie Lindqvist"),
    Paper("bakery.md", "markdown", MARKDOWN, "To whom does the bakery of Zell belong?", "Anton Mehlhorn"),
    Paper("quarry.adoc", "asciidoc", ASCIIDOC, "Who owns the quarry of Basel Hill?", "Greta Steiner"),
    Paper("stations.csv", "csv", CSV, "Who is the master of the station Hennigsdorf?", "Paul Iske"),
    Paper("tales.epub", "epub", epub(), "Who repaired the tower clock of Perleberg?", "Hedwig Sander"),
    Paper("aqueduct.eml", "email", mail(), "Who surveyed the aqueduct of Sarn?", "Viktor Hallan"),
    Paper(
        "aqueduct.eml", "email", mail(), "How many litres does the spring of Aldern yield?", "47", document="springs.md"
    ),
    Paper("orgel.txt", "text", GERMAN, "Wer hat die Orgel von Rötha gebaut?", "Gottfried Süßmilch"),
    Paper("museum.py", "code", CODE, "At which hour does the maritime museum close?", "maritime museum closes"),
    Paper("minutes.png", "image", picture(), "Who stole the golden kettle?", "Rupert Malk", page=1),
    Paper(
        "bulletins.jsonl",
        "record",
        RECORDS,
        "Who launched the observatory balloon?",
        "Irma Dorn",
        document="bulletin 7",
    ),
)


def write(folder: Path) -> list[Path]:
    """All files, each once."""
    for paper in PAPERS:
        (folder / paper.name).write_bytes(paper.content)
    return sorted(folder.iterdir())
