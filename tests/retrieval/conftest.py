"""A small library with real stores and the real model, filled once for all tests of the area."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.models.minilm import MiniLM
from core.records import BlockKind, Chunk, DocumentStatus
from core.retrieval.search import Search
from storage.catalog import Arrival, Catalog
from storage.chunks import ChunkStore
from storage.database import Database
from storage.files import FileStore
from storage.keywords import KeywordEntry, KeywordIndex
from storage.vectors import VectorCollection, VectorStore

TEXTS = {
    "turbines.txt": (
        "The wind farm off the coast has twelve turbines. Each turbine delivers four megawatts.",
        "Maintenance of the turbines is done in summer, when the sea is calm.",
        "The gearbox GX-2207/a is replaced every nine years.",
        "The gearbox GX-2208/a was tested and rejected.",
    ),
    "bakery.txt": (
        "Sourdough bread is made of flour, water and salt, and rests overnight.",
        "The oven is heated to 250 degrees before the loaves go in.",
        "Croissants need cold butter and three folds of the dough.",
    ),
    "verein.txt": (
        "Der Ruderverein wurde 1923 in Lübeck gegründet.",
        "Nach § 12 der Satzung wählt die Versammlung den Vorstand für zwei Jahre.",
        "Die Boote liegen im Winter in der Halle am Kanal.",
    ),
    "people.txt": (
        "Ingrid Solberg has chaired the board since 2019.",
        "The accounts are kept by Tomas Ek, who came from the bakery.",
    ),
}


@dataclass
class Shelf:
    """The stores, and hands to fill and change them."""

    catalog: Catalog
    chunks: ChunkStore
    files: FileStore
    database: Database
    vectors: VectorCollection
    keywords: KeywordIndex
    model: MiniLM
    search: Search

    def add(self, name: str, texts: Sequence[str], language: str = "en") -> str:
        """Put a document in, whole, as ingestion would; returns its id. A known name makes a new version."""
        content_hash, size = self.files.put(io.BytesIO("\n".join(texts).encode()), 1_000_000)
        (accepted,) = self.catalog.accept([Arrival(name, content_hash, size, kind="text")])
        version = accepted.version_id or ""
        made = [
            Chunk(
                chunk_id=f"{version}-{n}",
                document_id=accepted.document_id,
                version_id=version,
                ordinal=n,
                text=text,
                text_hash=f"{version}-{n}",
                heading="",
                kind=BlockKind.PARAGRAPH,
                language=language,
                section=1,
                section_end=1,
                start=0,
                end=len(text),
            )
            for n, text in enumerate(texts)
        ]
        title = Path(name).stem
        self.chunks.add(version, made)
        ids, owners = [chunk.chunk_id for chunk in made], [accepted.document_id] * len(made)
        self.vectors.upsert(ids, self.model.encode([f"{title}\n{chunk.text}" for chunk in made]), owners)
        self.keywords.upsert(
            [KeywordEntry(c.chunk_id, c.document_id, c.text, title, language) for c in made],
        )
        self.keywords.commit()
        self.chunks.mark_indexed(made)
        self.catalog.finish(version, DocumentStatus.DONE, language=language)
        return accepted.document_id


def open_shelf(folder: Path, model: MiniLM) -> Iterator[Shelf]:
    database = Database(folder / "catalog.sqlite")
    database.create()
    store = VectorStore(folder / "chroma")
    keywords = KeywordIndex(folder / "keywords")
    vectors, chunks = store.collection(model.fingerprint, model.dimension), ChunkStore(database)
    search = Search(chunks, vectors, keywords, model)
    yield Shelf(Catalog(database), chunks, FileStore(folder / "files"), database, vectors, keywords, model, search)
    search.close()
    keywords.close()
    store.close()
    database.close()


@pytest.fixture(scope="session")
def model() -> Iterator[MiniLM]:
    opened = MiniLM(threads=2)
    yield opened
    opened.close()


@pytest.fixture
def shelf(tmp_path: Path, model: MiniLM) -> Iterator[Shelf]:
    """An empty library."""
    yield from open_shelf(tmp_path, model)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, model: MiniLM) -> Iterator[Shelf]:
    """The library of TEXTS. Tests do not change it."""
    for opened in open_shelf(tmp_path_factory.mktemp("library"), model):
        for name, texts in TEXTS.items():
            opened.add(name, texts, "de" if name == "verein.txt" else "en")
        yield opened
