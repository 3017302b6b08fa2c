"""E-mail: headers, bodies, attachments as files of their own, messages inside messages, broken ones."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from core.reading.mail import MOST_ATTACHMENTS
from core.records import BlockKind

Read = Callable[..., Any]


def letter(**headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = headers.get("sender", "Ada Lovelace <ada@example.org>")
    message["To"] = "Bob <bob@example.org>, Cem <cem@example.org>"
    message["Date"] = "Fri, 01 Mar 2024 10:00:00 +0100"
    message["Subject"] = headers.get("subject", "Größe der Pumpe")
    return message


def saved(message: EmailMessage, path: Path) -> Path:
    path.write_bytes(message.as_bytes())
    return path


def test_headers_body_and_quotes(tmp_path: Path, reading: Read) -> None:
    message = letter()
    message.set_content("Hallo Bob,\n\ndie Pumpe ist da.\n\n> Wann kommt sie?\n> Eilt es?\n\n- eins\n- zwei\n")
    message.add_alternative("<p>Die <b>HTML</b>-Fassung</p>", subtype="html")
    read = reading(saved(message, tmp_path / "a.eml"))
    assert (read.head.kind, read.head.title, read.head.pages) == ("email", "Größe der Pumpe", None)
    assert read.head.metadata["from"] == "Ada Lovelace <ada@example.org>"
    assert read.head.metadata["date"] == "2024-03-01 10:00+01:00"
    assert read.blocks[0].kind is BlockKind.TITLE
    assert read.blocks[1].text == (
        "From: Ada Lovelace <ada@example.org>\nTo: Bob <bob@example.org>, Cem <cem@example.org>\n"
        "Date: 2024-03-01 10:00+01:00"
    )
    assert read.of(BlockKind.PARAGRAPH)[1:] == ["Hallo Bob,", "die Pumpe ist da.", "> Wann kommt sie?\n> Eilt es?"]
    assert read.of(BlockKind.LIST_ITEM) == ["eins", "zwei"]
    assert "HTML" not in read.text


def test_an_html_body_is_read_when_there_is_no_other(tmp_path: Path, reading: Read) -> None:
    message = letter()
    message.set_content(" \n")
    message.add_alternative(
        "<h1>News</h1><p>Die <b>Pum</b>pe</p><script>x()</script><table><tr><th>A<th>B<tr><td>1<td>2</table>",
        subtype="html",
    )
    read = reading(saved(message, tmp_path / "a.eml"))
    assert "Die Pumpe" in read.text
    assert "| A | B |" in read.text
    assert "x()" not in read.text
    assert [block.text for block in read.blocks if block.kind is BlockKind.TITLE] == ["Größe der Pumpe"]


def test_attachments_become_files_under_made_up_names(tmp_path: Path, reading: Read) -> None:
    message = letter()
    message.set_content("Siehe Anhang.")
    message.add_attachment(b"%PDF-1.4 one", "application", "pdf", filename="../../etc/pässwd.pdf")
    message.add_attachment("a;b\n1;2", subtype="csv", filename="C:\\temp\\teile.csv")
    message.add_attachment(b"raw", "application", "octet-stream")
    inner = letter(subject="Inner", sender="z@example.org")
    inner.set_content("the inner text")
    message.add_attachment(inner)
    read = reading(saved(message, tmp_path / "a.eml"))
    assert [each.name for each in read.attachments] == ["pässwd.pdf", "teile.csv", "attachment 3.bin", "Inner.eml"]
    assert read.head.metadata["attachments"] == [each.name for each in read.attachments]
    assert "Attachments: pässwd.pdf, teile.csv" in read.text
    files = [Path(each.path) for each in read.attachments]
    assert {file.parent for file in files} == {tmp_path / "findings"}
    assert files[0].read_bytes() == b"%PDF-1.4 one"
    again = reading(files[3], name="Inner.eml")
    assert again.head.title == "Inner"
    assert "the inner text" in again.text


def test_pictures_of_the_body_are_no_attachments(tmp_path: Path, reading: Read) -> None:
    message = letter()
    message.set_content("<p>Mit Logo <img src='cid:logo'></p>", subtype="html")
    message.add_related(b"\x89PNG", "image", "png", cid="<logo>")
    read = reading(saved(message, tmp_path / "a.eml"))
    assert read.attachments == ()
    assert "Mit Logo" in read.text


def test_too_many_attachments_are_counted(tmp_path: Path, reading: Read) -> None:
    message = letter()
    message.set_content("viele")
    for number in range(MOST_ATTACHMENTS + 3):
        message.add_attachment(b"x", "application", "pdf", filename=f"{number}.pdf")
    read = reading(saved(message, tmp_path / "a.eml"))
    assert len(read.attachments) == MOST_ATTACHMENTS
    assert read.head.metadata["attachments_left_out"] == 3


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: text/plain; charset=no-such-charset\n\nGr\xc3\xb6\xc3\x9fe",
        b"Content-Type: text/plain; charset=utf-8\n\nGr\xf6\xdfe",
        b'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64\n\nR3LDtsOfZQ',
        b"Content-Type: multipart/mixed; boundary=never\n\nGr\xc3\xb6\xc3\x9fe",
    ],
)
def test_broken_bodies_are_read_as_far_as_they_go(tmp_path: Path, reading: Read, raw: bytes) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(
        b"From: a@example.org\nTo: <<broken\nDate: soon\nSubject: =?utf-8?q?Gr=C3=B6=C3=9Fer?=\nMIME-Version: 1.0\n"
        + raw
    )
    read = reading(path)
    assert read.head.title == "Größer"
    assert "Größe" in read.blocks[-1].text
