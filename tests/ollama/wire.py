"""How Go writes what Ollama says: JSON escaping, numbers, times, durations, and errors."""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

# encoding/json escapes these in strings, on top of what JSON asks for; U+0085 stays as it is.
GO_ESCAPES = {0x3C: "\\u003c", 0x3E: "\\u003e", 0x26: "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}
NEVER = 292 * 365 * 24 * 3600  # seconds: how far ahead a negative keep_alive puts the end


class ApiError(Exception):
    """An answer other than 200.

    `body` replaces `{"error": text}`. With `late`, the error came from the runner: in a streaming call its content type
    then has no charset.
    """

    def __init__(self, status: int, text: str = "", *, body: dict[str, Any] | None = None, late: bool = False) -> None:
        super().__init__(text)
        self.status, self.body, self.late = status, body if body is not None else {"error": text}, late


class Raw(str):
    """JSON that is written already."""

    __slots__ = ()


def quote(text: str) -> str:
    written = encode_basestring(text).translate(GO_ESCAPES)
    return written.encode("utf-8", "replace").decode() if "\ud800" <= max(text, default="") <= "\udfff" else written


def write(value: Any) -> str:
    """`value` as encoding/json writes it: compact, keys in the order given."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return go_float(repr(value))
    if isinstance(value, dict):
        return "{" + ",".join(f"{quote(str(key))}:{write(item)}" for key, item in value.items()) + "}"
    return "[" + ",".join(write(item) for item in value) + "]"


def encode(value: Any) -> bytes:
    return write(value).encode("utf-8", "replace")


def go_float(text: str) -> str:
    """A shortest decimal as Go writes it: an exponent below 1e-6 and from 1e21 on only, without a leading zero."""
    if text.endswith(".0"):
        return text[:-2]
    mantissa, mark, power = text.partition("e")
    if not mark:
        return text
    exponent = int(power)
    if -7 < exponent < 0:
        sign = "-" if mantissa.startswith("-") else ""
        return f"{sign}0.{'0' * (-exponent - 1)}{mantissa.lstrip('-').replace('.', '')}"
    if 0 <= exponent < 21:
        return f"{float(text):.0f}"
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent)}"


@lru_cache(maxsize=2048)
def float32(values: tuple[float, ...]) -> Raw:
    """A JSON list of 32-bit floats, each in the shortest decimal form that reads back as the same 32-bit float."""
    exact = array("f", values)
    numbers = exact.tolist()
    written: list[str] = [""] * len(numbers)
    left = list(range(len(numbers)))
    for digits in (6, 7, 8, 9):
        tried = [f"{numbers[i]:.{digits}g}" for i in left]
        back = array("f", map(float, tried))
        missed = []
        for place, i in enumerate(left):
            if back[place] == exact[i] or digits == 9:
                written[i] = tried[place]
            else:
                missed.append(i)
        left = missed
    return Raw("[" + ",".join(go_float(text) if "e" in text else text for text in written) + "]")


def normalised(values: Sequence[float]) -> tuple[float, ...]:
    length = math.sqrt(math.fsum(value * value for value in values)) or 1.0
    return tuple(value / length for value in values)


def instant(seconds: float | None = None, nanoseconds: int | None = None) -> str:
    """RFC 3339 in UTC with up to nine digits of a second and no zeros at their end; now, if no time is given."""
    if nanoseconds is None:
        nanoseconds = time.time_ns() if seconds is None else int(seconds * 1_000_000_000)
    whole, fraction = divmod(nanoseconds, 1_000_000_000)
    text = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f"{fraction:09d}".rstrip("0")
    return f"{text}.{digits}Z" if digits else f"{text}Z"


def http_date() -> str:
    return datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


def metrics(**values: int) -> dict[str, int]:
    """The numbers of a last piece; Go's omitempty leaves out those that are zero."""
    return {name: value for name, value in values.items() if value}


def go_quote(text: str) -> str:
    """strconv.Quote, as far as printable text and the usual escapes go."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return (
        '"' + "".join(escapes.get(char, char if char.isprintable() else f"\\u{ord(char):04x}") for char in text) + '"'
    )
