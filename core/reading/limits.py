"""What a file may cost before anybody looks into it: size, unpacked size, nesting, pixels. Headers are not believed."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from core.errors import CorruptDocument, EmptyDocument, LimitExceeded, PasswordNeeded
from core.reading.protocol import MEGABYTE, Limits

MAX_MEMBERS = 50_000
MAX_DEPTH = 3
"""Archives within archives: a chart's workbook in a presentation in a document, and no more."""

RATIO_FLOOR = 32 * MEGABYTE
"""Bytes. Below this an extreme ratio harms nobody, and small files of repetitive XML do reach one."""

PIECE = 256 * 1024
_ZIP = b"PK\x03\x04"
_MARKUP = (".xml", ".rels", ".xhtml", ".html", ".htm", ".svg", ".opf", ".ncx", ".vml", ".rdf")
_ENTITY = (b"<!ENTITY", "<!ENTITY".encode("utf-16-le"), "<!ENTITY".encode("utf-16-be"))
_NEXT_SAVE = "Open it in the program it was made with, save it again, and add that copy."


def check_file(path: Path, limits: Limits) -> None:
    """Raises EmptyDocument for no bytes, LimitExceeded for too many, CorruptDocument for anything but a file."""
    if not path.is_file():
        raise CorruptDocument("This is not a file, or it is gone.", "Add it again.")
    size = path.stat().st_size
    if size == 0:
        raise EmptyDocument("This file is empty (0 bytes).", "Check where it came from and add it again.")
    if size > limits.file_bytes:
        raise LimitExceeded(
            f"This file has {size / MEGABYTE:,.0f} MB; {limits.file_bytes / MEGABYTE:,.0f} MB are allowed.",
            "Split it, or raise QUELLWERK_MAX_FILE_MB.",
        )


def check_pixels(width: int, height: int, limits: Limits) -> None:
    """Raises LimitExceeded for an image that would unpack to too many pixels."""
    if width * height > limits.pixels:
        raise LimitExceeded(
            f"This image has {width:,} × {height:,} pixels; {limits.pixels // 1_000_000:,} million are allowed.",
            "Make it smaller and add that copy.",
        )


def check_archive(path: Path, limits: Limits) -> None:
    """Read a zip-based document once to its end, counting what really comes out.

    Raises LimitExceeded when it unpacks to too much or nests too deep, CorruptDocument when it is damaged, lies about
    its sizes or defines XML entities, PasswordNeeded when its members are encrypted. Memory use is constant.
    """
    _Inspection(limits, path.stat().st_size).archive(path, depth=1)


class _Inspection:
    """The counts over one file, nested archives included."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self._limits = limits
        self._packed = max(1, packed)
        self._unpacked = 0
        self._members = 0

    def archive(self, source: Path | IO[bytes], depth: int) -> None:
        if depth > MAX_DEPTH:
            raise LimitExceeded(f"This file holds archives nested more than {MAX_DEPTH} deep.", "Unpack it first.")
        try:
            with zipfile.ZipFile(source) as archive:
                members = archive.infolist()
                self._declared(members)
                for member in members:
                    self._member(archive, member, depth)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise CorruptDocument("This file is damaged or cut short.", _NEXT_SAVE) from error
        except RuntimeError as error:  # zipfile's way of asking for a password
            raise PasswordNeeded("This file is protected by a password.", "Remove the password and add it.") from error

    def _declared(self, members: list[zipfile.ZipInfo]) -> None:
        """What the directory admits to; members that overlap make a bomb out of few bytes."""
        self._members += len(members)
        if self._members > MAX_MEMBERS:
            raise LimitExceeded(f"This file has more than {MAX_MEMBERS:,} parts.", "Split it.")
        self._check_total(self._unpacked + sum(member.file_size for member in members))
        end = -1
        for member in sorted((item for item in members if item.compress_size), key=lambda item: item.header_offset):
            if member.header_offset < end:
                raise CorruptDocument("The parts of this file overlap, as they do in a zip bomb.", "Do not use it.")
            end = member.header_offset + 30 + member.compress_size

    def _member(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, depth: int) -> None:
        if member.is_dir():
            return
        markup = member.filename.lower().endswith(_MARKUP)
        tail, first = b"", True
        with archive.open(member) as stream:
            for piece in _pieces(stream):
                self._unpacked += len(piece)
                self._check_total(self._unpacked)
                if first and piece.startswith(_ZIP):
                    with archive.open(member) as inner:
                        self.archive(inner, depth + 1)
                first = False
                if markup:
                    self._check_entities(tail + piece)
                    tail = piece[-32:]

    def _check_total(self, unpacked: int) -> None:
        if unpacked > self._limits.unpacked_bytes:
            raise LimitExceeded(
                f"This file unpacks to more than {self._limits.unpacked_bytes / MEGABYTE:,.0f} MB.",
                "Split it, or raise QUELLWERK_MAX_UNPACKED_MB.",
            )
        if unpacked > RATIO_FLOOR and unpacked / self._packed > self._limits.unpack_ratio:
            raise LimitExceeded(
                f"This file unpacks to more than {self._limits.unpack_ratio} times its size, as a zip bomb does.",
                "If it is genuine, save it as PDF and add that, or raise QUELLWERK_MAX_UNPACK_RATIO.",
            )

    @staticmethod
    def _check_entities(text: bytes) -> None:
        if any(mark in text for mark in _ENTITY):
            raise CorruptDocument(
                "This file defines XML entities, which no office program writes and attacks are made of.", _NEXT_SAVE
            )


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(PIECE):
        yield piece
