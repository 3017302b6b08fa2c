"""Kinds by content. The name is wrong on purpose wherever it must not matter."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from core.errors import EmptyDocument, PasswordNeeded, UnsupportedFormat
from core.reading.sniff import sniff

MAIL = "From: Ada <ada@example.org>\nTo: Bo\nSubject: The lamp\nDate: Mon, 1 Jun 2026 10:00:00 +0000\n\nIt is lit.\n"
PYTHON = "import os\n\n\ndef main():\n    return os.getcwd()\n\n\nclass Lamp:\n    pass\n"
PROSE = "The keeper counted forty ships, and wrote their names into the log.\nNone of them was known in this town.\n"
MARKDOWN = "# Lamps\n\nThey are **lit** at dusk.\n\n- one\n- two\n\n## More\n\nSee [here](https://example.org/x).\n"
ASCIIDOC = "= Lamps\n:author: Ada\n\n== First\n\nText.\n\n[source,python]\n----\nprint(1)\n----\n"


def zipped(**members: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), text)
    return data.getvalue()


def office(folder: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"{folder}/main.xml", "<x/>")
    return data.getvalue()


def image(form: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (4, 4)).save(data, form)
    return data.getvalue()


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504 + stream.encode("utf-16-le") + b"\x00" * 600


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"%PDF-1.7\n...", "letter.docx", "pdf"),
        (b"\xef\xbb\xbf\n%PDF-1.4\n", "x", "pdf"),
        (office("word"), "x.xlsx", "docx"),
        (office("ppt"), "x.zip", "pptx"),
        (office("xl"), "x.pdf", "xlsx"),
        (zipped(mimetype="application/vnd.oasis.opendocument.text"), "x", "odt"),
        (zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "x", "ods"),
        (zipped(mimetype="application/vnd.oasis.opendocument.presentation"), "x", "odp"),
        (zipped(mimetype="application/epub+zip"), "x.zip", "epub"),
        *((image(form), "x.txt", "image") for form in ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")),
        (b"<!DOCTYPE html><html><body>Hi</body></html>", "x.md", "html"),
        (b"<?xml version='1.0'?>\n<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>", "x", "html"),
        (b"<div><p>One</p><p>Two</p></div>", "x.txt", "html"),
        (MAIL.encode(), "message.txt", "email"),
        (b"Received: by x\n\tid 1\n" + MAIL.encode(), "noname", "email"),
        (MARKDOWN.encode(), "readme.txt", "markdown"),
        (PROSE.encode(), "notes.md", "markdown"),
        (ASCIIDOC.encode(), "x.txt", "asciidoc"),
        (b"name,year,cost\nlamp,1998,12\ndoor,2004,9\n", "x.txt", "csv"),
        (b"name;year\nlamp;1998\n", "x.csv", "csv"),
        (b"name\tyear\tcost\nlamp\t1998\t3\nx\t1\t2\n", "x", "csv"),
        (PYTHON.encode(), "x.txt", "code"),
        (PYTHON.encode(), "x.py", "code"),
        (b"key: value\nother: 3\n", "x.yaml", "code"),
        (b'{"a": [1, 2], "b": {"c": 3}}', "x.json", "code"),
        (b"<?xml version='1.0'?><lamps><lamp/></lamps>", "x.xml", "code"),
        (b'{"text": "One record.", "title": "R"}', "x.json", "record"),
        (b'{\n  "text": "One record.",\n  "metadata": {"a": 1}\n}', "x", "record"),
        (b'{"text": "one"}\n{"text": "two"}\n', "x.txt", "jsonl"),
        (b'{"text": "one"}\n', "x.jsonl", "jsonl"),
        (PROSE.encode(), "x.csv", "text"),
        (PROSE.encode(), "x.html", "text"),
        (PROSE.encode(), "", "text"),
        ("Größe, Maße und Übermaß\nsind etwas für Fußgänger.".encode("latin-1"), "x", "text"),
        (PROSE.encode("utf-16"), "x", "text"),
        (PROSE.encode("utf-16-le"), "x", "text"),
        ("Корабли стояли в гавани.\n".encode(), "x.xyz", "text"),
        ("灯台は夕暮れに灯された。\n".encode(), "x.bin", "text"),
    ],
)
def test_kinds(tmp_path: Path, content: bytes, name: str, kind: str) -> None:
    path = tmp_path / "content"
    path.write_bytes(content)
    assert sniff(path, name) == kind


@pytest.mark.parametrize(
    ("content", "name", "error", "says"),
    [
        (b"", "a.pdf", EmptyDocument, "0 bytes"),
        (b" \n\t\n", "a.txt", EmptyDocument, "white space"),
        ("\u200b\u200e \n".encode() * 50, "a.txt", EmptyDocument, "white space"),
        (zipped(), "a.docx", EmptyDocument, "archive is empty"),
        (b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 200, "report.pdf", UnsupportedFormat, "Windows program"),
        (b"\x7fELF\x02\x01\x01" + b"\x00" * 200, "report.docx", UnsupportedFormat, "Linux program"),
        (zipped(readme="x"), "a.docx", UnsupportedFormat, "Unpack it"),
        (office("visio"), "a.docx", UnsupportedFormat, "Office file"),
        (b"Rar!\x1a\x07\x01\x00" + b"\x00" * 50, "a.txt", UnsupportedFormat, "RAR"),
        (b"\x1f\x8b\x08" + b"\x00" * 50, "a.txt", UnsupportedFormat, "gzip"),
        (b"\x00\x00\x00\x20ftypisom" + b"\x00" * 50, "a.pdf", UnsupportedFormat, "video"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "a.wav", UnsupportedFormat, "sound"),
        (b"SQLite format 3\x00" + b"\x00" * 80, "a.csv", UnsupportedFormat, "database"),
        (b"{\\rtf1\\ansi Hello}", "a.doc", UnsupportedFormat, "Save it as .docx"),
        (ole("WordDocument"), "a.docx", UnsupportedFormat, "Save it as .docx"),
        (ole("Workbook"), "a.csv", UnsupportedFormat, "Save it as .xlsx"),
        (ole("PowerPoint Document"), "a", UnsupportedFormat, "Save it as .pptx"),
        (ole("EncryptedPackage"), "a.docx", PasswordNeeded, "remove the password"),
        (bytes(range(256)) * 8, "a.txt", UnsupportedFormat, "binary"),
        (b"Text with\x00\x00\x00 zeros in it" * 20, "a.txt", UnsupportedFormat, "binary"),
    ],
)
def test_what_is_refused_is_named(tmp_path: Path, content: bytes, name: str, error: type, says: str) -> None:
    path = tmp_path / "content"
    path.write_bytes(content)
    with pytest.raises(error, match=says):
        sniff(path, name)
