"""What kind of document a file is, by its content. The name only decides between kinds of text that look alike."""

from __future__ import annotations

import unicodedata
import zipfile
from pathlib import Path

from core.errors import CorruptDocument, EmptyDocument, PasswordNeeded, UnsupportedFormat
from core.reading.textkinds import decode, text_kind

HEAD = 64 * 1024
"""Bytes that are looked at; for kinds of text more do not tell more."""

_INVISIBLE = {"Zs", "Zl", "Zp", "Cc", "Cf"}  # blanks, controls, and formats such as a zero-width space
_SAVE_AS_PDF = "Open it in the program it was made with, save it as PDF, and add that."

_IMAGES = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"II*\x00",
    b"MM\x00*",
    b"II+\x00",
    b"MM\x00+",
    b"GIF87a",
    b"GIF89a",
)

# first bytes -> what a person calls it, and the next step
_REFUSED: tuple[tuple[bytes, str, str], ...] = (
    (b"MZ", "a Windows program", "Programs are not documents; leave it out."),
    (b"\x7fELF", "a Linux program", "Programs are not documents; leave it out."),
    (b"\xca\xfe\xba\xbe", "a program", "Programs are not documents; leave it out."),
    (b"\xcf\xfa\xed\xfe", "a macOS program", "Programs are not documents; leave it out."),
    (b"\xce\xfa\xed\xfe", "a macOS program", "Programs are not documents; leave it out."),
    (b"\x00asm", "a WebAssembly program", "Programs are not documents; leave it out."),
    (b"Rar!\x1a\x07", "a RAR archive", "Unpack it and add the files in it."),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it and add the files in it."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and add the files in it."),
    (b"BZh", "a bzip2 archive", "Unpack it and add the files in it."),
    (b"\xfd7zXZ\x00", "an xz archive", "Unpack it and add the files in it."),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "Unpack it and add the files in it."),
    (b"MSCF", "a Windows cabinet archive", "Unpack it and add the files in it."),
    (b"ID3", "a sound recording", "Add a transcript of it."),
    (b"\xff\xfb", "a sound recording", "Add a transcript of it."),
    (b"fLaC", "a sound recording", "Add a transcript of it."),
    (b"OggS", "a sound or video recording", "Add a transcript of it."),
    (b"\x1aE\xdf\xa3", "a video", "Add a transcript of it."),
    (b"\x00\x00\x01\xba", "a video", "Add a transcript of it."),
    (b"SQLite format 3\x00", "a database", "Export the tables you need as CSV and add those."),
    (b"{\\rtf", "a rich text (RTF) file", "Save it as .docx or PDF and add that."),
    (b"%!PS", "a PostScript file", "Convert it to PDF and add that."),
    (b"wOFF", "a font", "Leave it out."),
    (b"wOF2", "a font", "Leave it out."),
    (b"\x00\x01\x00\x00\x00", "a font", "Leave it out."),
    (b"OTTO", "a font", "Leave it out."),
    (b"8BPS", "a Photoshop file", "Export it as PNG or PDF and add that."),
    (b"AT&TFORM", "a DjVu file", "Convert it to PDF and add that."),
    (b"!BDN", "an Outlook mailbox", "Save the messages you need as .eml and add those."),
    (b"PAR1", "a Parquet file", "Export it as CSV and add that."),
)

_OPEN_DOCUMENT = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.text-template": "odt",
    "application/vnd.oasis.opendocument.spreadsheet-template": "ods",
    "application/vnd.oasis.opendocument.presentation-template": "odp",
    "application/epub+zip": "epub",
}


def sniff(path: Path, name: str) -> str:
    """The kind of a file, one of `core.reading.registry.KINDS`.

    Raises EmptyDocument for a file without content, UnsupportedFormat for a kind we do not read (the sentence says
    which), CorruptDocument for a broken container, PasswordNeeded for an encrypted office file.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(0, 2)
        whole = file.tell() == len(head)
    if not head:
        raise EmptyDocument("This file is empty (0 bytes).", "Check where it came from and add it again.")
    kind = _binary_kind(path, head)
    if kind:
        return kind
    text = decode(head, whole)
    if text is None:
        raise UnsupportedFormat("This is a binary file of a kind that cannot be read.", _SAVE_AS_PDF)
    if not text.strip() or (whole and all(unicodedata.category(letter) in _INVISIBLE for letter in text)):
        raise EmptyDocument("There is only white space in this file.", "Check where it came from and add it again.")
    return text_kind(text, name, whole, path)


def _binary_kind(path: Path, head: bytes) -> str:
    """The kind by its first bytes, "" for what may be text."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip_kind(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole_kind(path)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(_IMAGES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "image"
    if head.startswith(b"BM") and _is_bitmap(head):
        return "image"
    _refuse_media(head)
    for magic, what, step in _REFUSED:
        if head.startswith(magic) and not (magic == b"MZ" and _reads_as_text(head)):
            raise UnsupportedFormat(f"This is {what}, not a document.", step)
    if head[257:262] == b"ustar":
        raise UnsupportedFormat("This is a tar archive, not a document.", "Unpack it and add the files in it.")
    return ""


def _reads_as_text(head: bytes) -> bool:
    return b"\x00" not in head[:512]


def _is_bitmap(head: bytes) -> bool:
    return len(head) > 26 and head[6:10] == b"\x00" * 4 and int.from_bytes(head[14:18], "little") in (12, 40, 108, 124)


def _refuse_media(head: bytes) -> None:
    if head[4:8] == b"ftyp":
        if head[8:12] in (b"heic", b"heix", b"mif1", b"avif", b"msf1"):
            raise UnsupportedFormat("This is a HEIC or AVIF picture.", "Save it as JPEG or PNG and add that.")
        raise UnsupportedFormat("This is a video or sound recording, not a document.", "Add a transcript of it.")
    if head[:4] == b"RIFF" and head[8:12] in (b"WAVE", b"AVI "):
        raise UnsupportedFormat("This is a video or sound recording, not a document.", "Add a transcript of it.")


def _zip_kind(path: Path) -> str:
    """The kind of a zip-based document by its members."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {member.filename for member in archive.infolist()}
            mimetype = archive.read("mimetype")[:200] if _small(archive, names, "mimetype") else b""
    except RuntimeError as error:
        raise PasswordNeeded("This file is protected by a password.", "Remove the password and add it.") from error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise CorruptDocument(
            "This file is damaged or cut short: it begins like an office file and does not end like one.",
            "Get it again from where it came, and add that copy.",
        ) from error
    kind = _OPEN_DOCUMENT.get(mimetype.decode("ascii", "replace").strip())
    if kind:
        return kind
    if "[Content_Types].xml" in names:
        for member, office in (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "xlsx")):
            if any(name.startswith(member) for name in names):
                if office == "xlsx" and "xl/workbook.bin" in names:
                    raise UnsupportedFormat(
                        "This is a binary Excel workbook (.xlsb).", "Save it as .xlsx and add that."
                    )
                return office
        raise UnsupportedFormat("This is an Office file of a kind that cannot be read.", _SAVE_AS_PDF)
    if "META-INF/container.xml" in names:
        return "epub"
    if not names:
        raise EmptyDocument("This archive is empty.", "Check where it came from and add it again.")
    if "META-INF/MANIFEST.MF" in names:
        raise UnsupportedFormat("This is a Java program, not a document.", "Programs are not documents; leave it out.")
    raise UnsupportedFormat("This is a zip archive, not a document.", "Unpack it and add the files in it.")


def _small(archive: zipfile.ZipFile, names: set[str], member: str) -> bool:
    return member in names and archive.getinfo(member).file_size < 1000


def _ole_kind(path: Path) -> str:
    """Outlook messages, old and encrypted Office files share a container; its directory names what is inside."""
    data = path.read_bytes()[: 32 * 1024 * 1024]

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("__substg1.0_") and has("__properties_version1.0"):  # first, since its attachments may look like the others
        return "email"
    if has("EncryptedPackage"):
        raise PasswordNeeded(
            "This Office file is encrypted with a password.",
            "Open it in Office, remove the password (File, Info, Protect), and add that copy.",
        )
    for stream, what, new in (
        ("WordDocument", "an old Word file (.doc)", ".docx"),
        ("PowerPoint Document", "an old PowerPoint file (.ppt)", ".pptx"),
        ("Workbook", "an old Excel file (.xls)", ".xlsx"),
        ("Book", "an old Excel file (.xls)", ".xlsx"),
    ):
        if has(stream):
            raise UnsupportedFormat(f"This is {what}.", f"Save it as {new} and add that.")
    raise UnsupportedFormat("This is an old Office file of a kind that cannot be read.", _SAVE_AS_PDF)
