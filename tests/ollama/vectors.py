"""Stable vectors: the words of a text, hashed. Texts that share words are near each other."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from functools import lru_cache

from tests.ollama.wire import normalised

COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        the a an of and or to in on at for is are was were be by with as it its this that from der die das ein eine und
        oder in im am auf für ist sind war waren von mit als es dem den des zu zur zum nicht not which who what
        """,
    )
)
PLACES = 24  # components per word: a few are left when a client cuts the vector


def stem(word: str) -> str:
    return re.sub(r"(ing|ungen|ung|ern|en|er|es|ed|s|e)$", "", word) if len(word) > 4 else word


@lru_cache(maxsize=65_536)
def _places(feature: str, dimension: int) -> tuple[tuple[int, float], ...]:
    bits = hashlib.blake2b(feature.encode("utf-8", "replace"), digest_size=PLACES * 2).digest()
    numbers = [int.from_bytes(bits[i : i + 2], "big") for i in range(0, len(bits), 2)]
    return tuple(((number & 0x7FFF) % dimension, 1.0 if number & 0x8000 else -1.0) for number in numbers)


@lru_cache(maxsize=4096)
def vector(text: str, dimension: int) -> tuple[float, ...]:
    """`dimension` numbers of length 1 together; the same text always gives the same ones."""
    words = re.findall(r"\w+", text.lower())
    counts = Counter(stem(word) for word in words if word not in COMMON) or Counter(words) or Counter(["", text])
    values = [0.0] * dimension
    for feature, count in counts.items():
        for place, sign in _places(feature, dimension):
            values[place] += sign * math.sqrt(count)
    return normalised(values)
