"""The built-in embedding model, the real one: what its vectors mean, and that nobody has to wait for them in line."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelError, ModelMissing
from core.models.minilm import MODEL_FOLDER, MiniLM

LONG = "The pumping station at the old harbour was rebuilt after the flood of 1962. " * 30


@pytest.fixture(scope="module")
def model() -> Iterator[MiniLM]:
    model = MiniLM(threads=2)
    yield model
    model.close()


def test_vectors_are_unit_length_and_in_order(model: MiniLM) -> None:
    texts = ["short", LONG, "a question about pumps?", "", LONG[:400], "half a pair \ud800 here"]
    vectors = model.encode(texts)
    assert vectors.shape == (6, model.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    for row, text in enumerate(texts):
        assert np.array_equal(vectors[row], model.encode([text])[0])


def test_similar_texts_are_closer_than_others(model: MiniLM) -> None:
    first, same, other = model.encode(
        ["The company was bought for two million euros.", "The firm's purchase price was 2m EUR.", "Cats sleep a lot."]
    )
    assert first @ same > 0.5
    assert first @ same > first @ other + 0.3


def test_a_vector_depends_on_its_text_alone(model: MiniLM) -> None:
    texts = [f"{n} {LONG[: 40 * n]}" for n in range(1, 30)]
    together = model.encode(texts)
    backwards = model.encode(texts[::-1])[::-1]
    assert np.array_equal(together, backwards)
    assert np.array_equal(together[7], model.encode([texts[7]])[0])


def test_no_texts_no_vectors(model: MiniLM) -> None:
    assert model.encode([]).shape == (0, model.dimension)


def test_tokens_are_counted_with_the_special_ones(model: MiniLM) -> None:
    assert model.count_tokens("") == 2
    assert model.count_tokens("pump") == 3
    assert model.count_tokens(LONG) > model.limit  # counted beyond the limit, so that a splitter can see it


def test_text_beyond_the_limit_is_not_seen(model: MiniLM) -> None:
    assert np.array_equal(model.encode([LONG * 3])[0], model.encode([LONG * 3 + " unseen"])[0])


def test_many_threads_get_their_own_vectors(model: MiniLM) -> None:
    texts = [f"Document {n}: {LONG[: 50 + 13 * n]}" for n in range(24)]
    expected = model.encode(texts)
    with ThreadPoolExecutor(6) as callers:
        results = list(callers.map(lambda n: model.encode(texts[n:] + texts[:n]), range(0, 24, 4)))
    for n, result in zip(range(0, 24, 4), results, strict=True):
        assert np.array_equal(np.roll(result, n, axis=0), expected)


def test_a_question_does_not_queue_behind_bulk_work(model: MiniLM) -> None:
    """All workers are held; a question is answered all the same."""
    held = threading.Barrier(model.threads + 1)
    release = threading.Event()

    def hold() -> None:
        held.wait(timeout=10)
        release.wait(timeout=10)

    blockers = [model._workers.submit(hold) for _ in range(model.threads)]
    try:
        held.wait(timeout=10)
        assert model.encode(["Who built the pump?"]).shape == (1, model.dimension)
        assert not any(blocker.done() for blocker in blockers)
    finally:
        release.set()
    for blocker in blockers:
        blocker.result(timeout=10)


def test_a_closed_model_says_so() -> None:
    model = MiniLM(threads=1)
    before = threading.active_count()
    model.encode([LONG, LONG])
    assert threading.active_count() > before
    model.close()
    model.close()
    assert threading.active_count() == before
    with pytest.raises(ModelError):
        model.encode([LONG, LONG])


def test_missing_or_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"model\.onnx"):
        MiniLM(tmp_path)
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copy(MODEL_FOLDER / name, tmp_path / name)
    with (tmp_path / "tokenizer.json").open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelMissing, match=r"tokenizer\.json is damaged") as caught:
        MiniLM(tmp_path)
    assert caught.value.next_step


def test_llama_index_sees_the_same_vectors(model: MiniLM) -> None:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.schema import TextNode

    from core.models.embedding import BuiltinEmbedding

    embedding = BuiltinEmbedding(model)
    assert isinstance(embedding, BaseEmbedding)
    assert embedding.embed_batch_size == model.batch
    assert embedding.fingerprint == model.fingerprint
    vector = model.encode(["pump"])[0].tolist()
    assert embedding.get_query_embedding("pump") == vector
    assert embedding.get_text_embedding_batch(["valve", "pump"])[1] == vector
    assert asyncio.run(embedding.aget_query_embedding("pump")) == vector
    assert embedding([TextNode(text="pump")])[0].embedding == vector
