"""Documents and their versions: the rows that say what is in.

A version is `queued` when its bytes are safe and `done` (or `partial`) when every store has it; that status is written
last. Everything here is one transaction per call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select, update

from storage.database import Database
from storage.errors import RowNotFound
from storage.records import FINAL, Document, DocumentStatus
from storage.schema import documents, facts, versions

UNFINISHED = (DocumentStatus.QUEUED.value, DocumentStatus.RUNNING.value)
MOST_IDS = 5000  # in one query; SQLite takes 32,766 variables
RETRIABLE = (DocumentStatus.FAILED, DocumentStatus.CANCELLED)


def now() -> str:
    """The present moment in UTC, to the millisecond, as `2026-11-20T13:00:00.000Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def short_hash(*parts: str) -> str:
    """The first 16 hex digits of the sha256 of the parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file whose bytes are stored: what `Catalog.accept` decides about."""

    name: str
    content_hash: str
    size: int
    kind: str = ""
    parent_id: str | None = None
    bundle: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an arrival. `version_id` is None for a duplicate; `again` marks a failed one given another go."""

    document_id: str
    version_id: str | None
    number: int
    duplicate_of: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the job engine needs it."""

    id: str
    document_id: str
    name: str
    number: int
    content_hash: str
    readable_hash: str
    status: DocumentStatus
    attempts: int
    bundle: str
    is_current: bool
    title: str
    kind: str
    pages: int | None


class Catalog:
    """The rows of `documents` and `versions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- coming in -------------------------------------------------------------------------------------------------

    def accept(self, arrivals: Sequence[Arrival]) -> list[Accepted]:
        """Decide about each arrival, in order, in one transaction.

        The same content as a document's latest version, under any name: a duplicate that points there; if that version
        had failed or was cancelled it is queued again instead. A known name with other content: a new version. Else a
        new document.
        """
        with self._database.write() as connection:
            return [_accept(connection, arrival) for arrival in arrivals]

    def requeue(self, version_id: str) -> None:
        """Queue a version again and forget its error. Raises RowNotFound."""
        with self._database.write() as connection:
            _requeue(connection, version_id)

    def unlock(self, version_id: str, readable_hash: str) -> None:
        """Read `readable_hash`, the unlocked copy, from now on instead of the original."""
        self.set_version(version_id, readable_hash=readable_hash)

    # -- going on --------------------------------------------------------------------------------------------------

    def version(self, version_id: str) -> Version:
        """One version. Raises RowNotFound, also when its document is being deleted."""
        found = self.versions_in([version_id])
        if not found:
            raise RowNotFound(f"There is no version {version_id}.")
        return found[0]

    def versions_in(self, ids: Sequence[str]) -> list[Version]:
        """Those of the given versions that are there, in the given order."""
        query = _version_query().where(versions.c.id.in_(ids))
        with self._database.read() as connection:
            found = {row.id: _version(row) for row in connection.execute(query)}
        return [found[version_id] for version_id in ids if version_id in found]

    def unfinished(self) -> list[Version]:
        """Versions that are queued or running, oldest first."""
        query = _version_query().where(versions.c.status.in_(UNFINISHED)).order_by(documents.c.position)
        with self._database.read() as connection:
            return [_version(row) for row in connection.execute(query)]

    def set_version(self, version_id: str, **values: Any) -> None:
        """Change columns of one version. Nothing happens if it is gone."""
        with self._database.write() as connection:
            connection.execute(update(versions).where(versions.c.id == version_id).values(**values))

    def finish(self, version_id: str, status: DocumentStatus, **values: Any) -> list[str]:
        """Write a version's final status, last of all. Returns ids of superseded versions, which may now be cleared.

        A version that succeeded becomes its document's current one in the same transaction.
        """
        with self._database.write() as connection:
            connection.execute(
                update(versions).where(versions.c.id == version_id).values(status=status.value, stage="", **values)
            )
            row = connection.execute(select(versions.c.document_id).where(versions.c.id == version_id)).first()
            if row is None or status not in (DocumentStatus.DONE, DocumentStatus.PARTIAL):
                return []
            connection.execute(
                update(documents).where(documents.c.id == row.document_id).values(current_version_id=version_id)
            )
            older = select(versions.c.id).where(versions.c.document_id == row.document_id, versions.c.id != version_id)
            return list(connection.execute(older).scalars())

    # -- looking ---------------------------------------------------------------------------------------------------

    def documents(self, ids: Collection[str] | None = None) -> list[Document]:
        """Documents with their latest version's figures, newest first; tombstones are left out."""
        query = _document_query().where(versions.c.id == documents.c.latest_version_id)
        if ids is not None and len(ids) <= MOST_IDS:
            query = query.where(documents.c.id.in_(ids))
        with self._database.read() as connection:
            found = [_document(row) for row in connection.execute(query.order_by(documents.c.position.desc()))]
        wanted = set(ids) if ids is not None and len(ids) > MOST_IDS else None
        return found if wanted is None else [document for document in found if document.id in wanted]

    def standing(self, ids: Sequence[str]) -> dict[str, DocumentStatus]:
        """The status of the latest version of each of these documents, by version id; cheap enough to ask often."""
        found: dict[str, DocumentStatus] = {}
        with self._database.read() as connection:
            for first in range(0, len(ids), MOST_IDS):
                query = (
                    select(versions.c.id, versions.c.status)
                    .join(documents, documents.c.latest_version_id == versions.c.id)
                    .where(documents.c.id.in_(ids[first : first + MOST_IDS]), documents.c.deleting.is_(False))
                )
                found |= {row.id: DocumentStatus(row.status) for row in connection.execute(query)}
        return found

    def document(self, document_id: str) -> Document:
        """One document. Raises RowNotFound."""
        found = self.documents([document_id])
        if not found:
            raise RowNotFound(f"There is no document {document_id}.")
        return found[0]

    def history(self, document_id: str) -> list[Document]:
        """All versions of a document, newest first. Empty if there is none."""
        query = _document_query().where(versions.c.document_id == documents.c.id, documents.c.id == document_id)
        with self._database.read() as connection:
            return [_document(row) for row in connection.execute(query.order_by(versions.c.number.desc()))]

    def children(self, document_ids: Iterable[str]) -> list[str]:
        """Ids of documents that were found inside the given ones, at any depth."""
        parents = select(documents.c.parent_id, documents.c.id).where(
            documents.c.parent_id.is_not(None), documents.c.deleting.is_(False)
        )
        inside: dict[str, list[str]] = {}
        with self._database.read() as connection:
            for parent, child in connection.execute(parents):
                inside.setdefault(parent, []).append(child)
        found: list[str] = []
        layer = list(document_ids) if inside else []
        while layer:
            layer = [child for parent in layer for child in inside.get(parent, ()) if child not in found]
            found += layer
        return found

    def status_counts(self) -> dict[str, int]:
        """How many documents stand where, by status."""
        query = (
            select(versions.c.status, func.count())
            .join(documents, documents.c.latest_version_id == versions.c.id)
            .where(documents.c.deleting.is_(False))
            .group_by(versions.c.status)
        )
        with self._database.read() as connection:
            return {str(status): int(count) for status, count in connection.execute(query)}

    # -- facts -----------------------------------------------------------------------------------------------------

    def fact(self, name: str) -> str | None:
        """A remembered fact about the folder (the index's model, whether samples were offered)."""
        with self._database.read() as connection:
            return connection.execute(select(facts.c.value).where(facts.c.name == name)).scalar()

    def remember(self, name: str, value: str) -> None:
        """Write a fact, replacing what was there."""
        with self._database.write() as connection:
            connection.execute(facts.delete().where(facts.c.name == name))
            connection.execute(facts.insert().values(name=name, value=value))


def _accept(connection: Connection, arrival: Arrival) -> Accepted:
    same = connection.execute(
        select(documents.c.id, versions.c.id.label("version_id"), versions.c.number, versions.c.status)
        .join(versions, versions.c.id == documents.c.latest_version_id)
        .where(versions.c.content_hash == arrival.content_hash, documents.c.deleting.is_(False))
        .order_by(documents.c.position)
    ).first()
    if same is not None:
        if DocumentStatus(same.status) in RETRIABLE:
            _requeue(connection, same.version_id)
            return Accepted(same.id, same.version_id, same.number, again=True)
        return Accepted(same.id, None, same.number, duplicate_of=same.id)
    known = connection.execute(
        select(documents.c.id, versions.c.number)
        .join(versions, versions.c.id == documents.c.latest_version_id)
        .where(documents.c.name == arrival.name, documents.c.deleting.is_(False))
    ).first()
    number = known.number + 1 if known is not None else 1
    document_id = known.id if known is not None else short_hash(arrival.name, arrival.content_hash)
    version_id = short_hash(document_id, str(number), arrival.content_hash)
    if known is None:
        connection.execute(
            documents.insert().values(
                id=document_id,
                name=arrival.name,
                parent_id=arrival.parent_id,
                current_version_id=version_id,
                latest_version_id=version_id,
                added_at=now(),
                deleting=False,
            )
        )
    else:
        connection.execute(update(documents).where(documents.c.id == document_id).values(latest_version_id=version_id))
    connection.execute(
        versions.insert().values(
            id=version_id,
            document_id=document_id,
            number=number,
            content_hash=arrival.content_hash,
            readable_hash=arrival.content_hash,
            size=arrival.size,
            kind=arrival.kind,
            status=DocumentStatus.QUEUED.value,
            bundle=arrival.bundle,
            metadata={},
            added_at=now(),
        )
    )
    return Accepted(document_id, version_id, number)


def _requeue(connection: Connection, version_id: str) -> None:
    changed = connection.execute(
        update(versions)
        .where(versions.c.id == version_id)
        .values(
            status=DocumentStatus.QUEUED.value,
            stage="",
            error=None,
            error_type=None,
            bundle="",
            attempts=versions.c.attempts + 1,
        )
    )
    if changed.rowcount == 0:
        raise RowNotFound(f"There is no version {version_id}.")


def _version_query() -> Select[Any]:
    return (
        select(versions, documents.c.name, documents.c.current_version_id)
        .join(documents, documents.c.id == versions.c.document_id)
        .where(documents.c.deleting.is_(False))
    )


def _document_query() -> Select[Any]:
    return (
        select(versions, documents.c.name, documents.c.parent_id, documents.c.added_at.label("document_added_at"))
        .select_from(documents)
        .join(versions, and_(versions.c.document_id == documents.c.id))
        .where(documents.c.deleting.is_(False))
    )


def _version(row: Row[Any]) -> Version:
    return Version(
        id=row.id,
        document_id=row.document_id,
        name=row.name,
        number=row.number,
        content_hash=row.content_hash,
        readable_hash=row.readable_hash,
        status=DocumentStatus(row.status),
        attempts=row.attempts,
        bundle=row.bundle,
        is_current=row.current_version_id == row.id,
        title=row.title,
        kind=row.kind,
        pages=row.pages,
    )


def _document(row: Row[Any]) -> Document:
    found: Mapping[str, Any] = row.metadata or {}
    status = DocumentStatus(row.status)
    return Document(
        id=row.document_id,
        name=row.name,
        status=status,
        kind=row.kind,
        size=row.size,
        pages=row.pages,
        chunks=row.chunks_total,
        chunks_failed=row.chunks_failed,
        entities=0,
        relations=0,
        version=row.number,
        added_at=row.document_added_at if row.number == 1 else row.added_at,
        seconds=round(row.seconds, 3),
        title=row.title,
        stage="" if status in FINAL else row.stage,
        pages_done=row.pages_done,
        chunks_done=row.chunks_done,
        error=row.error,
        error_type=row.error_type,
        content_hash=row.content_hash,
        version_id=row.id,
        parent_id=row.parent_id,
        language=row.language,
        attempts=row.attempts,
        metadata=found,
    )
