"""The search as LlamaIndex sees it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle, TextNode

from core.errors import InvalidRequest
from core.retrieval.retrievers import PassageRetriever, RankFusionRetriever

from .conftest import Shelf


class Fixed(BaseRetriever):
    """Somebody else's retriever, with scores of its own kind."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = names

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [NodeWithScore(node=TextNode(id_=name, text=name), score=None) for name in self.names]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "keyword"])
def test_a_retriever_returns_the_passages_of_the_search(library: Shelf, mode: str) -> None:
    nodes = PassageRetriever(library.search, mode, 4).retrieve("Who chairs the board?")
    passages = library.search.search("Who chairs the board?", mode, 4).passages
    assert [(item.node.node_id, item.score) for item in nodes] == [(p.chunk.chunk_id, p.score) for p in passages]
    first = nodes[0].node
    assert first.get_content(MetadataMode.NONE) == "Ingrid Solberg has chaired the board since 2019."
    assert first.metadata["document"] == "people.txt"
    assert first.source_node is not None
    assert first.source_node.node_id == passages[0].chunk.document_id
    assert "document_id" not in first.get_content(MetadataMode.LLM)


def test_it_can_be_limited_and_awaited(library: Shelf) -> None:
    (bakery,) = [document.id for document in library.catalog.documents() if document.name == "bakery.txt"]
    retriever = PassageRetriever(library.search, "hybrid", 10, [bakery])
    nodes = asyncio.run(retriever.aretrieve("the board"))
    assert {item.node.metadata["document"] for item in nodes} == {"bakery.txt"}
    with pytest.raises(InvalidRequest):
        PassageRetriever(library.search, "psychic").retrieve("x")


def test_rank_fusion_joins_retrievers_whose_scores_do_not_compare(library: Shelf) -> None:
    fused = RankFusionRetriever({"one": Fixed("a", "b"), "two": Fixed("b", "c")}, top_k=2)
    assert [item.node.node_id for item in fused.retrieve("x")] == ["b", "a"]
    assert [item.node.node_id for item in asyncio.run(fused.aretrieve("x"))] == ["b", "a"]
    weighted = RankFusionRetriever({"one": Fixed("a", "b"), "two": Fixed("b", "c")}, {"one": 1, "two": 0})
    assert [item.node.node_id for item in weighted.retrieve("x")] == ["a", "b", "c"]
    parts = {mode: PassageRetriever(library.search, mode, 10) for mode in ("dense", "keyword")}
    nodes = RankFusionRetriever(parts, top_k=3).retrieve("Wer wählt den Vorstand nach § 12?")
    assert nodes[0].node.metadata["document"] == "verein.txt"


def test_the_search_itself_does_not_load_llamaindex(root: Path) -> None:
    code = "import sys, core.retrieval.search, core.evaluate; print([m for m in sys.modules if 'llama_index' in m])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
