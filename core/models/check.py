"""What is checked about vectors before anything stores them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import BadVector

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AGAIN = "Try again; if it happens again, choose another embedding model."
SHORTEST = 1e-6  # a vector shorter than this points nowhere


def check_vectors(vectors: NDArray[np.float32], count: int, dimension: int) -> None:
    """Pass only `count` vectors of `dimension` finite numbers each, none of them zero.

    Raises BadVector, which names the first vector at fault (counted from 1).
    """
    import numpy as np

    if vectors.ndim != 2 or vectors.shape[0] != count:
        found = vectors.shape[0] if vectors.ndim else 0
        raise BadVector(f"The embedding model gave {found} vectors for {count} texts.", AGAIN)
    if vectors.shape[1] != dimension:
        raise BadVector(
            f"The embedding model gave vectors of {vectors.shape[1]} numbers; the index holds {dimension}.", AGAIN
        )
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        raise BadVector(f"Vector {int(finite.argmin()) + 1} of {count} holds numbers that are not finite.", AGAIN)
    long_enough = np.abs(vectors).max(axis=1, initial=0.0) > SHORTEST
    if not long_enough.all():
        raise BadVector(f"Vector {int(long_enough.argmin()) + 1} of {count} is zero.", AGAIN)
