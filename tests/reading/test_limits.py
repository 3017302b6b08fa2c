"""What a file may cost: size, unpacked size, ratio, nesting. Headers that lie are found out."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from core.errors import CorruptDocument, EmptyDocument, LimitExceeded, PasswordNeeded
from core.reading.limits import MAX_DEPTH, RATIO_FLOOR, check_archive, check_file, check_pixels
from core.reading.protocol import MEGABYTE, Limits

ZEROS = b"\x00" * MEGABYTE


def zipped(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def put(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "a.docx"
    path.write_bytes(data)
    return path


def big(megabytes: int) -> bytes:
    """A zip of one member that unpacks to this many megabytes of zeros."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/media/x.bin", "w") as member:
        for _ in range(megabytes):
            member.write(ZEROS)
    return data.getvalue()


def lying(data: bytes, size: int) -> bytes:
    """The zip with the unpacked size of its first member changed in both headers."""
    changed = bytearray(data)
    for magic, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = changed.index(magic) + offset
        changed[at : at + 4] = struct.pack("<I", size)
    return bytes(changed)


def test_files_have_a_size(tmp_path: Path) -> None:
    path = put(tmp_path, b"12345")
    check_file(path, Limits(file_bytes=5))
    with pytest.raises(LimitExceeded, match="QUELLWERK_MAX_FILE_MB"):
        check_file(path, Limits(file_bytes=4))
    with pytest.raises(EmptyDocument):
        check_file(put(tmp_path, b""), Limits())
    with pytest.raises(CorruptDocument):
        check_file(tmp_path, Limits())


def test_an_ordinary_archive_passes(tmp_path: Path) -> None:
    inner = zipped({"xl/workbook.xml": b"<workbook/>"})
    data = zipped({"word/document.xml": b"<w>" + b"text " * 5000 + b"</w>", "word/embeddings/a.xlsx": inner})
    check_archive(put(tmp_path, data), Limits())


def test_a_bomb_is_seen_in_its_directory(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded, match="times its size"):
        check_archive(put(tmp_path, big(RATIO_FLOOR // MEGABYTE + 2)), Limits())
    with pytest.raises(LimitExceeded, match="more than 3 MB"):
        check_archive(put(tmp_path, big(4)), Limits(unpacked_bytes=3 * MEGABYTE))


def test_a_directory_that_lies_about_sizes_does_not_help(tmp_path: Path) -> None:
    data = lying(big(8), 1000)
    with pytest.raises((LimitExceeded, CorruptDocument)):
        check_archive(put(tmp_path, data), Limits(unpacked_bytes=3 * MEGABYTE))


def test_archives_in_archives_count_together_and_only_so_deep(tmp_path: Path) -> None:
    data = zipped({f"{number}.zip": big(2) for number in range(3)})
    with pytest.raises(LimitExceeded, match="unpacks to more"):
        check_archive(put(tmp_path, data), Limits(unpacked_bytes=5 * MEGABYTE))
    nested = b"bottom"
    for _ in range(MAX_DEPTH + 1):
        nested = zipped({"a.zip": nested})
    with pytest.raises(LimitExceeded, match="nested"):
        check_archive(put(tmp_path, nested), Limits())


def test_members_that_overlap_are_a_bomb(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.bin": b"A" * 5000, "b.bin": b"B" * 5000}))
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 0)  # both entries now use the first one's bytes
    with pytest.raises(CorruptDocument, match="overlap"):
        check_archive(put(tmp_path, bytes(data)), Limits())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_entities_are_refused_before_any_parser_sees_them(tmp_path: Path, encoding: str) -> None:
    laughs = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><w>&b;</w>'
    data = zipped({"word/document.xml": (" " * 300_000 + laughs).encode(encoding)})
    with pytest.raises(CorruptDocument, match="entities"):
        check_archive(put(tmp_path, data), Limits())


def test_damage_and_passwords_are_told_apart(tmp_path: Path) -> None:
    data = zipped({"a.xml": bytes(range(256)) * 40})
    with pytest.raises(CorruptDocument):
        check_archive(put(tmp_path, data[: len(data) // 2]), Limits())
    flipped = bytearray(data)
    flipped[60] ^= 0xFF
    with pytest.raises(CorruptDocument):
        check_archive(put(tmp_path, bytes(flipped)), Limits())
    locked = bytearray(data)
    locked[6] |= 1
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(PasswordNeeded):
        check_archive(put(tmp_path, bytes(locked)), Limits())


def test_checking_takes_no_memory_worth_mentioning(tmp_path: Path) -> None:
    path = put(tmp_path, big(24))
    tracemalloc.start()
    check_archive(path, Limits())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MEGABYTE


def test_pixels_are_limited() -> None:
    check_pixels(4000, 3000, Limits())
    with pytest.raises(LimitExceeded, match="million"):
        check_pixels(100_000, 100_000, Limits())
