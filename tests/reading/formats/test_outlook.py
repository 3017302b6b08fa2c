"""Outlook messages, from a compound file that the test writes itself."""

from __future__ import annotations

import struct
from pathlib import Path

from core.reading.mail import read_mail
from core.reading.protocol import Limits, ReadContext
from core.reading.sniff import sniff
from core.records import Attachment, DocumentHead, Page

FREE, END = 0xFFFFFFFF, 0xFFFFFFFE
Tree = dict[str, "bytes | Tree"]


def compound(tree: Tree) -> bytes:
    """A compound file (version 3) of storages and streams. Streams are padded to 4096 bytes and live in sectors."""
    entries: list[list[object]] = []  # name, type, right sibling, child, data

    def add(name: str, content: bytes | Tree) -> int:
        at = len(entries)
        entries.append([name, 2 if isinstance(content, bytes) else (1 if at else 5), FREE, FREE, content])
        if isinstance(content, dict):
            previous = FREE
            for child, inner in content.items():
                number = add(child, inner)
                if previous == FREE:
                    entries[at][3] = number
                else:
                    entries[previous][2] = number
                previous = number
        return at

    add("Root Entry", tree)
    sectors: list[bytes] = []
    fat: list[int] = []

    def store(content: bytes) -> int:
        first, count = len(sectors), max(1, -(-len(content) // 512))
        for number in range(count):
            sectors.append(content[number * 512 : number * 512 + 512].ljust(512, b"\x00"))
            fat.append(first + number + 1 if number + 1 < count else END)
        return first

    directory = b""
    for name, kind, right, child, content in entries:
        encoded = str(name).encode("utf-16-le")
        start, size = (store(content), len(content)) if isinstance(content, bytes) else (0 if kind == 1 else END, 0)
        directory += struct.pack(
            "<64sHBBIII16sIQQIQ", encoded, len(encoded) + 2, kind, 1, FREE, right, child, b"", 0, 0, 0, start, size
        )
    first_directory = store(directory.ljust(-(-len(directory) // 512) * 512, b"\x00"))
    fat_sector = len(sectors)
    fat.append(0xFFFFFFFD)
    assert len(fat) <= 128
    sectors.append(struct.pack("<128I", *fat, *[FREE] * (128 - len(fat))))
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1,
        first_directory, 0, 4096, END, 0, END, 0, fat_sector,
    )  # fmt: skip
    return header.ljust(512, b"\xff") + b"".join(sectors)


STREAM = 4096  # bytes; shorter streams would have to live in a stream of their own kind


def properties(reserved: int, *tags: tuple[int, int, int]) -> bytes:
    """A property stream of (tag, type, value) after so many reserved bytes, filled up with numbers nobody asks for."""
    filling = [(0x7000 + number, 0x0003, 0) for number in range(STREAM // 16)]
    rows = (struct.pack("<HHIQ", kind, tag, 6, value) for tag, kind, value in [*tags, *filling])
    return b"\x00" * reserved + b"".join(rows)


def text(words: str) -> bytes:
    return words.ljust(STREAM // 2).encode("utf-16-le")


def test_an_outlook_message(tmp_path: Path) -> None:
    message: Tree = {
        "__properties_version1.0": properties(32, *((tag, 0x001F, STREAM) for tag in (0x0037, 0x1000, 0x007D))),
        "__substg1.0_0037001F": text("Größe der Pumpe"),
        "__substg1.0_1000001F": text("Hallo Bob,\r\n\r\ndie Pumpe ist da."),
        "__substg1.0_007D001F": text(
            "From: Ada Lovelace <ada@example.org>\r\nTo: bob@example.org\r\n"
            "Date: Fri, 01 Mar 2024 10:00:00 +0100\r\n\r\n"
        ),
        "__nameid_version1.0": {},
        "__attach_version1.0_#00000000": {
            "__properties_version1.0": properties(
                8, (0x3705, 0x0003, 1), (0x3701, 0x0102, 4800), (0x3707, 0x001F, STREAM)
            ),
            "__substg1.0_37010102": b"a;b\n1;2\n" * 600,
            "__substg1.0_3707001F": text("teile.csv"),
        },
    }
    path = tmp_path / "a.msg"
    path.write_bytes(compound(message))
    assert sniff(path, "message") == "email"
    head, page, attachment = read_mail(path, "a.msg", ReadContext(Limits(), None, 1, tmp_path))
    assert isinstance(head, DocumentHead)
    assert head.title == "Größe der Pumpe"
    assert head.metadata["from"] == "Ada Lovelace <ada@example.org>"
    assert isinstance(page, Page)
    assert [block.text for block in page.blocks][2:] == ["Hallo Bob,", "die Pumpe ist da."]
    assert isinstance(attachment, Attachment)
    assert attachment.name == "teile.csv"
    assert Path(attachment.path).read_bytes().startswith(b"a;b\n1;2\n")
