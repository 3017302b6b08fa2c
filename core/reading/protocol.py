"""What a reader is given, and how pages travel from a reader's process to ours.

A reader is a function `(path: Path, name: str, ctx: ReadContext) -> Iterator[DocumentHead | Page | Attachment]`: the
head first, then pages numbered from `ctx.start_page` without gaps, attachments wherever they are found. It raises the
errors below `core.errors.ReadError` and nothing else on purpose; anything else becomes CorruptDocument.

A frame on the wire is four bytes of length (big endian) and that many bytes of JSON. Nothing is ever unpickled.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from core.errors import READ_ERRORS, QuellwerkError, ReadError
from storage.records import Attachment, Block, BlockKind, DocumentHead, Page

if TYPE_CHECKING:
    from core.settings import Settings

MAX_FRAME = 256 * 1024 * 1024
"""Bytes. A longer frame means that the stream is out of step."""

MEGABYTE = 1024 * 1024
_LENGTH = struct.Struct(">I")
_JSON = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may cost. Sizes in bytes, times in seconds."""

    file_bytes: int = 512 * MEGABYTE
    pages: int = 10_000
    unpacked_bytes: int = 2048 * MEGABYTE
    unpack_ratio: int = 200
    read_seconds: float = 1800.0
    page_seconds: float = 120.0
    pixels: int = 150_000_000  # of one image; PNG, TIFF and the like are packed, so their size says nothing
    memory_bytes: int = 4096 * MEGABYTE  # address space that reading may add to a fresh worker; 0: no bound

    @classmethod
    def from_settings(cls, settings: Settings) -> Limits:
        """The limits that the settings ask for."""
        return cls(
            file_bytes=settings.max_file_mb * MEGABYTE,
            pages=settings.max_pages,
            unpacked_bytes=settings.max_unpacked_mb * MEGABYTE,
            unpack_ratio=settings.max_unpack_ratio,
            read_seconds=float(settings.read_timeout_s),
            page_seconds=float(settings.page_timeout_s),
        )


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What a reader is told besides the file. `findings` is an existing folder for what it takes out of the file."""

    limits: Limits
    password: str | None
    start_page: int
    findings: Path


Found = DocumentHead | Page | Attachment
Reader = Callable[[Path, str, ReadContext], Iterator[Found]]


def pack(message: Mapping[str, Any]) -> bytes:
    """One frame. Text that is not valid Unicode (lone surrogates) is repaired, other odd values become their `str`."""
    try:
        body = orjson.dumps(message, default=str, option=_JSON)
    except TypeError:
        body = orjson.dumps(_valid(message), default=str, option=_JSON)
    return _LENGTH.pack(len(body)) + body


def unpack(read: Callable[[int], bytes]) -> dict[str, Any] | None:
    """The next frame. `read(n)` returns exactly n bytes, or fewer at the end of the stream: then this is None.

    Raises ValueError for a frame that is too long or not JSON.
    """
    prefix = read(_LENGTH.size)
    if len(prefix) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(prefix)
    if length > MAX_FRAME:
        raise ValueError(f"a frame of {length} bytes")
    body = read(length)
    if len(body) < length:
        return None
    message = orjson.loads(body)
    if not isinstance(message, dict):
        raise ValueError("a frame that is not an object")
    return message


def found_to_message(found: Found) -> dict[str, Any]:
    """A reader's finding as a message; `message_to_found` is its inverse."""
    if isinstance(found, Page):
        blocks = [[block.kind.value, block.text, block.start, block.end, block.level] for block in found.blocks]
        page = {name: getattr(found, name) for name in ("number", "width", "height", "label", "method", "error")}
        return {"is": "page", "blocks": blocks, **page}
    if isinstance(found, DocumentHead):
        head = {"kind": found.kind, "title": found.title, "pages": found.pages, "metadata": dict(found.metadata)}
        return {"is": "head", **head}
    return {"is": "attachment", **asdict(found)}


def message_to_found(message: Mapping[str, Any]) -> Found:
    """A finding from its message. Raises KeyError, TypeError or ValueError for a message that is none."""
    fields = {key: value for key, value in message.items() if key != "is"}
    if message["is"] == "page":
        blocks = tuple(
            Block(BlockKind(kind), text, start, end, level) for kind, text, start, end, level in fields.pop("blocks")
        )
        return Page(blocks=blocks, **fields)
    if message["is"] == "head":
        return DocumentHead(**fields)
    if message["is"] == "attachment":
        return Attachment(**fields)
    raise ValueError(f"a message of kind {message['is']!r}")


def error_to_message(error: QuellwerkError) -> dict[str, Any]:
    """An expected failure as a message; `message_to_error` is its inverse."""
    return {
        "is": "error",
        "name": type(error).__name__,
        "sentence": error.sentence,
        "next_step": error.next_step,
    }


def message_to_error(message: Mapping[str, Any]) -> ReadError:
    """The failure that a message tells of."""
    kind = READ_ERRORS.get(str(message.get("name")), ReadError)
    return kind(str(message.get("sentence", "")), str(message.get("next_step", "")))


def _valid(value: Any) -> Any:
    """The value with every string made valid Unicode."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {_valid(str(key)): _valid(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_valid(item) for item in value]
    return value
