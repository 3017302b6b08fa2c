"""Which function reads which kind. The functions' modules are imported in the readers' processes only."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from core.errors import UnsupportedFormat
from core.reading.protocol import Reader

READERS: Mapping[str, str] = {
    "pdf": "core.reading.pdf:read_pdf",
    "image": "core.reading.image:read_image",
    "docx": "core.reading.office:read_office",
    "pptx": "core.reading.office:read_office",
    "xlsx": "core.reading.office:read_office",
    "odt": "core.reading.office:read_office",
    "ods": "core.reading.office:read_office",
    "odp": "core.reading.office:read_office",
    "html": "core.reading.markup:read_markup",
    "markdown": "core.reading.markup:read_markup",
    "asciidoc": "core.reading.markup:read_markup",
    "epub": "core.reading.markup:read_markup",
    "csv": "core.reading.tables:read_csv",
    "email": "core.reading.mail:read_mail",
    "text": "core.reading.plaintext:read_text",
    "code": "core.reading.plaintext:read_code",
    "record": "core.reading.jsonl:read_record",
}
"""Kind to `module:function`. A `jsonl` file has no reader: it is split into records, each a document of its own."""

KINDS = frozenset(READERS) | {"jsonl"}
"""Everything that `core.reading.sniff.sniff` may answer."""

ZIPPED = frozenset({"docx", "pptx", "xlsx", "odt", "ods", "odp", "epub"})
"""Kinds that are zip archives, so that the limits on unpacked size apply."""

DRAWN = frozenset({"pdf", "image"})
"""Kinds whose pages can be shown as a picture with the passage marked on it."""


def reader_for(kind: str, readers: Mapping[str, str] = READERS) -> Reader:
    """The function that reads a kind. Raises UnsupportedFormat when there is none."""
    entry = readers.get(kind)
    if entry is None:
        raise UnsupportedFormat(f"Files of the kind “{kind}” cannot be read.", "Convert it to PDF and add that.")
    module, _, function = entry.partition(":")
    return cast(Reader, getattr(import_module(module), function))
