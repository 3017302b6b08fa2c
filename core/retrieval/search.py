"""Search: from a question to passages, by meaning (dense), by words (keyword) or by both (hybrid).

The hot path of everything: one embedding, one query of each index, one look into the catalog, which alone decides what
may be found. LlamaIndex is not needed here; `core.retrieval.retrievers` offers the same to it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.errors import InvalidRequest, QuellwerkError
from core.records import Passage
from core.retrieval.fusion import Hit, blend, single
from storage.errors import StorageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from storage.chunks import LiveChunk
    from storage.keywords import KeywordIndex, Ranked
    from storage.vectors import VectorCollection

MODES = ("hybrid", "dense", "keyword")
MOST_PASSAGES = 200
CANDIDATES = 100  # of each retriever; also what `blend` measures similarities against
WIDEN = 4  # times more candidates when too few of them may be found
WIDEST = 6_400
DENSE_WEIGHT = 0.6  # in a language that the model knows; see docs/retrieval.md
DENSE_WEIGHT_FOREIGN = 0.4
MODEL_LANGUAGES = frozenset({"en"})  # of the built-in model


class Embedder(Protocol):
    """What search needs of an embedding model."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 of shape (len(texts), dimension)."""


class LiveChunks(Protocol):
    """What search needs of the catalog."""

    def live_chunks(self, ids: Sequence[str]) -> dict[str, LiveChunk]:
        """Those of the given chunks that may be found, by id."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The passages found, best first, ranks from 1 without gaps. `ms` is the time it took, embedding included."""

    query: str
    mode: str
    ms: float
    passages: tuple[Passage, ...]


class Search:
    """Searches one collection and one keyword index. Safe from many threads.

    One after the other in the caller's thread: the keyword part takes a third of a millisecond, less than handing it
    to another thread costs.
    """

    def __init__(
        self, catalog: LiveChunks, vectors: VectorCollection, keywords: KeywordIndex, embedder: Embedder
    ) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._keywords = keywords
        self._embedder = embedder

    def search(
        self, query: str, mode: str = "hybrid", top_k: int = 10, document_ids: Collection[str] = ()
    ) -> SearchResult:
        """The `top_k` best passages of the library, or of the given documents if there are any.

        Scores: cosine similarity (-1 to 1) in mode dense, BM25 (above 0) in keyword, a weighted share (0 to about 1)
        in hybrid; comparable within one result only. Fewer passages, or none, when there are no more. The same
        library and question give the same result.
        Raises InvalidRequest for an unknown mode, an empty question or a top_k that is not 1 to 200; QuellwerkError
        when an index does not answer; ModelError when the model does not.
        """
        started = time.perf_counter()
        if mode not in MODES:
            raise InvalidRequest(f"There is no search mode “{mode}”.", f"Use one of: {', '.join(MODES)}.")
        if not query.strip():
            raise InvalidRequest("The question is empty.", "Type a question.")
        if not 1 <= top_k <= MOST_PASSAGES:
            raise InvalidRequest(f"{top_k} passages cannot be asked for.", f"Ask for 1 to {MOST_PASSAGES}.")
        try:
            passages = self._passages(query, mode, top_k, document_ids)
        except StorageError as error:
            raise QuellwerkError(f"The search index does not answer: {error}", "Run “doctor --repair”.") from error
        return SearchResult(query, mode, (time.perf_counter() - started) * 1000, tuple(passages))

    def hits(self, query: str, mode: str, depth: int, document_ids: Collection[str] = ()) -> tuple[list[Hit], bool]:
        """Candidates before the catalog is asked, best first, from `depth` of each retriever; and whether more depth
        could give more. Raises what the stores raise."""
        if mode == "keyword":
            found = self._keywords.ranked(query, depth, document_ids)
            return single("keyword", found.hits), len(found.hits) == depth
        if mode == "dense":
            near = self._dense(query, depth, document_ids)
            return single("dense", near), len(near) == depth
        near = self._dense(query, depth, document_ids)
        found = self._keywords.ranked(query, depth, document_ids)
        return blend(near, found.hits, found.ceiling, _dense_weight(found)), depth in (len(near), len(found.hits))

    def question_vector(self, question: str) -> NDArray[np.float32]:
        """A question as the vectors are asked: float32 of shape (dimension,), not of unit length.

        The mean of the question as it stands and without its closing mark. Passages do not end in a question mark, and
        two runs of an int8 model round less than one.
        """
        bare = question.strip().rstrip("?!. ")
        texts = [question] if bare in ("", question.strip()) else [question, bare]
        vectors: NDArray[np.float32] = self._embedder.encode(texts)
        mean: NDArray[np.float32] = vectors.mean(axis=0)
        return mean

    def close(self) -> None:
        """Nothing to stop: a search runs in its caller's thread. Here so that its owner need not know that."""

    def _passages(self, query: str, mode: str, top_k: int, document_ids: Collection[str]) -> list[Passage]:
        depth = max(CANDIDATES, top_k)
        while True:
            hits, more = self.hits(query, mode, depth, document_ids)
            found = self._live(hits, top_k)
            if len(found) == top_k or not more or depth >= WIDEST:
                return [
                    Passage(rank, hit.score, live.chunk, live.document, live.document_kind, hit.found_by)
                    for rank, (hit, live) in enumerate(found, start=1)
                ]
            depth *= WIDEN

    def _live(self, hits: Sequence[Hit], top_k: int) -> list[tuple[Hit, LiveChunk]]:
        """The first `top_k` hits that may be found. Almost always the first slice is enough."""
        found: list[tuple[Hit, LiveChunk]] = []
        first, size = 0, top_k
        while first < len(hits) and len(found) < top_k:
            part = hits[first : first + size]
            live: Mapping[str, LiveChunk] = self._catalog.live_chunks([hit.chunk_id for hit in part])
            found += [(hit, live[hit.chunk_id]) for hit in part if hit.chunk_id in live]
            first, size = first + size, size * 2
        return found[:top_k]

    def _dense(self, query: str, depth: int, document_ids: Collection[str]) -> list[tuple[str, float]]:
        return self._vectors.query(self.question_vector(query), depth, document_ids)


def _dense_weight(found: Ranked) -> float:
    """Less weight for meaning when the question is in a language that the model was not made for."""
    return DENSE_WEIGHT if found.language in MODEL_LANGUAGES or not found.language else DENSE_WEIGHT_FOREIGN
