"""Broken and hostile files, made here, through the readers' processes: each ends with a typed error and a next step.

One pool reads them all, so this also shows that none of them harms the next.
"""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen import canvas

from core.errors import (
    CorruptDocument,
    EmptyDocument,
    LimitExceeded,
    PasswordNeeded,
    ReaderCrashed,
    ReadError,
    UnsupportedFormat,
)
from core.reading.pool import ReaderPool
from core.records import Page

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


def pdf(pages: int = 2, password: str | None = None) -> bytes:
    data = io.BytesIO()
    sheet = canvas.Canvas(data, invariant=1, encrypt=StandardEncryption(password) if password else None)
    for number in range(pages):
        sheet.drawString(72, 700, f"The keeper lit the lamp, page {number}.")
        sheet.showPage()
    sheet.save()
    return data.getvalue()


def zipped(members: dict[str, bytes | str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def docx(document: str | bytes, **more: bytes) -> bytes:
    return zipped({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": document, **more})


def no_pages() -> bytes:
    data = io.BytesIO()
    with pdfium.PdfDocument.new() as document:
        document.save(data)
    return data.getvalue()


def looping_pdf() -> bytes:
    """A page tree that contains itself."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 100000>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF"
    )


def endless_stream_pdf() -> bytes:
    """A page whose content draws a form that draws itself."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</X 4 0 R>>>>/Contents 5 0 R>>",
        b"<</Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 4 0 R>>>>/Length 5>>stream\n/X Do\nendstream",
        b"<</Length 5>>stream\n/X Do\nendstream",
    ]
    body = b"".join(b"%d 0 obj%s endobj\n" % (number, item) for number, item in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF"


def laughs() -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "ha">{entities}]><w>&l9;</w>'


def bomb(megabytes: int = 64) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("word/document.xml", "<w/>")
        with archive.open("word/media/image1.bmp", "w") as member:
            for _ in range(megabytes):
                member.write(b"\x00" * 1024 * 1024)
    return data.getvalue()


def nested(depth: int = 5) -> bytes:
    inner: bytes = b"the bottom"
    for _ in range(depth):
        inner = zipped({"word/embeddings/inner.docx": inner})
    return docx("<w/>", **{"word/embeddings/deep.docx": inner})


def lying() -> bytes:
    """Sizes in both headers are far below what comes out."""
    data = bytearray(zipped({"word/document.xml": b"A" * 3_000_000, "[Content_Types].xml": CONTENT_TYPES}))
    for magic, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(magic) + offset
        data[at : at + 4] = struct.pack("<I", 10)
    return bytes(data)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png() -> bytes:
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 99))
        + chunk(b"IEND", b"")
    )


def ole(*streams: str) -> bytes:
    names = b"".join(name.encode("utf-16-le").ljust(64, b"\x00") for name in streams)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504 + names + b"\x00" * 1024


def noise_png(cut: float) -> bytes:
    data = io.BytesIO()
    Image.effect_noise((200, 200), 90).save(data, "PNG")
    return data.getvalue()[: int(len(data.getvalue()) * cut)]


random.seed(7)
NOISE = random.randbytes(4096)

CASES: list[tuple[str, str, Callable[[], bytes], type[ReadError] | tuple[type[ReadError], ...]]] = [
    ("nothing in it", "a.pdf", lambda: b"", EmptyDocument),
    ("white space", "a.txt", lambda: b" \r\n\t " * 100, EmptyDocument),
    ("a PDF cut short", "a.pdf", lambda: pdf()[:180], CorruptDocument),
    ("a PDF of noise", "a.pdf", lambda: b"%PDF-1.7\n" + NOISE, CorruptDocument),
    ("a PDF without pages", "a.pdf", no_pages, (EmptyDocument, CorruptDocument)),
    (
        "a PDF that contains itself",
        "a.pdf",
        looping_pdf,
        (CorruptDocument, EmptyDocument, LimitExceeded, ReaderCrashed),
    ),
    ("a form that draws itself", "a.pdf", endless_stream_pdf, (CorruptDocument, EmptyDocument, ReaderCrashed)),
    ("a PDF with a password", "a.pdf", lambda: pdf(password="lantern"), PasswordNeeded),
    ("an image called PDF, cut short", "a.pdf", lambda: noise_png(0.5), CorruptDocument),
    ("an image of impossible size", "a.png", huge_png, LimitExceeded),
    ("a zip bomb", "a.docx", bomb, LimitExceeded),
    ("a nested bomb", "a.docx", nested, LimitExceeded),
    ("a zip with lying headers", "a.docx", lying, CorruptDocument),
    ("a zip cut short", "a.docx", lambda: docx("<w/>" * 500)[:300], CorruptDocument),
    ("a billion laughs", "a.docx", lambda: docx(laughs()), CorruptDocument),
    ("a zip that is no document", "a.docx", lambda: zipped({"../../etc/cron.d/evil": "x"}), UnsupportedFormat),
    ("an encrypted Word file", "a.docx", lambda: ole("EncryptionInfo", "EncryptedPackage"), PasswordNeeded),
    ("an old Word file", "a.docx", lambda: ole("WordDocument", "1Table"), UnsupportedFormat),
    ("random bytes", "a.bin", lambda: b"\x93" + NOISE, UnsupportedFormat),
    ("random bytes called text", "a.txt", lambda: b"\x93" + NOISE, UnsupportedFormat),
    ("a program called report", "report.pdf", lambda: b"MZ\x90\x00" + NOISE, UnsupportedFormat),
    ("a script's binary", "a", lambda: b"\x7fELF" + NOISE, UnsupportedFormat),
    ("text full of zeros", "a.txt", lambda: b"a lamp\x00\x00 and\x00 a door" * 50, UnsupportedFormat),
    ("a sound", "a.mp3", lambda: b"ID3\x04" + NOISE, UnsupportedFormat),
]


@pytest.mark.parametrize(("name", "make", "error"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_ends_with_its_own_error(
    pool: ReaderPool,
    read_file: Callable[..., list[object]],
    tmp_path: Path,
    name: str,
    make: Callable[[], bytes],
    error: type[ReadError] | tuple[type[ReadError], ...],
) -> None:
    path = tmp_path / "content"
    path.write_bytes(make())
    with pytest.raises(error) as caught:
        read_file(path, name)
    assert caught.value.sentence.strip().endswith(".")
    assert caught.value.next_step.strip().endswith(".")
    assert str(tmp_path) not in str(caught.value)


NAMES = [
    "../../../etc/passwd",
    "/etc/shadow",
    "..\\..\\windows\\system32",
    "a\x00b.pdf",
    "CON",
    "名" * 3000,
    "\u202efdp.exe",
    "-rf *; $(reboot) `id`",
    "",
    ".",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_is_never_a_path(read_file: Callable[..., list[object]], tmp_path: Path, name: str) -> None:
    path = tmp_path / "content"
    path.write_bytes(pdf(1))
    page = read_file(path, name)[-1]
    assert isinstance(page, Page)
    assert page.text == "The keeper lit the lamp, page 0."
    assert {found.name for found in tmp_path.iterdir()} == {"content", "findings"}


def test_a_damaged_page_does_not_take_the_others_with_it(
    read_file: Callable[..., list[object]], tmp_path: Path
) -> None:
    data = re.sub(rb"/Kids \[ (\d+) 0 R (\d+) 0 R", rb"/Kids [ \1 0 R 99 0 R", pdf(3))
    (tmp_path / "a.pdf").write_bytes(data)
    pages = [item for item in read_file(tmp_path / "a.pdf") if isinstance(item, Page)]
    assert [(page.number, bool(page.error), bool(page.blocks)) for page in pages] == [
        (1, False, True),
        (2, True, False),
        (3, False, True),
    ]


def test_random_damage_never_escapes_as_anything_else(read_file: Callable[..., list[object]], tmp_path: Path) -> None:
    """Bytes flipped at random in good files: either they are still read, or a typed error says what is wrong."""
    source = random.Random(11)
    good = [pdf(3), noise_png(1.0), docx("<w/>" * 100)]
    outcomes = set()
    for turn in range(24):
        data = bytearray(good[turn % 2 if turn < 18 else 2])
        for _ in range(12):
            data[source.randrange(len(data))] = source.randrange(256)
        path = tmp_path / f"{turn}"
        path.write_bytes(bytes(data))
        try:
            read_file(path, "a.pdf")
            outcomes.add("read")
        except ReadError as error:
            outcomes.add(type(error).__name__)
            assert error.sentence
            assert error.next_step
    assert "read" in outcomes
    assert len(outcomes) > 1
