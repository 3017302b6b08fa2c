"""Expensive results by content: what a reader made of a file, what a model made of a text.

Keys are content hashes, so a retry, a restart or a second upload never pays twice.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.sqlite import insert

from storage.database import Database
from storage.records import Block, BlockKind, DocumentHead, Page
from storage.schema import embeddings, parsed_heads, parsed_pages

IN_BATCH = 500


@dataclass(frozen=True, slots=True)
class Parsed:
    """What is known of a parsed file: its head, how many pages are kept, and whether those are all of them.

    `attachments` lists (name, content hash) of the files found inside.
    """

    head: DocumentHead
    pages: int
    complete: bool
    attachments: tuple[tuple[str, str], ...]


class ResultCache:
    """Parsed files by (file hash, reader version), vectors by (text hash, model fingerprint)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def parsed(self, content_hash: str, reader: str) -> Parsed | None:
        """What is kept of a file, or None."""
        mine = (parsed_heads.c.content_hash == content_hash, parsed_heads.c.reader == reader)
        pages = select(func.count()).where(parsed_pages.c.content_hash == content_hash, parsed_pages.c.reader == reader)
        with self._database.read() as connection:
            row = connection.execute(select(parsed_heads).where(*mine)).first()
            if row is None:
                return None
            count = int(connection.execute(pages).scalar() or 0)
        attachments = tuple((str(name), str(found)) for name, found in row.attachments)
        return Parsed(DocumentHead(**row.head), count, bool(row.complete), attachments)

    def start(self, content_hash: str, reader: str, head: DocumentHead) -> None:
        """Keep a file's head. What another reader version made of the same file is dropped."""
        with self._database.write() as connection:
            for table in (parsed_heads, parsed_pages):
                connection.execute(table.delete().where(table.c.content_hash == content_hash, table.c.reader != reader))
            connection.execute(
                insert(parsed_heads)
                .values(content_hash=content_hash, reader=reader, head=asdict(head), attachments=[], complete=False)
                .on_conflict_do_nothing()
            )

    def add_pages(self, content_hash: str, reader: str, pages: Sequence[Page]) -> None:
        """Keep pages; ones that are there stay."""
        rows = [
            {"content_hash": content_hash, "reader": reader, "number": page.number, "page": _pack(page)}
            for page in pages
        ]
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(parsed_pages).on_conflict_do_nothing(), rows)

    def complete(self, content_hash: str, reader: str, attachments: Sequence[tuple[str, str]]) -> None:
        """Note that all pages are kept."""
        with self._database.write() as connection:
            connection.execute(
                update(parsed_heads)
                .where(parsed_heads.c.content_hash == content_hash, parsed_heads.c.reader == reader)
                .values(complete=True, attachments=[list(item) for item in attachments])
            )

    def pages(self, content_hash: str, start: int = 1, limit: int | None = None) -> Iterator[Page]:
        """Kept pages from number `start`, in order, read in small steps so that memory does not grow."""
        left = limit if limit is not None else 1 << 60
        while left > 0:
            query = (
                select(parsed_pages.c.page, parsed_pages.c.number)
                .where(parsed_pages.c.content_hash == content_hash, parsed_pages.c.number >= start)
                .order_by(parsed_pages.c.number)
                .limit(min(left, 32))
            )
            with self._database.read() as connection:
                rows = connection.execute(query).all()
            if not rows:
                return
            for row in rows:
                yield _unpack(row.page)
            start = rows[-1].number + 1
            left -= len(rows)

    def vectors(self, text_hashes: Sequence[str], model: str) -> dict[str, bytes]:
        """Kept vectors (float32 bytes) of those texts that have one."""
        found: dict[str, bytes] = {}
        with self._database.read() as connection:
            for first in range(0, len(text_hashes), IN_BATCH):
                query = select(embeddings.c.text_hash, embeddings.c.vector).where(
                    embeddings.c.text_hash.in_(text_hashes[first : first + IN_BATCH]), embeddings.c.model == model
                )
                found.update(connection.execute(query).tuples().all())
        return found


def _pack(page: Page) -> bytes:
    values: dict[str, Any] = {
        "number": page.number,
        "width": page.width,
        "height": page.height,
        "label": page.label,
        "method": page.method,
        "error": page.error,
        "blocks": [[b.kind.value, b.text, b.start, b.end, b.level] for b in page.blocks],
    }
    return zlib.compress(json.dumps(values, ensure_ascii=False).encode(), 3)


def _unpack(data: bytes) -> Page:
    values: Mapping[str, Any] = json.loads(zlib.decompress(data))
    blocks = tuple(
        Block(BlockKind(kind), text, start, end, level) for kind, text, start, end, level in values["blocks"]
    )
    return Page(**{**values, "blocks": blocks})
