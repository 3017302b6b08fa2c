"""Answer synthesis behind LlamaIndex's `BaseSynthesizer`. Import lazily: LlamaIndex takes seconds to load.

`CitedSynthesizer` is what an agent uses, whatever words its answers: `compose` gives drafts with sources, and the
LlamaIndex methods give the same answer as text to query engines of that ecosystem. The built-in one needs no model.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Sequence
from typing import Any

from llama_index.core.callbacks import CallbackManager
from llama_index.core.indices.prompt_helper import PromptHelper
from llama_index.core.llms import LLM, MockLLM
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.response_synthesizers import BaseSynthesizer
from llama_index.core.types import RESPONSE_TEXT_TYPE

from core.answering.checking import Referee
from core.answering.composer import Composition, ExtractiveComposer
from core.answering.extract import Encode
from core.records import BlockKind, Chunk, Passage


class CitedSynthesizer(BaseSynthesizer):
    """A response synthesizer whose sentences carry checked `[n]` citations."""

    model: str = ""

    def __init__(self, llm: LLM | None = None, *, streaming: bool = True) -> None:
        # Everything LlamaIndex would otherwise take from its global `Settings` is given here.
        super().__init__(
            llm=llm or MockLLM(),
            callback_manager=CallbackManager([]),
            prompt_helper=PromptHelper(tokenizer=str.split),
            chat_prompt_helper=None,
            streaming=streaming,
        )

    @abstractmethod
    def compose(self, question: str, passages: Sequence[Passage]) -> Composition:
        """The answer as drafts, made while they are taken. Closing the iterator ends the work."""

    def get_response(self, query_str: str, text_chunks: Sequence[str], **_response_kwargs: Any) -> RESPONSE_TEXT_TYPE:
        """The answer as Markdown with `[n]` markers, a generator when streaming."""
        pieces = self._say(query_str, text_chunks)
        return pieces if self._streaming else "".join(pieces)

    async def aget_response(
        self, query_str: str, text_chunks: Sequence[str], **_response_kwargs: Any
    ) -> RESPONSE_TEXT_TYPE:
        """As `get_response`, in one piece."""
        return "".join(self._say(query_str, text_chunks))

    def _say(self, question: str, texts: Sequence[str]) -> Generator[str, None, None]:
        passages = [as_passage(text, number) for number, text in enumerate(texts, 1)]
        referee = Referee(passages)
        first = True
        for draft in self.compose(question, passages).drafts:
            text, _ = referee.admit(draft)
            yield text if first else " " + text
            first = False

    def _get_prompts(self) -> PromptDictType:
        return {}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        """The built-in answerer has no prompt to update."""


class ExtractiveSynthesizer(CitedSynthesizer):
    """The built-in answerer: extractive, no language model."""

    def __init__(self, encode: Encode, *, streaming: bool = True) -> None:
        super().__init__(streaming=streaming)
        self._composer = ExtractiveComposer(encode)
        self.model = self._composer.model

    def compose(self, question: str, passages: Sequence[Passage]) -> Composition:
        """The answer as drafts."""
        return self._composer.compose(question, passages)


def as_passage(text: str, rank: int) -> Passage:
    """A bare text as a passage, for callers that have no more than that."""
    chunk = Chunk(
        chunk_id=f"text-{rank}",
        document_id=f"text-{rank}",
        version_id="",
        ordinal=0,
        text=text,
        text_hash="",
        heading="",
        kind=BlockKind.PARAGRAPH,
        language="",
        section=1,
        section_end=1,
        start=0,
        end=len(text),
    )
    return Passage(rank, 0.0, chunk, f"text {rank}")
