"""Whatever is done to a file, reading ends with pages or with one of our errors, and soon."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import odfdo
import openpyxl
import pptx
import pytest

from core.errors import ReadError
from core.reading.conversion import translated

Read = Callable[..., Any]


def make_docx(path: Path) -> None:
    document = docx.Document()
    document.add_heading("Head", 1)
    document.add_paragraph("Some words about pumps.")
    document.add_table(2, 2).cell(0, 0).text = "A"
    document.save(str(path))


def make_pptx(path: Path) -> None:
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "Some words"
    deck.save(str(path))


def make_xlsx(path: Path) -> None:
    workbook = openpyxl.Workbook()
    for row in (["a", "b"], [1, 2.5], ["x", None]):
        workbook.active.append(row)
    workbook.active.merge_cells("A4:B5")
    workbook.save(path)


def make_odt(path: Path) -> None:
    document = odfdo.Document("text")
    document.body.append(odfdo.Paragraph("Some words"))
    document.save(str(path))


def make_ods(path: Path) -> None:
    document = odfdo.Document("spreadsheet")
    table = odfdo.Table("S")
    table.set_values([["a", "b"], [1, 2]])
    document.body.append(table)
    document.save(str(path))


def make_html(path: Path) -> None:
    path.write_text("<html><body><h1>Head</h1><table><tr><th>A<td>1</table><p>Some words</p></body></html>")


def make_eml(path: Path) -> None:
    message = EmailMessage()
    message["From"], message["Subject"], message["To"] = "a@example.org", "Words", "b@example.org"
    message.set_content("Some words")
    message.add_attachment(b"12345", "application", "pdf", filename="a.pdf")
    path.write_bytes(message.as_bytes())


def make_csv(path: Path) -> None:
    path.write_text('a,b,c\n1,"x, y",3\n4,5,6\n7,8,9\n')


MAKERS = {
    "a.docx": make_docx,
    "a.pptx": make_pptx,
    "a.xlsx": make_xlsx,
    "a.odt": make_odt,
    "a.ods": make_ods,
    "a.html": make_html,
    "a.eml": make_eml,
    "a.csv": make_csv,
}


def flipped(data: bytes, chance: random.Random, share: float) -> bytes:
    changed = bytearray(data)
    for _ in range(max(1, int(len(data) * share))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def damaged_versions(path: Path, chance: random.Random) -> list[bytes]:
    """Cut short, with bytes changed, and, for zip files, with bytes changed inside a member."""
    whole = path.read_bytes()
    versions = [whole[: len(whole) * part // 4] for part in (1, 2, 3)] + [
        flipped(whole, chance, 0.002) for _ in range(4)
    ]
    if not zipfile.is_zipfile(path):
        return versions
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    for name in sorted(members):
        if name.endswith((".xml", ".rels")) and members[name] and "theme" not in name and "Layout" not in name:
            target = path.with_name("member.zip")
            with zipfile.ZipFile(target, "w") as archive:
                for member, data in members.items():
                    archive.writestr(member, flipped(data, chance, 0.005) if member == name else data)
            versions.append(target.read_bytes())
    return versions


@pytest.mark.parametrize("name", MAKERS)
def test_damage_has_a_typed_end(tmp_path: Path, reading: Read, name: str) -> None:
    whole = tmp_path / "whole" / name
    whole.parent.mkdir()
    MAKERS[name](whole)
    assert reading(whole).text
    for number, data in enumerate(damaged_versions(whole, random.Random(7))):
        broken = tmp_path / f"{number}-{name}"
        broken.write_bytes(data)
        try:
            reading(broken)
        except ReadError as error:
            assert error.sentence.endswith(".")
            assert error.next_step


@pytest.mark.parametrize(
    ("raised", "name"),
    [
        (MemoryError(), "LimitExceeded"),
        (RecursionError(), "CorruptDocument"),
        (KeyError("word/document.xml"), "CorruptDocument"),
        (OSError("bad"), "CorruptDocument"),
    ],
)
def test_foreign_errors_become_ours(raised: Exception, name: str) -> None:
    with pytest.raises(ReadError) as caught, translated("docx"):
        raise raised
    assert type(caught.value).__name__ == name
    assert caught.value.__cause__ is raised


def test_doclings_limits_become_ours() -> None:
    from docling.backend.utils.archive_limits import ArchiveLimitError

    with pytest.raises(ReadError) as caught, translated("docx"):
        raise ArchiveLimitError("too much")
    assert type(caught.value).__name__ == "LimitExceeded"
