"""A small invented library, a stand-in for the search over it (real MiniLM, real Passages), and the asker on top."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.answering.asker import Asker
from core.answering.words import likeness, telling
from core.chats import Chats
from core.models.minilm import MiniLM
from core.records import Answer, AnswerPiece, BlockKind, Chunk, Passage
from storage.database import Database


def passage(
    text: str,
    *,
    chunk: str = "c1",
    document: str = "notes.md",
    heading: str = "",
    kind: str = "paragraph",
    page: int | None = None,
    rank: int = 1,
    score: float = 1.0,
) -> Passage:
    made = Chunk(
        chunk_id=chunk,
        document_id=document,
        version_id="v1",
        ordinal=0,
        text=text,
        text_hash="",
        heading=heading,
        kind=BlockKind(kind),
        language="",
        section=page or 1,
        section_end=page or 1,
        start=0,
        end=len(text),
        page=page,
        page_end=page,
    )
    return Passage(rank, score, made, document, "text", {"dense": rank})


@dataclass(frozen=True)
class Found:
    passages: Sequence[Passage]
    ms: float = 0.1


class FixedSearch:
    """Finds the same passages whatever is asked; remembers what was asked."""

    def __init__(self, *passages: Passage) -> None:
        self.passages = passages
        self.asked: list[tuple[str, str, int, tuple[str, ...]]] = []

    def search(self, query: str, mode: str, top_k: int, document_ids: Collection[str]) -> Found:
        self.asked.append((query, mode, top_k, tuple(document_ids)))
        return Found(self.passages[:top_k])


class LibrarySearch:
    """Finds passages of the library by meaning and by words, as the real search does."""

    def __init__(self, passages: Sequence[Passage], model: MiniLM) -> None:
        self._passages = passages
        self._model = model
        texts = [f"{item.chunk.heading}\n{item.chunk.text}" for item in passages]
        self._vectors = model.encode(texts)
        self._words = [telling(text) for text in texts]
        self.without: Collection[str] = ()

    def search(self, query: str, mode: str = "hybrid", top_k: int = 8, document_ids: Collection[str] = ()) -> Found:
        similar = self._vectors @ self._model.encode([query])[0]
        asked = telling(query)
        said = np.array(
            [
                sum(max((likeness(word, other) for other in words), default=0.0) for word in asked)
                for words in self._words
            ]
        )
        places = [np.argsort(np.argsort(-scores, kind="stable")) for scores in (similar, said)]
        fused = sum(1 / (20 + place) for place in places)
        order = [
            at for at in np.argsort(-fused, kind="stable") if self._passages[at].chunk.chunk_id not in self.without
        ]
        return Found([self._passages[at] for at in order[:8]])


@pytest.fixture(scope="session")
def model() -> Iterator[MiniLM]:
    made = MiniLM()
    yield made
    made.close()


@pytest.fixture(scope="session")
def library() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "library.json").read_text("utf-8"))  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def library_search(library: dict[str, Any], model: MiniLM) -> LibrarySearch:
    passages = [
        passage(
            item["text"],
            chunk=item["id"],
            document=item["document"],
            heading=item["heading"],
            kind=item["kind"],
            page=item["page"],
        )
        for item in library["passages"]
    ]
    return LibrarySearch(passages, model)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "catalog.sqlite")
    made.create()
    yield made
    made.close()


@pytest.fixture
def chats(database: Database) -> Chats:
    return Chats(database)


@pytest.fixture
def make_passage() -> Callable[..., Passage]:
    return passage


@pytest.fixture
def asker_over(model: MiniLM, chats: Chats) -> Callable[..., Asker]:
    """An asker over the given passages, or over a search of one's own."""

    def make(*found: Passage, search: Any = None) -> Asker:
        return Asker(search or FixedSearch(*found), chats, model.encode)

    return make


@pytest.fixture
def ask() -> Callable[..., Answer]:
    """The whole answer to one question."""

    def whole(asker: Asker, question: str, **more: Any) -> Answer:
        pieces: list[AnswerPiece] = list(asker.ask(question, **more))
        assert pieces[-1].type == "done", pieces[-1].text
        assert pieces[-1].answer is not None
        return pieces[-1].answer

    return whole
