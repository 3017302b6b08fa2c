"""The stores that ingestion and deletion work on, as one argument."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.cache import ResultCache
from storage.catalog import Catalog
from storage.chunks import ChunkStore
from storage.files import FileStore
from storage.removal import Removal

if TYPE_CHECKING:
    from storage.keywords import KeywordIndex
    from storage.vectors import VectorCollection


@dataclass(frozen=True, slots=True)
class Indexes:
    """The two indexes: `vectors` gives the collection of the model in use. Either may wait until it is open."""

    vectors: Callable[[], VectorCollection]
    keywords: Callable[[], KeywordIndex]

    def forget(self, chunk_ids: Sequence[str]) -> tuple[int, int]:
        """Remove chunks from both; returns how many vectors and keyword entries went. Repeatable."""
        if not chunk_ids:
            return 0, 0
        vectors = self.vectors().delete(chunk_ids)
        keywords = self.keywords()
        removed = keywords.delete(chunk_ids)
        keywords.commit()
        return vectors, removed


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that is kept about documents."""

    catalog: Catalog
    chunks: ChunkStore
    cache: ResultCache
    removal: Removal
    files: FileStore
    indexes: Indexes
