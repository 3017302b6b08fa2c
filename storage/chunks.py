"""Chunk rows: the passages of every version, how far each has come, and which of them may be retrieved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, and_, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from storage.database import Database
from storage.records import BlockKind, Chunk, ChunkState
from storage.schema import chunks, documents, embeddings, versions

ID_BATCH = 500  # ids in one IN list; SQLite takes more, query plans stay good here


@dataclass(frozen=True, slots=True)
class LiveChunk:
    """A chunk that may be retrieved, with its document's name and kind."""

    chunk: Chunk
    document: str
    document_kind: str


@dataclass(frozen=True, slots=True)
class FailedChunk:
    """A dead letter: a chunk whose attempts are used up, and why."""

    chunk: Chunk
    attempts: int
    error: str


class ChunkStore:
    """The rows of `chunks`. A chunk is live when it is indexed and its version is its document's current one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, version_id: str, batch: Sequence[Chunk]) -> set[str]:
        """Insert chunks as `split`; ones that are there stay as they are. Returns the ids already indexed.

        The version's `chunks_total` grows by what is new, in the same transaction.
        """
        ids = [chunk.chunk_id for chunk in batch]
        with self._database.write() as connection:
            there = dict(
                connection.execute(select(chunks.c.chunk_id, chunks.c.state).where(chunks.c.chunk_id.in_(ids)))
                .tuples()
                .all()
            )
            new = [_values(chunk) for chunk in batch if chunk.chunk_id not in there]
            if new:
                connection.execute(insert(chunks).on_conflict_do_nothing(), new)
                connection.execute(
                    update(versions)
                    .where(versions.c.id == version_id)
                    .values(chunks_total=versions.c.chunks_total + len(new))
                )
        return {chunk_id for chunk_id, state in there.items() if state == ChunkState.INDEXED}

    def mark_indexed(self, batch: Sequence[Chunk], cached: Sequence[tuple[str, str, bytes]] = ()) -> None:
        """Note that all stores have these chunks, and keep their fresh vectors: (text hash, model, float32 bytes).

        Counters of their versions move in the same transaction; repeating it changes nothing.
        """
        by_version: dict[str, list[str]] = {}
        for chunk in batch:
            by_version.setdefault(chunk.version_id, []).append(chunk.chunk_id)
        with self._database.write() as connection:
            if cached:
                rows = [{"text_hash": text, "model": model, "vector": vector} for text, model, vector in cached]
                connection.execute(insert(embeddings).on_conflict_do_nothing(), rows)
            for version_id, ids in by_version.items():
                moved = connection.execute(
                    update(chunks)
                    .where(chunks.c.chunk_id.in_(ids), chunks.c.state != ChunkState.INDEXED)
                    .values(state=ChunkState.INDEXED, error=None)
                ).rowcount
                connection.execute(
                    update(versions)
                    .where(versions.c.id == version_id)
                    .values(chunks_done=versions.c.chunks_done + moved)
                )

    def mark_failed(self, chunk: Chunk, error: str) -> None:
        """Put a chunk into the dead-letter list with the reason."""
        with self._database.write() as connection:
            connection.execute(
                update(chunks)
                .where(chunks.c.chunk_id == chunk.chunk_id)
                .values(state=ChunkState.FAILED, error=error, attempts=chunks.c.attempts + 1)
            )

    def settle(self, version_id: str, kept: Collection[str]) -> tuple[list[str], int]:
        """End a version's run: drop rows that this run did not produce, and count anew.

        Returns (ids of dropped rows, number of failed chunks).
        """
        with self._database.write() as connection:
            there = connection.execute(select(chunks.c.chunk_id).where(chunks.c.version_id == version_id)).scalars()
            stale = [chunk_id for chunk_id in there if chunk_id not in kept]
            for first in range(0, len(stale), ID_BATCH):
                connection.execute(delete(chunks).where(chunks.c.chunk_id.in_(stale[first : first + ID_BATCH])))
            states: dict[str, int] = dict(
                connection.execute(
                    select(chunks.c.state, func.count())
                    .where(chunks.c.version_id == version_id)
                    .group_by(chunks.c.state)
                )
                .tuples()
                .all()
            )
            failed = int(states.get(ChunkState.FAILED, 0))
            connection.execute(
                update(versions)
                .where(versions.c.id == version_id)
                .values(
                    chunks_total=sum(states.values()),
                    chunks_done=int(states.get(ChunkState.INDEXED, 0)),
                    chunks_failed=failed,
                )
            )
        return stale, failed

    def live_chunks(self, ids: Sequence[str]) -> dict[str, LiveChunk]:
        """Those of the given chunks that may be retrieved, by id."""
        found: dict[str, LiveChunk] = {}
        with self._database.read() as connection:
            for first in range(0, len(ids), ID_BATCH):
                query = _live().where(chunks.c.chunk_id.in_(ids[first : first + ID_BATCH]))
                for row in connection.execute(query):
                    found[row.chunk_id] = LiveChunk(_chunk(row), row.name, row.document_kind)
        return found

    def languages(self) -> list[str]:
        """Languages of the live documents, most documents first; "" is left out."""
        query = (
            select(versions.c.language, func.count())
            .join(documents, documents.c.current_version_id == versions.c.id)
            .where(documents.c.deleting.is_(False), versions.c.language != "")
            .group_by(versions.c.language)
            .order_by(func.count().desc(), versions.c.language)
        )
        with self._database.read() as connection:
            return [str(row[0]) for row in connection.execute(query)]

    def of_version(self, version_id: str, offset: int = 0, limit: int | None = None) -> list[Chunk]:
        """A version's chunks in reading order."""
        query = select(chunks).where(chunks.c.version_id == version_id).order_by(chunks.c.ordinal)
        query = query.offset(offset)
        with self._database.read() as connection:
            return [_chunk(row) for row in connection.execute(query.limit(limit if limit is not None else -1))]

    def get(self, chunk_id: str) -> Chunk | None:
        """One chunk, live or not; None if it is not there."""
        with self._database.read() as connection:
            row = connection.execute(select(chunks).where(chunks.c.chunk_id == chunk_id)).first()
        return _chunk(row) if row is not None else None

    def ids_of(self, *, version_ids: Collection[str] = (), document_ids: Collection[str] = ()) -> list[str]:
        """Ids of all chunks of the given versions or documents, in any state."""
        query = select(chunks.c.chunk_id)
        query = query.where(chunks.c.version_id.in_(version_ids) | chunks.c.document_id.in_(document_ids))
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def failed(self, version_id: str | None = None) -> list[FailedChunk]:
        """The dead letters, of one version or of all."""
        query = select(chunks).where(chunks.c.state == ChunkState.FAILED)
        if version_id is not None:
            query = query.where(chunks.c.version_id == version_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(chunks.c.document_id, chunks.c.ordinal)).all()
        return [FailedChunk(_chunk(row), row.attempts, row.error or "") for row in rows]

    def revive(self, version_id: str) -> None:
        """Give the dead letters of a version another chance."""
        with self._database.write() as connection:
            connection.execute(
                update(chunks)
                .where(chunks.c.version_id == version_id, chunks.c.state == ChunkState.FAILED)
                .values(state=ChunkState.SPLIT, error=None)
            )

    def indexed_ids(self, after: str = "", limit: int = 10_000) -> list[str]:
        """Ids of indexed chunks of any version, ascending, after the given one."""
        query = select(chunks.c.chunk_id).where(chunks.c.state == ChunkState.INDEXED, chunks.c.chunk_id > after)
        with self._database.read() as connection:
            return list(connection.execute(query.order_by(chunks.c.chunk_id).limit(limit)).scalars())

    def indexed_count(self) -> int:
        """How many chunks both indexes should hold, by the versions' counters."""
        with self._database.read() as connection:
            return int(connection.execute(select(func.coalesce(func.sum(versions.c.chunks_done), 0))).scalar() or 0)

    def live_count(self) -> int:
        """How many chunks may be retrieved."""
        query = (
            select(func.coalesce(func.sum(versions.c.chunks_done), 0))
            .join(documents, documents.c.current_version_id == versions.c.id)
            .where(documents.c.deleting.is_(False))
        )
        with self._database.read() as connection:
            return int(connection.execute(query).scalar() or 0)


def _live() -> Select[Any]:
    return (
        select(chunks, documents.c.name, versions.c.kind.label("document_kind"))
        .join(
            documents,
            and_(documents.c.id == chunks.c.document_id, documents.c.current_version_id == chunks.c.version_id),
        )
        .join(versions, versions.c.id == chunks.c.version_id)
        .where(chunks.c.state == ChunkState.INDEXED, documents.c.deleting.is_(False))
    )


def _values(chunk: Chunk) -> dict[str, Any]:
    values = {name: getattr(chunk, name) for name in Chunk.__dataclass_fields__}
    return values | {"kind": chunk.kind.value, "state": ChunkState.SPLIT.value, "attempts": 0}


def _chunk(row: Row[Any]) -> Chunk:
    values = {name: getattr(row, name) for name in Chunk.__dataclass_fields__}
    return Chunk(**(values | {"kind": BlockKind(row.kind)}))
