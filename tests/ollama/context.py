"""Tokens, the rendered prompt, and what becomes of one that is longer than the context."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.ollama.models import Model
from tests.ollama.wire import ApiError, write

TOKEN = re.compile(r"\s?[^\W_]{1,6}|\s?_|\s?[^\w\s]|\s")
IMAGE_TOKENS = 768
NUM_KEEP = 4


def tokens(text: str) -> list[str]:
    """Pieces that join to `text` again; about four characters each, as real tokenizers cut."""
    return TOKEN.findall(text)


def count(text: str) -> int:
    return sum(1 for _ in TOKEN.finditer(text))


@dataclass
class Message:
    role: str
    content: str
    images: list[bytes] = field(default_factory=list)

    def rendered(self) -> list[str]:
        return [f"<|{self.role}|>", *tokens(self.content), "<|end|>"]

    def length(self) -> int:
        return 2 + count(self.content) + IMAGE_TOKENS * len(self.images)


@dataclass
class Prompt:
    """What the model gets to read. `whole` and `count` are tokens before and after the cut."""

    text: str
    count: int
    whole: int
    images: list[bytes] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def cut(self) -> bool:
        return self.count < self.whole


def too_long(length: int, num_ctx: int) -> ApiError:
    """llama-server's refusal: JSON in the string of the error, as it passes through Ollama."""
    inner = {
        "error": {
            "code": 400,
            "message": f"request ({length} tokens) exceeds the available context size ({num_ctx} tokens), "
            "try increasing it",
            "type": "exceed_context_size_error",
            "n_prompt_tokens": length,
            "n_ctx": num_ctx,
        }
    }
    return ApiError(400, write(inner), late=True)


def without_oldest(messages: Sequence[Message], num_ctx: int) -> list[Message]:
    """Stage one of a chat: drop the oldest that is not the system's until it fits; the last one stays."""
    kept = list(messages)
    length = 1 + sum(message.length() for message in kept)
    place = 0
    while length > num_ctx and place < len(kept) - 1:
        if kept[place].role == "system":
            place += 1
        else:
            length -= kept.pop(place).length()
    return kept


def fit(
    pieces: list[str],
    images: list[bytes],
    num_ctx: int,
    *,
    model: Model,
    chat: bool,
    modern: bool,
    asked: dict[str, Any],
) -> Prompt:
    """Stage two: cut `pieces` to the context as the profile does, or refuse.

    `asked` holds truncate, shift and num_keep of the request. Raises ApiError 400.
    """
    length = len(pieces) + IMAGE_TOKENS * len(images)
    limit = num_ctx - 1 if modern else num_ctx
    if length <= limit:
        return Prompt("".join(pieces), length, length, images, pieces)
    refuses = asked.get("truncate") is False
    if not modern:
        if refuses:
            raise ApiError(400, "the input length exceeds the context length")
        size = num_ctx
    else:
        if asked.get("shift") is False and not refuses:
            raise ApiError(
                400,
                "the prompt is longer than the context length currently available to the model; shorten the prompt, "
                "adjust the context length in settings, or use a model with a longer context length",
            )
        if refuses or images or (model.native and chat):
            raise too_long(length, num_ctx)
        size = 0
    keep = _keep(asked.get("num_keep"), model, num_ctx)
    size = size or num_ctx - max((num_ctx - keep) // 2, 1)
    tail = size - keep
    kept = pieces[:keep] + (pieces[-tail:] if tail > 0 else [])
    return Prompt("".join(kept), len(kept), length, images, kept)


def _keep(num_keep: int | None, model: Model, num_ctx: int) -> int:
    keep = NUM_KEEP if num_keep is None else num_keep
    keep = num_ctx - 1 if keep < 0 else keep
    return max(0, min(keep + (1 if model.adds_bos else 0), num_ctx - 1))


def render(messages: Sequence[Message], model: Model) -> tuple[list[str], list[bytes]]:
    pieces = ["<s>"] if model.adds_bos else []
    for message in messages:
        pieces += message.rendered()
    return [*pieces, "<|assistant|>"], [image for message in messages for image in message.images]
