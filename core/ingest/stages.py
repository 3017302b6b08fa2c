"""The stages that all documents share: embed, then index. Threads of their own, bounded queues between them.

Chunks of several documents meet in one embedding batch. What waits is bounded, so backpressure reaches the reader.
The order inside the index stage is what makes a kill harmless: vectors, then keywords, then the catalog row that says
so. All three are keyed by chunk id, so doing it again overwrites.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from core.errors import QuellwerkError
from core.ingest.ticket import Work
from core.models.check import check_vectors
from storage.cache import ResultCache
from storage.chunks import ChunkStore
from storage.errors import StorageError
from storage.keywords import KeywordEntry, KeywordIndex
from storage.vectors import VectorCollection

log = logging.getLogger(__name__)

T = TypeVar("T")

WAITING_CHUNKS = 512  # between reading and embedding
WAITING_BATCHES = 8  # between embedding and indexing
EMBED_AT_ONCE = 96  # chunks whose texts are sorted by length together
INDEX_AT_ONCE = 512
POLL_S = 0.25
INDEX_ATTEMPTS = 4
INDEX_WAIT_S = 120.0
GATHER_S = 0.25  # longest wait for more chunks before a write
FLOW_S = 1.0  # a write that recently means that more will come


class Embedder(Protocol):
    """What the embed stage needs of a model."""

    @property
    def fingerprint(self) -> str:
        """Names model, weights and dimension."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 of shape (len(texts), dimension)."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A chunk with its vector. `fresh` if the model made it just now, so that it is still to be kept."""

    work: Work
    vector: np.ndarray
    fresh: bool


@dataclass(frozen=True, slots=True)
class StageFigures:
    """A snapshot for whoever looks: queue lengths, chunks so far, and whether the threads live."""

    waiting_to_embed: int
    waiting_to_index: int
    embedded: int
    indexed: int
    cache_hits: int
    alive: bool


class Stages:
    """Owns the embed and index threads and the queues before them. Close it; closing waits up to 10 s each."""

    def __init__(
        self,
        chunks: ChunkStore,
        cache: ResultCache,
        vectors: VectorCollection,
        keywords: KeywordIndex,
        embedder: Embedder,
    ) -> None:
        self._chunks = chunks
        self._cache = cache
        self._vectors = vectors
        self._keywords = keywords
        self._embedder = embedder
        self._to_embed: queue.Queue[Work] = queue.Queue(WAITING_CHUNKS)
        self._to_index: queue.Queue[list[Embedded]] = queue.Queue(WAITING_BATCHES)
        self._stopping = threading.Event()
        self._embedded = self._indexed = self._hits = 0
        self._figures_lock = threading.Lock()
        self._wrote_at = -FLOW_S
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="index-keywords")
        self._threads = [
            threading.Thread(target=self._loop, args=(once,), name=name, daemon=True)
            for name, once in (
                ("embed-1", self._embed_once),
                ("embed-2", self._embed_once),  # prepares a batch while the model works on the other's
                ("index", self._index_once),
            )
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Work) -> None:
        """Hand a chunk over; waits while the queue is full. Raises what `Ticket.check` raises."""
        work.ticket.take()
        while True:
            try:
                work.ticket.check()
                return self._to_embed.put(work, timeout=POLL_S)
            except queue.Full:
                continue
            except BaseException:
                work.ticket.give_back()
                raise

    def figures(self) -> StageFigures:
        """What is waiting and what was done since the start."""
        return StageFigures(
            self._to_embed.qsize(),
            self._to_index.qsize(),
            self._embedded,
            self._indexed,
            self._hits,
            all(thread.is_alive() for thread in self._threads),
        )

    def close(self) -> None:
        """Stop both threads. Chunks still waiting stay `split` in the catalog and come again at the next start."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=10)
            if thread.is_alive():
                log.warning("the %s stage did not stop within 10 s", thread.name)
        self._beside.shutdown(wait=True, cancel_futures=True)

    def _loop(self, once: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                once()
            except Exception:  # a stage outlives whatever one batch does to it
                log.exception("a batch was lost by its stage")

    # -- embed -----------------------------------------------------------------------------------------------------

    def _embed_once(self) -> None:
        batch = _wanted(_drain(self._to_embed, EMBED_AT_ONCE))
        if not batch:
            return
        try:
            embedded = self._embed(batch)
        except Exception as error:  # one batch must not hold its documents for ever
            log.exception("embedding failed")
            for work in batch:
                self._fail(work, f"Embedding failed: {error}")
            return
        while embedded and not self._stopping.is_set():
            try:
                self._to_index.put(embedded, timeout=POLL_S)
                return
            except queue.Full:
                continue
        for item in embedded:
            item.work.ticket.give_back()

    def _embed(self, batch: list[Work]) -> list[Embedded]:
        model = self._embedder.fingerprint
        kept = self._cache.vectors(list({work.chunk.text_hash for work in batch}), model)
        texts = {work.chunk.text_hash: work.text for work in batch if work.chunk.text_hash not in kept}
        fresh, bad = self._encode(list(texts.items()))
        with self._figures_lock:
            self._hits += len(kept)
            self._embedded += len(fresh)
        embedded: list[Embedded] = []
        for work in batch:
            text_hash = work.chunk.text_hash
            if text_hash in kept:
                embedded.append(Embedded(work, np.frombuffer(kept[text_hash], dtype="<f4"), fresh=False))
            elif text_hash in fresh:
                embedded.append(Embedded(work, fresh[text_hash], fresh=True))
            else:
                self._fail(work, bad[text_hash])
        return embedded

    def _encode(self, items: list[tuple[str, str]]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """Vectors by text hash, and reasons for texts without one. A failing batch is halved down to the bad text."""
        if not items:
            return {}, {}
        try:
            vectors = self._embedder.encode([text for _, text in items])
            check_vectors(vectors, len(items), self._embedder.dimension)
        except Exception as error:  # whatever the model throws at one text, the others go on
            if len(items) == 1:
                return {}, {items[0][0]: str(error)}
            middle = len(items) // 2
            left, left_bad = self._encode(items[:middle])
            right, right_bad = self._encode(items[middle:])
            return left | right, left_bad | right_bad
        return {text_hash: vector for (text_hash, _), vector in zip(items, vectors, strict=True)}, {}

    # -- index -----------------------------------------------------------------------------------------------------

    def _index_once(self) -> None:
        groups = _drain(self._to_index, 1)
        # In a steady flow, gather a little: a commit costs the same for one chunk as for hundreds.
        flowing = time.monotonic() - self._wrote_at < FLOW_S
        until = time.monotonic() + (GATHER_S if flowing else 0.0)
        while groups and sum(map(len, groups)) < INDEX_AT_ONCE:
            try:
                groups.append(self._to_index.get(timeout=max(0.0, until - time.monotonic())))
            except queue.Empty:
                break
        found = {id(item.work): item for group in groups for item in group}
        batch = [found[id(work)] for work in _wanted([item.work for item in found.values()])]
        if batch:
            self._index(batch)
            self._wrote_at = time.monotonic()

    def _index(self, batch: list[Embedded]) -> None:
        for attempt in range(1, INDEX_ATTEMPTS + 1):
            try:
                self._write(batch)
                break
            except (StorageError, QuellwerkError) as error:
                log.warning("indexing %d chunks failed, attempt %d: %s", len(batch), attempt, error)
                if attempt == INDEX_ATTEMPTS or self._stopping.wait(0.2 * 2**attempt):
                    for item in batch:
                        self._fail(item.work, str(error))
                    return
            except Exception as error:
                log.exception("indexing failed")
                for item in batch:
                    self._fail(item.work, f"Indexing failed: {error}")
                return
        self._indexed += len(batch)
        for item in batch:
            item.work.ticket.give_back()

    def _write(self, batch: list[Embedded]) -> None:
        chunks = [item.work.chunk for item in batch]
        words = self._beside.submit(self._write_keywords, batch)  # both indexes at once; neither needs the other
        try:
            self._vectors.upsert(
                [chunk.chunk_id for chunk in chunks],
                np.stack([item.vector for item in batch]).astype(np.float32, copy=False),
                [chunk.document_id for chunk in chunks],
            )
        finally:
            words.result(timeout=INDEX_WAIT_S)
        model = self._embedder.fingerprint
        kept = [
            (item.work.chunk.text_hash, model, np.asarray(item.vector, dtype="<f4").tobytes())
            for item in batch
            if item.fresh
        ]
        self._chunks.mark_indexed(chunks, kept)

    def _write_keywords(self, batch: list[Embedded]) -> None:
        entries = []
        for item in batch:
            chunk = item.work.chunk
            heading = item.work.heading
            entries.append(KeywordEntry(chunk.chunk_id, chunk.document_id, chunk.text, heading, chunk.language))
        self._keywords.upsert(entries)
        self._keywords.commit()

    # -- both ------------------------------------------------------------------------------------------------------

    def _fail(self, work: Work, reason: str) -> None:
        try:
            self._chunks.mark_failed(work.chunk, reason)
        except StorageError as error:
            log.debug("a failed chunk could not be noted: %s", error)  # its run meets the same store and says so
        finally:
            work.ticket.give_back()


def _drain(source: queue.Queue[T], most: int) -> list[T]:
    """What is waiting, at most `most`; waits a moment for the first."""
    try:
        found = [source.get(timeout=POLL_S)]
    except queue.Empty:
        return []
    while len(found) < most:
        try:
            found.append(source.get_nowait())
        except queue.Empty:
            break
    return found


def _wanted(batch: list[Work]) -> list[Work]:
    """The works whose runs still go on; the others are given back."""
    kept = []
    for work in batch:
        if work.ticket.idle:
            work.ticket.give_back()
        else:
            kept.append(work)
    return kept
