"""A library of 100,000 chunks: how fast it fills, answers, and lets go of a document.

The chunks go the way every chunk goes (embed stage, index stage, catalog), only that the vectors are ready: they lie
around one centre for each subject, as a model's would. `BENCH_CHUNKS=5000` makes it smaller.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.figures import Figure, percentile
from bench.opened import opened
from bench.prose import SUBJECTS, Writer, words
from core.ingest.stages import Stages
from core.ingest.ticket import Ticket, Work
from core.models.minilm import DIMENSION, MiniLM
from core.records import BlockKind, Chunk, DocumentStatus
from core.workbench import Workbench
from storage.cache import ResultCache
from storage.catalog import Arrival, Catalog
from storage.chunks import ChunkStore
from storage.database import Database
from storage.files import FileStore
from storage.keywords import KeywordIndex
from storage.vectors import VectorStore

CHUNKS = int(os.environ.get("BENCH_CHUNKS", "100000"))
PER_DOCUMENT = 1000
QUESTIONS = min(300, CHUNKS // 20)
WARM_UP = 30


class ReadyVectors:
    """Stands where the model stands, and has the answer already."""

    def __init__(self, model: MiniLM) -> None:
        self.fingerprint = model.fingerprint
        self.dimension = DIMENSION
        self._random = np.random.default_rng(11)
        self._centres = self._random.normal(size=(len(words(SUBJECTS)), DIMENSION)).astype(np.float32)
        self._names = {subject: row for row, subject in enumerate(words(SUBJECTS))}

    def encode(self, texts: Sequence[str]) -> np.ndarray[Any, Any]:
        rows = [self._names[text.split(" at ")[0].lower()] for text in texts]
        vectors = self._centres[rows] + self._random.normal(size=(len(texts), DIMENSION)).astype(np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def passages(writer: Writer, document_id: str, version_id: str) -> Iterator[Chunk]:
    """A document's chunks, of about 120 words each."""
    for ordinal in range(PER_DOCUMENT):
        subject, place = writer.subject()
        text, name = writer.paragraph(subject, place, 6), f"{version_id}-{ordinal:04d}"
        yield Chunk(
            chunk_id=name,
            document_id=document_id,
            version_id=version_id,
            ordinal=ordinal,
            text=text,
            text_hash=name,
            heading=f"{subject.capitalize()} at {place}",
            kind=BlockKind.PARAGRAPH,
            language="en",
            section=1 + ordinal // 4,
            section_end=1 + ordinal // 4,
            start=0,
            end=len(text),
            page=1 + ordinal // 4,
            page_end=1 + ordinal // 4,
            tokens=180,
        )


def fill(folder: Path, chunks: int) -> float:
    """Make the library; returns the seconds from the first chunk handed over to the last one indexed."""
    folder.mkdir(parents=True)
    database = Database(folder / "catalog.sqlite")
    database.create()
    catalog, rows, files = Catalog(database), ChunkStore(database), FileStore(folder / "files")
    store, keywords = VectorStore(folder / "chroma"), KeywordIndex(folder / "keywords")
    model = MiniLM()
    ready = ReadyVectors(model)
    model.close()
    collection = store.collection(ready.fingerprint, DIMENSION)
    stages = Stages(rows, ResultCache(database), collection, keywords, ready)
    writer, spent = Writer(3), 0.0
    for number in range(chunks // PER_DOCUMENT):
        name = f"report {number:03d}.txt"
        content_hash, size = files.put(io.BytesIO(name.encode()), 1_000_000)
        (accepted,) = catalog.accept([Arrival(name, content_hash, size, kind="text")])
        version_id = accepted.version_id or ""
        made = list(passages(writer, accepted.document_id, version_id))
        ticket = Ticket(version_id)
        began = time.perf_counter()
        for first in range(0, len(made), 24):
            rows.add(version_id, made[first : first + 24])
            for chunk in made[first : first + 24]:
                stages.submit(Work(chunk, chunk.heading, ticket))
        if not ticket.settled(600):
            raise RuntimeError("Indexing stood still.")
        spent += time.perf_counter() - began
        catalog.set_version(version_id, kind="text", title=name, pages=PER_DOCUMENT // 4)
        catalog.finish(version_id, DocumentStatus.DONE, language="en", seconds=1.0)
    stages.close()
    keywords.close()
    store.close()
    database.close()
    return spent


def ask(workbench: Workbench, mode: str, writer: Writer) -> list[float]:
    """Milliseconds for each of the questions, the embedding of the question included."""
    times = []
    for number in range(WARM_UP + QUESTIONS):
        question = writer.question()
        began = time.perf_counter()
        found = workbench.search.search(question, mode=mode, top_k=10)
        if number >= WARM_UP:
            times.append((time.perf_counter() - began) * 1000)
        if len(found.passages) < 10:
            raise RuntimeError(f"“{question}” found only {len(found.passages)} passages by {mode}.")
    return times


def measure(folder: Path) -> Iterator[Figure]:
    spent = fill(folder / "data", CHUNKS)
    yield Figure("bulk indexing of ready vectors", round(CHUNKS / spent), "chunks/s", ">= 1000", f"{CHUNKS:,} chunks")
    with opened(folder / "data") as workbench:
        for mode in ("hybrid", "dense", "keyword"):
            times = ask(workbench, mode, Writer(5))
            yield Figure(
                f"{mode} search, p95",
                round(percentile(times, 0.95), 1),
                "ms",
                "<= 25" if mode == "hybrid" else "",
                f"p50 {percentile(times, 0.5):.1f} ms at {CHUNKS:,} chunks, question embedded, {QUESTIONS} questions",
            )
        yield delete(workbench)


def delete(workbench: Workbench) -> Figure:
    """One document of 1,000 chunks goes; all stores must agree afterwards."""
    victim = next(document for document in workbench.library.documents() if document.chunks == PER_DOCUMENT)
    began = time.perf_counter()
    _, removed = workbench.library.delete([victim.id])
    seconds = time.perf_counter() - began
    wrong = [check for check in workbench.doctor() if not check.ok]
    if wrong or removed.vectors != PER_DOCUMENT or removed.keywords != PER_DOCUMENT:
        raise RuntimeError(f"The delete left something: {removed}, {wrong}")
    note = f"of {CHUNKS:,}; {removed.vectors} vectors and {removed.keywords} keyword entries went, doctor clean"
    return Figure(f"delete a document of {PER_DOCUMENT:,} chunks", round(seconds, 2), "s", "<= 2", note)
