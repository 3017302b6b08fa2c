"""The built-in embedding model as LlamaIndex sees it. Import this lazily: LlamaIndex takes seconds to load."""

from __future__ import annotations

import asyncio
from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr

from core.models.check import check_vectors
from core.models.minilm import MiniLM


class BuiltinEmbedding(BaseEmbedding):
    """A `BaseEmbedding` over a MiniLM that somebody else owns and closes.

    Every vector is a list of 384 floats of unit length. Raises BadVector when a vector cannot be used, ModelError when
    the model does not answer.
    """

    _model: MiniLM = PrivateAttr()

    def __init__(self, model: MiniLM, **values: Any) -> None:
        values.setdefault("embed_batch_size", model.batch)
        super().__init__(model_name=model.model_name, **values)
        self._model = model

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex lists it."""
        return "BuiltinEmbedding"

    @property
    def fingerprint(self) -> str:
        """What an index has to remember: vectors of another fingerprint cannot be compared with these."""
        return self._model.fingerprint

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return self._model.dimension

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors = self._model.encode(texts)
        check_vectors(vectors, len(texts), self._model.dimension)
        lists: list[list[float]] = vectors.tolist()
        return lists

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embeddings([query])[0]

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)
