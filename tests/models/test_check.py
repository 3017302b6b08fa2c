"""No unusable vector reaches a store."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import BadVector
from core.models.check import check_vectors


def test_good_vectors_pass() -> None:
    check_vectors(np.full((2, 3), 0.5, dtype=np.float32), 2, 3)
    check_vectors(np.empty((0, 3), dtype=np.float32), 0, 3)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.ones((1, 3)), "1 vectors for 2 texts"),
        (np.ones(6), "6 vectors for 2 texts"),
        (np.ones((2, 4)), "4 numbers"),
        (np.array([[1, 1, 1], [1, np.nan, 1]]), "Vector 2 of 2"),
        (np.array([[np.inf, 1, 1], [1, 1, 1]]), "Vector 1 of 2"),
        (np.array([[1, 1, 1], [0, 0, 0]]), "Vector 2 of 2 is zero"),
    ],
)
def test_bad_vectors_are_named(vectors: np.ndarray, message: str) -> None:
    with pytest.raises(BadVector, match=message) as caught:
        check_vectors(vectors.astype(np.float32), 2, 3)
    assert caught.value.next_step
