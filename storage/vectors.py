"""The vector store: one local Chroma database, one collection per embedding model, cosine similarity.

Chroma gets ready vectors and never a text: no embedding function is configured, telemetry is off, nothing leaves the
machine. Its truth is a SQLite file; the HNSW graph beside it is brought up to date from there after a crash.
"""

from __future__ import annotations

import hashlib
import math
import re
import shutil
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage.errors import VectorStoreError

BATCH = 100  # vectors in one write while somebody searches; larger ones hold up queries
BREATH_S = 0.01  # between two writes while somebody searches, so that waiting queries get in
QUIET_BATCH = 500  # vectors in one write while nobody does: a third faster
QUIET_AFTER_S = 5.0  # without a query
# Made with less care than Chroma's default (a quarter less work a vector), searched with more: of 30,000 vectors it
# found 99.9 % of the true ten nearest.
GRAPH = {"ef_construction": 64, "ef_search": 400}
FEW = 1_000  # up to so many vectors of the wanted documents are compared one by one, exactly
WIDE = 4  # how many times more neighbours are asked for when documents are limited
WRITE_WAIT_S = 120.0

Vectors = NDArray[np.float32]


class VectorStore:
    """A Chroma database in a folder. One process at a time (the data folder's lock sees to that).

    Opening imports chromadb (1 to 2 s the first time) and takes 0.1 s; an index of 100,000 vectors is read, in 0.3 s,
    by its first query, not here. Raises VectorStoreError.
    """

    def __init__(self, folder: Path) -> None:
        import chromadb
        from chromadb.config import Settings

        self.folder = folder
        self._collections: dict[str, VectorCollection] = {}
        self._opening = threading.Lock()  # held while a collection is looked up or made
        self._writing = threading.Lock()  # the one writer of the whole store
        with _translated("open the vector store"):
            folder.mkdir(parents=True, exist_ok=True)
            # No `.env` of ours: Chroma would read its own server settings from it.
            settings = Settings(_env_file=None, anonymized_telemetry=False, allow_reset=False)  # type: ignore[call-arg]
            self._client: Any = chromadb.PersistentClient(str(folder), settings=settings)

    def collection(self, fingerprint: str, dimension: int) -> VectorCollection:
        """The collection of an embedding model, made if it is not there. Cheap to call again.

        Raises VectorStoreError when it holds vectors of another dimension.
        """
        name = collection_name(fingerprint, dimension)
        with self._opening:
            if name not in self._collections:
                with _translated("open a collection"):
                    found = self._open_client().get_or_create_collection(
                        name,
                        metadata={"fingerprint": fingerprint, "dimension": dimension},
                        embedding_function=None,
                        configuration={"hnsw": {"space": "cosine", **GRAPH}},
                    )
                self._collections[name] = VectorCollection(found, dimension, self._writing)
            return self._collections[name]

    def fingerprints(self) -> list[tuple[str, int]]:
        """(fingerprint, dimension) of every model that has a collection, sorted."""
        with _translated("list the collections"):
            found = [collection.metadata or {} for collection in self._open_client().list_collections()]
        return sorted((str(meta.get("fingerprint", "")), int(str(meta.get("dimension", 0)))) for meta in found)

    def drop(self, fingerprint: str, dimension: int) -> bool:
        """Remove a model's collection with all it holds. False when there was none."""
        name = collection_name(fingerprint, dimension)
        if (fingerprint, dimension) not in self.fingerprints():
            return False
        with self._opening, self._writing, _translated("remove a collection"):
            self._collections.pop(name, None)
            self._open_client().delete_collection(name)
        return True

    def close(self) -> None:
        """Release the database. Collections from here refuse afterwards. Closing twice is no error."""
        with self._opening:
            client, self._client = self._client, None
            for collection in self._collections.values():
                collection.detach()
            self._collections.clear()
            if client is not None:
                with _translated("close the vector store"):
                    client.close()

    @staticmethod
    def remove(folder: Path) -> None:
        """Remove a store from disk, one that no longer opens too. It must not be open in any process."""
        from chromadb.api.shared_system_client import SharedSystemClient

        shutil.rmtree(folder, ignore_errors=True)
        # Chroma keeps what failed to open, by its path, and would hand it out again.
        SharedSystemClient._identifier_to_system.pop(str(folder), None)
        SharedSystemClient._identifier_to_refcount.pop(str(folder), None)

    def _open_client(self) -> Any:
        if self._client is None:
            raise VectorStoreError("The vector store is closed.")
        return self._client


class VectorCollection:
    """The vectors of one embedding model, each under its chunk's id with its document's id.

    Reads come from any thread; writes queue behind the store's one writer.
    """

    def __init__(self, collection: Any, dimension: int, writing: threading.Lock) -> None:
        self.dimension = dimension
        self._collection = collection
        self._vector_writing = writing
        self._asked_at = -math.inf  # when somebody last searched

    def upsert(self, ids: Sequence[str], vectors: Vectors, document_ids: Sequence[str]) -> None:
        """Store vectors, replacing those under the same ids; durable and found when it returns.

        `vectors` is float32 of shape (len(ids), dimension), finite, not zero, of any length (cosine). Not atomic: a
        crash may leave the first batches in; repeating the call makes it whole. Raises VectorStoreError, before
        anything is written if the shape or a value is wrong.
        """
        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        if vectors.shape != (len(ids), self.dimension) or len(document_ids) != len(ids):
            raise VectorStoreError(
                f"{len(ids)} ids and {len(document_ids)} documents need vectors of shape ({len(ids)}, "
                f"{self.dimension}), not {vectors.shape}."
            )
        if not np.isfinite(vectors).all() or not vectors.any(axis=1).all():
            raise VectorStoreError("A vector is zero or not finite.")
        last = {chunk_id: row for row, chunk_id in enumerate(ids)}  # Chroma refuses an id twice in one call
        rows = list(last.values())
        first = 0
        while first < len(rows):
            quiet = self._quiet()
            if first and not quiet:
                time.sleep(BREATH_S)
            batch = rows[first : first + (QUIET_BATCH if quiet else BATCH)]
            first += len(batch)
            with self._writer("write vectors"):
                self._open().upsert(
                    ids=[ids[row] for row in batch],
                    embeddings=vectors[batch],
                    metadatas=[{"document_id": document_ids[row]} for row in batch],
                )

    def query(self, vector: Vectors, k: int, document_ids: Collection[str] = ()) -> list[tuple[str, float]]:
        """The `k` nearest chunks as (chunk id, cosine similarity, -1 to 1), best first; equal ones by chunk id.

        `vector` is float32 of shape (dimension,). `document_ids` limits the search to those documents (empty: all).
        Raises VectorStoreError when the vector is not what the collection holds.
        """
        vector = np.asarray(vector, dtype=np.float32).reshape(-1)
        if vector.shape != (self.dimension,) or not np.isfinite(vector).all() or not vector.any():
            raise VectorStoreError(f"A question's vector must have {self.dimension} finite numbers, not all zero.")
        if k < 1:
            return []
        self._asked_at = time.monotonic()
        with _translated("search vectors"):
            if document_ids:
                found = self._query_within(vector, k, sorted(set(document_ids)))
            else:
                result = self._open().query(query_embeddings=vector[None], n_results=k, include=["distances"])
                found = list(zip(result["ids"][0], _similarities(result["distances"][0]), strict=True))
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def get(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors under those of the given ids that are there, as float32 of shape (dimension,)."""
        found: dict[str, Vectors] = {}
        unique = list(dict.fromkeys(ids))
        with _translated("read vectors"):
            for first in range(0, len(unique), FEW):
                result = self._open().get(ids=unique[first : first + FEW], include=["embeddings"])
                found |= {key: np.asarray(vector, np.float32) for key, vector in _pairs(result)}
        return found

    def delete(self, ids: Collection[str]) -> int:
        """Remove vectors. Returns how many were there; unknown ids are no error."""
        unique = sorted(set(ids))
        removed = 0
        for first in range(0, len(unique), FEW):
            if first and not self._quiet():
                time.sleep(BREATH_S)
            with self._writer("delete vectors"):
                there = self._open().get(ids=unique[first : first + FEW], include=[])["ids"]
                if there:
                    self._open().delete(ids=there)
                removed += len(there)
        return removed

    def ids(self, offset: int = 0, limit: int | None = None) -> list[str]:
        """Chunk ids in the order of their first arrival. For `doctor`; takes 2 µs each."""
        with _translated("list vectors"):
            return list(self._open().get(offset=offset, limit=limit, include=[])["ids"])

    def count(self) -> int:
        """How many vectors are here."""
        with _translated("count vectors"):
            return int(self._open().count())

    def detach(self) -> None:
        """Refuse everything from now on: the store is closed."""
        self._collection = None

    def _query_within(self, vector: Vectors, k: int, document_ids: list[str]) -> list[tuple[str, float]]:
        """The nearest chunks of some documents, by the cheapest of three ways.

        Neighbours of the whole library, if enough of them belong to the documents: then they are the nearest. Else the
        documents' vectors one by one, if they are few: that is exact. Else Chroma's own filter, which costs most.
        """
        collection, wanted = self._open(), set(document_ids)
        around = collection.query(
            query_embeddings=vector[None], n_results=max(WIDE * k, 100), include=["distances", "metadatas"]
        )
        near = [
            (chunk_id, score)
            for chunk_id, score, meta in zip(
                around["ids"][0], _similarities(around["distances"][0]), around["metadatas"][0], strict=True
            )
            if meta and meta.get("document_id") in wanted
        ]
        if len(near) >= k:
            return near[:k]
        where: Any = {"document_id": {"$in": document_ids}}
        there = collection.get(where=where, limit=FEW + 1, include=[])["ids"]
        if not there:
            return []
        if len(there) <= FEW:
            few = collection.get(ids=there, include=["embeddings"])
            if not few["ids"]:  # deleted in between
                return []
            matrix = np.asarray(few["embeddings"], np.float32)
            scores = matrix @ vector / (np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector))
            return sorted(zip(few["ids"], scores.tolist(), strict=True), key=lambda hit: (-hit[1], hit[0]))[:k]
        result = collection.query(query_embeddings=vector[None], n_results=k, where=where, include=["distances"])
        return list(zip(result["ids"][0], _similarities(result["distances"][0]), strict=True))

    def _quiet(self) -> bool:
        return time.monotonic() - self._asked_at > QUIET_AFTER_S

    def _open(self) -> Any:
        if self._collection is None:
            raise VectorStoreError("The vector store is closed.")
        return self._collection

    @contextmanager
    def _writer(self, task: str) -> Iterator[None]:
        if not self._vector_writing.acquire(timeout=WRITE_WAIT_S):
            raise VectorStoreError(f"Could not {task}: another write took longer than {WRITE_WAIT_S:.0f} s.")
        try:
            with _translated(task):
                yield
        finally:
            self._vector_writing.release()


def collection_name(fingerprint: str, dimension: int) -> str:
    """A name that Chroma accepts, readable and unique to the model and dimension."""
    readable = re.sub(r"[^a-zA-Z0-9]+", "-", fingerprint).strip("-")[:60]
    return f"v-{readable}-{hashlib.sha256(f'{fingerprint}/{dimension}'.encode()).hexdigest()[:12]}"


def _similarities(distances: Sequence[float]) -> list[float]:
    return [max(-1.0, min(1.0, 1.0 - float(distance))) for distance in distances]


def _pairs(result: Any) -> Iterator[tuple[str, Any]]:
    vectors = result["embeddings"]
    return zip(result["ids"], vectors if vectors is not None else [], strict=True)


@contextmanager
def _translated(task: str) -> Iterator[None]:
    """Turn what Chroma and its Rust core raise (many types, panics too, which are no Exception) into ours."""
    try:
        yield
    except VectorStoreError:
        raise
    except Exception as error:
        raise VectorStoreError(f"Could not {task}: {error}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise VectorStoreError(f"Could not {task}: {error}") from error
