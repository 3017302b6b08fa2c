"""The vector store, on a real Chroma database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from storage.errors import VectorStoreError
from storage.vectors import BATCH, FEW, VectorCollection, VectorStore, collection_name

DIMENSION = 16
RANDOM = np.random.default_rng(4)


def made(count: int) -> np.ndarray:
    return RANDOM.normal(size=(count, DIMENSION)).astype(np.float32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[VectorStore]:
    opened = VectorStore(tmp_path / "chroma")
    yield opened
    opened.close()


@pytest.fixture
def collection(store: VectorStore) -> VectorCollection:
    return store.collection("model-a", DIMENSION)


def fill(collection: VectorCollection, count: int, per_document: int = 10) -> np.ndarray:
    vectors = made(count)
    ids = [f"c{n:04d}" for n in range(count)]
    collection.upsert(ids, vectors, [f"d{n // per_document}" for n in range(count)])
    return vectors


def exact(vectors: np.ndarray, asked: np.ndarray, rows: list[int], k: int) -> list[str]:
    scores = vectors @ asked / np.linalg.norm(vectors, axis=1)
    return [f"c{row:04d}" for row in sorted(rows, key=lambda row: -scores[row])[:k]]


def test_a_chunk_is_its_own_nearest_with_similarity_one(collection: VectorCollection) -> None:
    vectors = fill(collection, 2 * BATCH + 7)
    for row in (0, BATCH, 2 * BATCH + 6):
        (first, score), *others = collection.query(vectors[row] * 3, 5)
        assert first == f"c{row:04d}"
        assert score == pytest.approx(1.0, abs=1e-5)
        assert [s for _, s in others] == sorted((s for _, s in others), reverse=True)
        assert all(-1 <= s <= 1 for _, s in others)


def test_the_nearest_are_the_true_ones(collection: VectorCollection) -> None:
    vectors = fill(collection, 600)
    asked = made(1)[0]
    assert [found for found, _ in collection.query(asked, 20)] == exact(vectors, asked, list(range(600)), 20)


def test_an_empty_collection_finds_nothing(collection: VectorCollection) -> None:
    assert collection.query(made(1)[0], 3) == []
    assert collection.query(made(1)[0], 3, ["d1"]) == []
    assert collection.count() == 0
    assert collection.ids() == []
    assert collection.delete(["nobody"]) == 0
    assert collection.get(["nobody"]) == {}


def test_more_is_asked_for_than_there_is(collection: VectorCollection) -> None:
    fill(collection, 3)
    assert len(collection.query(made(1)[0], 50)) == 3
    assert collection.query(made(1)[0], 0) == []


def test_upsert_replaces_and_repeats(collection: VectorCollection) -> None:
    vectors = fill(collection, 30)
    fresh = made(1)
    collection.upsert(["c0003"], fresh, ["other"])
    collection.upsert(["c0003"], fresh, ["other"])
    assert collection.count() == 30
    assert collection.query(fresh[0], 1)[0][0] == "c0003"
    assert collection.query(vectors[3], 1, ["d0"])[0][0] != "c0003"
    ((found, score),) = collection.query(fresh[0], 1, ["other"])
    assert found == "c0003"
    assert score == pytest.approx(1.0, abs=1e-5)


def test_an_id_twice_in_one_call_keeps_the_last(collection: VectorCollection) -> None:
    vectors = made(2)
    collection.upsert(["same", "same"], vectors, ["d1", "d2"])
    assert collection.count() == 1
    np.testing.assert_allclose(collection.get(["same"])["same"], vectors[1], rtol=1e-6)


def test_get_returns_what_was_stored(collection: VectorCollection) -> None:
    vectors = fill(collection, 25)
    found = collection.get(["c0007", "nobody", "c0024", "c0007"])
    assert set(found) == {"c0007", "c0024"}
    np.testing.assert_allclose(found["c0007"], vectors[7], rtol=1e-6)
    assert found["c0007"].dtype == np.float32


def test_delete_counts_what_was_there(collection: VectorCollection) -> None:
    vectors = fill(collection, 50)
    assert collection.delete(["c0001", "c0002", "nobody", "c0001"]) == 2
    assert collection.delete(["c0001"]) == 0
    assert collection.count() == 48
    assert "c0001" not in {found for found, _ in collection.query(vectors[1], 48)}
    assert sorted(collection.ids()) == [f"c{n:04d}" for n in range(50) if n not in (1, 2)]


def test_ids_come_in_slices(collection: VectorCollection) -> None:
    fill(collection, 25)
    slices = [collection.ids(offset, 10) for offset in (0, 10, 20, 30)]
    assert [len(part) for part in slices] == [10, 10, 5, 0]
    assert sorted(chunk_id for part in slices for chunk_id in part) == [f"c{n:04d}" for n in range(25)]


@pytest.mark.parametrize("documents", [1, 3, 40, 120])
def test_a_search_within_documents_is_exact(collection: VectorCollection, documents: int) -> None:
    """Whichever of the three ways is taken: neighbours of all, one by one, or Chroma's filter."""
    vectors = fill(collection, 1300, per_document=10)
    wanted = [f"d{n}" for n in range(documents)]
    rows = list(range(documents * 10))
    for asked in made(3):
        found = collection.query(asked, 10, wanted)
        assert [chunk_id for chunk_id, _ in found] == exact(vectors, asked, rows, 10)


def test_documents_with_many_chunks_far_from_the_question(collection: VectorCollection) -> None:
    near, far = np.abs(made(200)), -np.abs(made(FEW + 100))
    collection.upsert([f"n{n}" for n in range(200)], near, ["near"] * 200)
    collection.upsert([f"f{n}" for n in range(FEW + 100)], far, ["far"] * (FEW + 100))
    found = collection.query(np.ones(DIMENSION, np.float32), 10, ["far"])
    scores = far.sum(axis=1) / np.linalg.norm(far, axis=1)
    assert [chunk_id for chunk_id, _ in found][:3] == [f"f{row}" for row in np.argsort(-scores)[:3]]
    assert len(found) == 10


def test_a_document_that_is_not_there(collection: VectorCollection) -> None:
    fill(collection, 20)
    assert collection.query(made(1)[0], 5, ["nobody"]) == []


@pytest.mark.parametrize(
    "vectors",
    [
        np.zeros((1, DIMENSION), np.float32),
        np.full((1, DIMENSION), np.nan, np.float32),
        np.full((1, DIMENSION), np.inf, np.float32),
        np.ones((1, DIMENSION + 1), np.float32),
        np.ones((2, DIMENSION), np.float32),
        np.ones(DIMENSION, np.float32),
    ],
    ids=["zero", "nan", "infinite", "too long", "too many", "flat"],
)
def test_a_bad_vector_is_refused_before_anything_is_written(collection: VectorCollection, vectors: np.ndarray) -> None:
    with pytest.raises(VectorStoreError):
        collection.upsert(["c1"], vectors, ["d1"])
    assert collection.count() == 0


def test_a_bad_question_is_refused(collection: VectorCollection) -> None:
    fill(collection, 5)
    for vector in (np.zeros(DIMENSION), np.full(DIMENSION, np.nan), np.ones(3)):
        with pytest.raises(VectorStoreError):
            collection.query(vector.astype(np.float32), 3)


def test_documents_must_match_ids(collection: VectorCollection) -> None:
    with pytest.raises(VectorStoreError):
        collection.upsert(["a", "b"], made(2), ["d1"])


def test_each_model_has_a_collection_of_its_own(store: VectorStore) -> None:
    first, second = store.collection("model-a", DIMENSION), store.collection("model-b:7", DIMENSION)
    assert store.collection("model-a", DIMENSION) is first
    first.upsert(["c1"], made(1), ["d1"])
    assert (first.count(), second.count()) == (1, 0)
    assert store.fingerprints() == [("model-a", DIMENSION), ("model-b:7", DIMENSION)]
    assert store.drop("model-a", DIMENSION)
    assert not store.drop("model-a", DIMENSION)
    assert store.fingerprints() == [("model-b:7", DIMENSION)]


def test_names_are_accepted_and_differ() -> None:
    names = {collection_name(text, 8) for text in ("", "a", "a ", "ä", "x" * 900, "a/b:c@d", "a-b-c-d")}
    assert len(names) == 7
    assert all(len(name) <= 80 and name[-1].isalnum() for name in names)


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    store = VectorStore(tmp_path)
    vectors = fill(store.collection("model-a", DIMENSION), 120)
    store.close()
    again = VectorStore(tmp_path)
    assert again.collection("model-a", DIMENSION).query(vectors[77], 1)[0][0] == "c0077"
    assert again.collection("model-a", DIMENSION).count() == 120
    again.close()


def test_a_closed_store_refuses(tmp_path: Path) -> None:
    store = VectorStore(tmp_path)
    collection = store.collection("model-a", DIMENSION)
    store.close()
    store.close()
    for call in (collection.count, collection.ids, lambda: collection.query(made(1)[0], 1), store.fingerprints):
        with pytest.raises(VectorStoreError):
            call()


def test_opening_and_closing_leaves_nothing_behind(tmp_path: Path, no_leaks: Callable[[], None]) -> None:
    for _ in range(20):
        store = VectorStore(tmp_path)
        collection = store.collection("model-a", DIMENSION)
        collection.upsert(["c1"], made(1), ["d1"])
        collection.query(made(1)[0], 1)
        store.close()
    del store, collection
    no_leaks()


def test_queries_are_right_while_somebody_writes(collection: VectorCollection) -> None:
    vectors = fill(collection, 300)
    stop, wrong = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            for row in (3, 150, 299):
                if collection.query(vectors[row], 1)[0][0] != f"c{row:04d}":
                    wrong.append(row)

    asking = threading.Thread(target=ask, name="asking")
    asking.start()
    try:
        collection.upsert([f"new{n}" for n in range(500)], made(500), ["new"] * 500)
        collection.delete([f"new{n}" for n in range(250)])
    finally:
        stop.set()
        asking.join(timeout=30)
    assert not wrong
    assert collection.count() == 550


WRITER = """
import sys, numpy as np
from pathlib import Path
from storage.vectors import VectorStore
collection = VectorStore(Path(sys.argv[1])).collection("model-a", 16)
random = np.random.default_rng(1)
for batch in range(10_000):
    ids = [f"{batch}-{n}" for n in range(100)]
    collection.upsert(ids, random.normal(size=(100, 16)).astype("f4"), [f"d{batch}"] * 100)
    print(batch, flush=True)
"""


@pytest.mark.crash
@pytest.mark.parametrize("batches", [1, 4, 13])
def test_what_was_written_survives_a_kill(tmp_path: Path, root: Path, batches: int) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        seen = [int(process.stdout.readline()) for _ in range(batches)]
        os.kill(process.pid, signal.SIGKILL)
    store = VectorStore(tmp_path)
    collection = store.collection("model-a", 16)
    ids = collection.ids()
    assert {f"{batch}-{n}" for batch in seen for n in range(100)} <= set(ids)
    assert len(ids) == len(set(ids)) == collection.count()
    kept = collection.get(ids[:50])
    for chunk_id, vector in kept.items():
        assert collection.query(vector, 1)[0][0] == chunk_id
    store.close()
