"""Taking documents out of the catalog: a tombstone first, the rows last.

Between the two the other stores are emptied. A process killed in between finds the tombstone at its next start and
goes on; readers never see half a document, since a tombstone hides it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from storage.database import Database
from storage.schema import chunks, documents, embeddings, parsed_heads, parsed_pages, versions


@dataclass(frozen=True, slots=True)
class Remains:
    """What the given documents hold outside the catalog: chunk ids, and hashes of files that nobody else refers to."""

    chunk_ids: tuple[str, ...]
    indexed: int
    file_hashes: tuple[str, ...]


class Removal:
    """Deletes documents and superseded versions from the catalog."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bury(self, document_ids: Sequence[str]) -> list[str]:
        """Put tombstones on documents; from now on nobody sees them. Returns the ids that were there."""
        with self._database.write() as connection:
            there = list(
                connection.execute(
                    select(documents.c.id).where(documents.c.id.in_(document_ids), documents.c.deleting.is_(False))
                ).scalars()
            )
            connection.execute(update(documents).where(documents.c.id.in_(there)).values(deleting=True))
        return [document_id for document_id in document_ids if document_id in there]

    def buried(self) -> list[str]:
        """Ids under a tombstone, whose rows are still there."""
        with self._database.read() as connection:
            return list(connection.execute(select(documents.c.id).where(documents.c.deleting)).scalars())

    def remains(self, document_ids: Sequence[str]) -> Remains:
        """What the documents hold in the other stores."""
        mine = chunks.c.document_id.in_(document_ids)
        with self._database.read() as connection:
            ids = tuple(connection.execute(select(chunks.c.chunk_id).where(mine)).scalars())
            indexed = connection.execute(select(func.count()).where(mine, chunks.c.state == "indexed")).scalar() or 0
            hashes = _unshared_hashes(connection, versions.c.document_id.in_(document_ids))
        return Remains(ids, int(indexed), tuple(sorted(hashes)))

    def erase(self, document_ids: Sequence[str]) -> None:
        """Remove all rows of the documents, and the cached results that no other document shares. Repeatable."""
        with self._database.write() as connection:
            hashes = _unshared_hashes(connection, versions.c.document_id.in_(document_ids))
            _drop_vectors(connection, chunks.c.document_id.in_(document_ids))
            connection.execute(delete(chunks).where(chunks.c.document_id.in_(document_ids)))
            _drop_parsed(connection, hashes)
            connection.execute(delete(versions).where(versions.c.document_id.in_(document_ids)))
            connection.execute(delete(documents).where(documents.c.id.in_(document_ids)))

    def clear_chunks(self, version_ids: Sequence[str]) -> None:
        """Remove the chunks of versions and their cached vectors; the versions themselves stay readable."""
        with self._database.write() as connection:
            _drop_vectors(connection, chunks.c.version_id.in_(version_ids))
            connection.execute(delete(chunks).where(chunks.c.version_id.in_(version_ids)))
            connection.execute(
                update(versions)
                .where(versions.c.id.in_(version_ids))
                .values(chunks_total=0, chunks_done=0, chunks_failed=0)
            )

    def superseded(self) -> list[str]:
        """Ids of versions that still have chunks though a newer one is retrieved."""
        newest = versions.alias()
        query = (
            select(versions.c.id)
            .join(documents, documents.c.id == versions.c.document_id)
            .join(newest, newest.c.id == documents.c.current_version_id)
            .where(
                versions.c.number < newest.c.number,
                select(chunks.c.chunk_id).where(chunks.c.version_id == versions.c.id).exists(),
            )
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def version_files(self) -> set[str]:
        """Hashes of all files that some version is read from or was uploaded as."""
        with self._database.read() as connection:
            found = set(connection.execute(select(versions.c.content_hash)).scalars())
            return found | set(connection.execute(select(versions.c.readable_hash)).scalars())

    def is_referenced(self, content_hash: str) -> bool:
        """Whether some version is read from a file or was uploaded as it."""
        query = select(versions.c.id).where(
            (versions.c.content_hash == content_hash) | (versions.c.readable_hash == content_hash)
        )
        with self._database.read() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def referenced_files(self) -> set[str]:
        """Those, and files found inside a document that may still become documents of their own."""
        found = self.version_files()
        with self._database.read() as connection:
            for attachments in connection.execute(select(parsed_heads.c.attachments)).scalars():
                found.update(content_hash for _, content_hash in attachments)
        return found

    def orphans(self, *, remove: bool) -> int:
        """How many cached results (parsed files, vectors) belong to no version; removes them if asked to."""
        used = select(versions.c.readable_hash)
        no_chunk = ~select(chunks.c.chunk_id).where(chunks.c.text_hash == embeddings.c.text_hash).exists()
        conditions = (
            (parsed_heads, parsed_heads.c.content_hash.not_in(used)),
            (parsed_pages, parsed_pages.c.content_hash.not_in(used)),
            (embeddings, no_chunk),
        )
        with self._database.write() as connection:
            if remove:
                return sum(
                    connection.execute(delete(table).where(condition)).rowcount for table, condition in conditions
                )
            return sum(
                int(connection.execute(select(func.count()).select_from(table).where(condition)).scalar() or 0)
                for table, condition in conditions
            )


def _unshared_hashes(connection: Connection, mine: ColumnElement[bool]) -> set[str]:
    """Hashes of files that only the selected versions refer to."""
    own = set(connection.execute(select(versions.c.content_hash).where(mine)).scalars())
    own |= set(connection.execute(select(versions.c.readable_hash).where(mine)).scalars())
    for column in (versions.c.content_hash, versions.c.readable_hash):
        own -= set(connection.execute(select(column).where(~mine, column.in_(own))).scalars())
    return own


def _drop_vectors(connection: Connection, mine: ColumnElement[bool]) -> None:
    others = chunks.alias()
    shared = (
        select(others.c.chunk_id)
        .where(
            others.c.text_hash == chunks.c.text_hash, others.c.chunk_id.not_in(select(chunks.c.chunk_id).where(mine))
        )
        .exists()
    )
    gone = select(chunks.c.text_hash).where(mine, ~shared)
    connection.execute(delete(embeddings).where(embeddings.c.text_hash.in_(gone)))


def _drop_parsed(connection: Connection, hashes: set[str]) -> None:
    for table in (parsed_heads, parsed_pages):
        connection.execute(delete(table).where(table.c.content_hash.in_(hashes)))
