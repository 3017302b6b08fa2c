"""Our search as LlamaIndex retrievers, so that its query engines, chat engines and rerankers plug in.

Import this lazily: LlamaIndex takes seconds to load, and the workbench's own search does not need it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from core.records import Passage
from core.retrieval.fusion import SMOOTHING, reciprocal_rank
from core.retrieval.search import Search

SHOWN_TO_MODELS = ("document", "heading", "page")


class PassageRetriever(BaseRetriever):
    """One mode of the search (`hybrid`, `dense` or `keyword`) over the library or some of its documents.

    Raises what `Search.search` raises.
    """

    def __init__(
        self, search: Search, mode: str = "hybrid", top_k: int = 10, document_ids: Collection[str] = ()
    ) -> None:
        super().__init__()
        self.mode = mode
        self._search = search
        self._top_k = top_k
        self._document_ids = tuple(document_ids)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._search.search(query_bundle.query_str, self.mode, self._top_k, self._document_ids)
        return [node(passage) for passage in found.passages]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class RankFusionRetriever(BaseRetriever):
    """Any retrievers, ours or others', joined by weighted reciprocal rank fusion: their scores need not compare.

    `retrievers` maps names to retrievers, `weights` names to numbers of at least 0 (1 where none is given). Each is
    asked once, one after the other.
    """

    def __init__(
        self,
        retrievers: Mapping[str, BaseRetriever],
        weights: Mapping[str, float] | None = None,
        top_k: int = 10,
        smoothing: float = SMOOTHING,
    ) -> None:
        super().__init__()
        self._retrievers = dict(retrievers)
        self._weights = weights
        self._top_k = top_k
        self._smoothing = smoothing

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._fused({name: asked.retrieve(query_bundle) for name, asked in self._retrievers.items()})

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._fused({name: await asked.aretrieve(query_bundle) for name, asked in self._retrievers.items()})

    def _fused(self, found: Mapping[str, Sequence[NodeWithScore]]) -> list[NodeWithScore]:
        nodes = {item.node.node_id: item.node for name in sorted(found) for item in found[name]}
        rankings = {name: [item.node.node_id for item in items] for name, items in found.items()}
        fused = reciprocal_rank(rankings, self._weights, self._smoothing)[: self._top_k]
        return [NodeWithScore(node=nodes[hit.chunk_id], score=hit.score) for hit in fused]


def node(passage: Passage) -> NodeWithScore:
    """A passage as LlamaIndex carries it: the chunk's id, text and place, and the document as its source."""
    chunk = passage.chunk
    metadata = {
        "document": passage.document,
        "document_id": chunk.document_id,
        "heading": chunk.heading,
        "page": chunk.page,
        "kind": chunk.kind.value,
        "language": chunk.language,
    }
    hidden = [name for name in metadata if name not in SHOWN_TO_MODELS]
    return NodeWithScore(
        node=TextNode(
            id_=chunk.chunk_id,
            text=chunk.text,
            metadata=metadata,
            excluded_llm_metadata_keys=hidden,
            excluded_embed_metadata_keys=list(metadata),
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=chunk.document_id)},
        ),
        score=passage.score,
    )
