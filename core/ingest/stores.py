"""The stores that ingestion and deletion work on, as one argument."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from storage.cache import ResultCache
from storage.catalog import Catalog
from storage.chunks import ChunkStore
from storage.errors import StorageError
from storage.files import FileStore
from storage.removal import Removal

if TYPE_CHECKING:
    from storage.keywords import KeywordIndex
    from storage.vectors import VectorCollection


log = logging.getLogger(__name__)


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


class Openable(Protocol):
    """An index on disk."""

    def __init__(self, folder: Path) -> None:
        """Open it, or make it."""

    def close(self) -> None:
        """Close it."""

    @staticmethod
    def remove(folder: Path) -> None:
        """Remove it from disk; it must be closed."""


class Countable(Protocol):
    """What tells whether an index can be read."""

    def count(self) -> int:
        """How much is in it."""


IndexType = TypeVar("IndexType", bound=Openable)
Used = TypeVar("Used", bound=Countable)


def sound_index(kind: type[IndexType], folder: Path, use: Callable[[IndexType], Used]) -> tuple[IndexType, Used]:
    """Open an index and what is used of it. Raises StorageError.

    One that is broken is removed and opened empty: the catalog has what it takes to fill it again.
    """
    index: IndexType | None = None
    try:
        index = kind(folder)
        used = use(index)
        used.count()
    except StorageError as error:
        log.warning("%s cannot be opened and is made anew: %s", folder.name, error)
        if index is not None:
            index.close()
        kind.remove(folder)
        index = kind(folder)
        used = use(index)
    return index, used


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that is kept about documents."""

    catalog: Catalog
    chunks: ChunkStore
    cache: ResultCache
    removal: Removal
    files: FileStore
    indexes: Indexes
