"""Our records as JSON, with the field names that other programs rely on (docs/api.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.records import Answer, Check, Chunk, Citation, Document, Job, Passage, Receipt, Removed
from core.status import Status

if TYPE_CHECKING:
    from core.retrieval.search import SearchResult

Json = dict[str, Any]


def document(found: Document) -> Json:
    """A document's current figures."""
    return {
        "id": found.id,
        "name": found.name,
        "title": found.title,
        "status": found.status.value,
        "stage": found.stage,
        "kind": found.kind,
        "size": found.size,
        "language": found.language,
        "pages": found.pages,
        "pages_done": found.pages_done,
        "chunks": found.chunks,
        "chunks_done": found.chunks_done,
        "chunks_failed": found.chunks_failed,
        "entities": found.entities,
        "relations": found.relations,
        "version": found.version,
        "duplicate_of": None,
        "parent_id": found.parent_id,
        "error": found.error,
        "seconds": found.seconds,
        "added_at": found.added_at,
        "metadata": dict(found.metadata),
    }


def duplicate(found: Document, given: Receipt) -> Json:
    """A file whose content is here already: under its own name, with the figures of the document it equals."""
    told = {"name": given.name, "status": given.status.value, "duplicate_of": found.id, "error": None}
    return document(found) | told


def receipt(found: Receipt) -> Json:
    """A receipt in the shape of a document, for a file that became none."""
    return {
        "id": found.document_id,
        "name": found.name,
        "title": "",
        "status": found.status.value,
        "stage": "",
        "kind": "",
        "size": 0,
        "language": "",
        "pages": None,
        "pages_done": 0,
        "chunks": 0,
        "chunks_done": 0,
        "chunks_failed": 0,
        "entities": 0,
        "relations": 0,
        "version": found.version,
        "duplicate_of": found.duplicate_of,
        "parent_id": None,
        "error": found.error,
        "seconds": 0.0,
        "added_at": None,
        "metadata": {},
    }


def chunk(found: Chunk) -> Json:
    """A passage as it stands in its document."""
    return {
        "chunk_id": found.chunk_id,
        "document_id": found.document_id,
        "ordinal": found.ordinal,
        "text": found.text,
        "heading": found.heading,
        "kind": found.kind.value,
        "language": found.language,
        "page": found.page,
        "page_end": found.page_end,
        "start": found.start,
        "end": found.end,
        "tokens": found.tokens,
    }


def passage(found: Passage) -> Json:
    """A search result."""
    return {
        "rank": found.rank,
        "score": round(found.score, 6),
        "chunk_id": found.chunk.chunk_id,
        "document_id": found.chunk.document_id,
        "document": found.document,
        "page": found.chunk.page,
        "heading": found.chunk.heading,
        "text": found.chunk.text,
        "found_by": dict(found.found_by),
    }


def search_result(found: SearchResult) -> Json:
    """What a search found."""
    return {
        "query": found.query,
        "mode": found.mode,
        "ms": round(found.ms, 2),
        "results": [passage(item) for item in found.passages],
    }


def citation(found: Citation) -> Json:
    """A source of an answer."""
    return asdict(found)


def answer(found: Answer) -> Json:
    """An answer with its sources and its trace."""
    return {
        "agent": found.agent,
        "text": found.text,
        "model": found.model,
        "answered": found.answered,
        "grounded": round(found.grounded, 4),
        "ms": round(found.ms, 2),
        "citations": [citation(item) for item in found.citations],
        "trace": [dict(step) for step in found.trace],
    }


def job(found: Job) -> Json:
    """A document's work."""
    return asdict(found)


def removed(found: Removed) -> Json:
    """What a delete took out, by store."""
    return asdict(found)


def check(found: Check) -> Json:
    """One line of the doctor."""
    return asdict(found)


def status(found: Status) -> Json:
    """How the workbench is."""
    return {
        "health": found.health,
        "components": {name: dict(component) for name, component in found.components.items()},
        "documents": found.documents,
        "chunks": found.chunks,
        "entities": found.entities,
        "relations": found.relations,
        "queue": dict(found.queue),
        "models": {purpose: dict(model) for purpose, model in found.models.items()},
    }


def problems(documents: Sequence[Mapping[str, Any]]) -> bool:
    """Whether any of these documents (as JSON) failed or was cancelled. One that is partial is in, and says so."""
    return any(found["status"] in ("failed", "cancelled") for found in documents)
