"""What a model will say to a prompt, piece by piece, with what a fault makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

from tests.ollama.answers import answer, picture, thoughts
from tests.ollama.context import Prompt, tokens
from tests.ollama.extraction import extract
from tests.ollama.faults import Fault
from tests.ollama.wire import write

REPEATS = 30  # the same token more often than this ends a completion without a last piece
NEL = "\u0085"


@dataclass
class Script:
    """An answer set by a test, for prompts in which `match` (a regular expression) is found."""

    match: str
    text: str
    thinking: str = ""
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    times: int | None = None

    def fits(self, prompt: str) -> bool:
        if self.times == 0 or not re.search(self.match, prompt):
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class Speech:
    """Pieces in order; `endless` repeats its pieces up to `limit`. `finished` is False where no last piece follows."""

    thinking: list[str]
    content: list[str]
    endless: bool = False
    done_reason: str = "stop"
    finished: bool = True
    limit: int = 0
    tool_calls: list[dict[str, Any]] = field(default_factory=list)

    def spoken(self) -> Iterator[str]:
        return islice(cycle(self.content), self.limit) if self.endless else iter(self.content)

    @property
    def length(self) -> int:
        return len(self.thinking) + (self.limit if self.endless else len(self.content))


def speech(
    prompt: Prompt,
    schema: dict[str, Any] | str,
    *,
    think: bool,
    scripts: list[Script],
    fault: Fault | None,
    guarded: bool,
) -> Speech:
    """The words alone; `bounded` cuts them. `schema` is the request's format."""
    script = next((one for one in scripts if one.fits(prompt.text)), None)
    if script:
        made = Speech(tokens(script.thinking) if think else [], tokens(script.text), tool_calls=script.tool_calls)
    else:
        made = Speech(tokens(thoughts(prompt.text)) if think else [], tokens(_said(prompt, schema)))
    if fault:
        _spoil(made, fault, prompt, guarded)
    return made


def _said(prompt: Prompt, schema: dict[str, Any] | str) -> str:
    if prompt.images:
        words = " ".join(picture(image, prompt.text) for image in prompt.images)
    elif isinstance(schema, dict):
        return write(extract(schema, prompt.text))
    else:
        words = answer(prompt.text)
    if isinstance(schema, dict):
        made = extract(schema, prompt.text)
        if isinstance(made, dict):
            made |= {name: words for name in made if name in ("description", "answer", "text", "caption", "summary")}
        return write(made)
    return write({"answer": words}) if schema == "json" else words


def _spoil(made: Speech, fault: Fault, prompt: Prompt, guarded: bool) -> None:
    text = "".join(made.content)
    if fault.kind == "invalid_json":
        made.content = tokens(fault.text or f"Here you are: {text[:-1]},,]")
    elif fault.kind == "half_json":
        made.content, made.done_reason = tokens(text[: max(1, len(text) // 2)]), "length"
    elif fault.kind == "length":
        made.content, made.done_reason = made.content[: max(1, fault.after)], "length"
    elif fault.kind == "empty":
        made.content = []
    elif fault.kind == "nel":
        made.content = [*made.content[:1], NEL, *made.content[1:]]
    elif fault.kind == "thinking":
        made.thinking = made.thinking or tokens(thoughts(prompt.text))
    elif fault.kind == "thinking_in_content":
        made.content = tokens(f"<think>{thoughts(prompt.text)}</think>\n\n{text}")
    elif fault.kind in ("whitespace", "repetition"):
        made.endless = True
        made.content = ["\n", " "] if fault.kind == "whitespace" else [" and", " so", " on"]
        same = fault.kind == "whitespace" and (guarded if fault.guard is None else fault.guard)
        if same:
            made.endless, made.finished = False, False
            made.content = (["\n", " "] * REPEATS)[: REPEATS + 1]


def bounded(made: Speech, num_predict: int, num_ctx: int, room: int | None, stop: list[str]) -> Speech:
    """`made` within num_predict (below 0, or more than 10 contexts: 10 contexts), the `room` left in a context that
    does not shift, and before the first stop word."""
    limit = 10 * num_ctx if num_predict < 0 or num_predict > 10 * num_ctx else num_predict
    if room is not None:
        limit = min(limit, max(0, room))
    made.limit = max(0, limit - len(made.thinking))
    if stop and not made.endless:
        text = "".join(made.content)
        found = [place for word in stop if word and (place := text.find(word)) >= 0]
        if found:
            made.content = tokens(text[: min(found)])
    if made.endless:
        made.done_reason = "length"
    elif made.length > limit:
        made.thinking = made.thinking[:limit]
        made.content = made.content[: max(0, limit - len(made.thinking))]
        made.done_reason, made.finished = "length", True
    return made
