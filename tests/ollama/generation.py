"""/api/chat and /api/generate."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.ollama import decode
from tests.ollama.connection import Exchange, Over
from tests.ollama.context import Message, Prompt, fit, render, tokens, without_oldest
from tests.ollama.models import Model
from tests.ollama.schedule import Runner, Wanted
from tests.ollama.speech import Speech, bounded, speech
from tests.ollama.wire import ApiError, instant, metrics

if TYPE_CHECKING:
    from tests.ollama.app import App

TICK = 0.001  # seconds: how finely epoll waits
SLOW = 0.2  # seconds a token, when a fault makes it slow and does not say


@dataclass
class Call:
    """A request to write something, read and checked."""

    chat: bool
    name: str
    model: Model
    body: dict[str, Any]
    messages: list[Message]
    stream: bool
    keep_alive: float | None
    think: bool
    options: dict[str, Any]
    began: int = field(default_factory=time.perf_counter_ns)

    @property
    def empty(self) -> bool:
        return not self.messages if self.chat else not self.body.get("prompt")

    def head(self) -> dict[str, Any]:
        found: dict[str, Any] = {"model": self.name}
        if self.model.remote_host:
            found |= {"remote_model": self.model.remote_model, "remote_host": self.model.remote_host}
        return found | {"created_at": instant()}

    def piece(self, text: str, thinking: str = "", tools: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        if not self.chat:
            said: dict[str, Any] = {"response": text}
            return self.head() | said | ({"thinking": thinking} if thinking else {})
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if thinking:
            message["thinking"] = thinking
        if tools:
            message["tool_calls"] = tools
        return self.head() | {"message": message}


def chat_call(app: App, body: dict[str, Any]) -> Call:
    _shared_checks(body)
    name = body.get("model") or ""
    messages = [_message(given) for given in body.get("messages") or []]
    if not name:
        raise ApiError(400, "model is required")
    return _call(app, body, name, messages, chat=True)


def generate_call(app: App, body: dict[str, Any]) -> Call:
    _shared_checks(body)
    name = body.get("model") or ""
    if not name:
        raise ApiError(404, "model '' not found")
    images = decode.images(body.get("images"))
    system = [Message("system", body["system"])] if body.get("system") else []
    messages = [*system, Message("user", body.get("prompt") or "", images)]
    return _call(app, body, name, messages, chat=False)


def _shared_checks(body: dict[str, Any]) -> None:
    decode.keep_alive(body.get("keep_alive"))
    decode.thinking(body.get("think"))
    top = body.get("top_logprobs") or 0
    if not 0 <= top <= 20:
        raise ApiError(400, "top_logprobs must be between 0 and 20")


def _message(given: Any) -> Message:
    if not isinstance(given, dict):
        kind = decode.KINDS.get(type(given), "null")
        raise ApiError(
            400, f"json: cannot unmarshal {kind} into Go struct field ChatRequest.messages of type api.Message"
        )
    return Message(str(given.get("role", "")).lower(), given.get("content") or "", decode.images(given.get("images")))


def _call(app: App, body: dict[str, Any], name: str, messages: list[Message], *, chat: bool) -> Call:
    model = app.library.find(name)
    if model is None:
        raise ApiError(404, f"model '{name}' not found")
    keep_alive, think = decode.keep_alive(body.get("keep_alive")), decode.thinking(body.get("think"))
    able = "thinking" in model.capabilities
    thinks = able and (think is None or bool(think) or model.family == "gptoss")
    stream = body.get("stream") is not False
    call = Call(chat, name, model, body, messages, stream, keep_alive, thinks, {})
    if call.empty and keep_alive == 0:
        return call
    if model.embeds:
        raise ApiError(400, f'"{name}" does not support {"chat" if chat else "generate"}')
    if body.get("tools") and "tools" not in model.capabilities:
        raise ApiError(400, f"{model.full_name} does not support tools")
    if body.get("suffix") and "insert" not in model.capabilities:
        raise ApiError(400, f"{model.full_name} does not support insert")
    if think and not able:
        raise ApiError(400, f'"{name}" does not support thinking')
    call.options = decode.options(body.get("options"), model.parameters)
    return call


async def answer(app: App, exchange: Exchange, call: Call) -> None:
    """The whole of a call: load, wait for the slot, read the prompt, write."""
    if call.empty and call.keep_alive == 0:
        app.scheduler.unload(call.model)
        await exchange.json(200, call.piece("") | {"done": True, "done_reason": "unload"})
        return
    if call.model.remote_host:
        app.check_cloud(call.model)
        await _speak(app, exchange, call, None, 0)
        return
    wanted = app.wanted(call.model, call.options, call.body)
    async with loaded(app, exchange, call.model, wanted, call.keep_alive) as runner:
        load = time.perf_counter_ns() - call.began
        if call.empty:
            await exchange.json(200, call.piece("") | {"done": True, "done_reason": "load"})
            return
        await _speak(app, exchange, call, runner, load)


def read_prompt(app: App, call: Call, num_ctx: int) -> Prompt:
    asked = {"truncate": call.body.get("truncate"), "shift": call.body.get("shift")}
    asked["num_keep"] = call.options.get("num_keep")
    messages = call.messages
    if call.chat and asked["truncate"] is not False:
        messages = without_oldest(messages, num_ctx)
    pieces, images = render(messages, call.model)
    if call.body.get("raw"):
        pieces = tokens(call.body.get("prompt") or "")
    if images and app.settings.modern and "vision" not in call.model.capabilities:
        text = "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"
        raise ApiError(500, text, late=True)
    return fit(pieces, images, num_ctx, model=call.model, chat=call.chat, modern=app.settings.modern, asked=asked)


async def _speak(app: App, exchange: Exchange, call: Call, runner: Runner | None, load: int) -> None:
    record, settings = exchange.record, app.settings
    num_ctx = runner.wanted.num_ctx if runner else call.model.context_length
    schema = decode.output_format(call.body.get("format"), settings.modern)
    prompt = read_prompt(app, call, num_ctx)
    guarded = not (call.model.native and call.chat)
    made = speech(
        prompt, schema, think=call.think, scripts=app.scripts, fault=exchange.fault, guarded=guarded
    )  # fmt: skip
    room = num_ctx - prompt.count if call.body.get("shift") is False else None
    made = bounded(made, call.options.get("num_predict", -1), num_ctx, room, call.options.get("stop") or [])
    record.prompt_tokens, record.whole_tokens, record.done_reason = prompt.count, prompt.whole, made.done_reason
    apart = bool(call.think and schema and made.thinking)  # thought first, freely; then written in a turn of its own
    sent = Sent(exchange, call, made)
    read = wrote = 0
    for thoughts, words in [(True, False), (False, True)] if apart else [(True, True)]:
        async with turn(app, exchange, runner, call.model, prompt.count) as reading:
            read += reading
            wrote -= time.perf_counter_ns()
            await sent.run(settings.per_token, thoughts, words)
            wrote += time.perf_counter_ns()
    record.tokens = made.length
    await sent.last(
        metrics(
            total_duration=time.perf_counter_ns() - call.began,
            load_duration=load,
            prompt_eval_count=prompt.count,
            prompt_eval_duration=read,
            eval_count=made.length,
            eval_duration=wrote,
        ),
        _ids(prompt.pieces, made) if not call.chat and not call.body.get("raw") else None,
    )


def _ids(prompt: list[str], made: Speech) -> list[int]:
    """The tokens of prompt and answer as numbers, as the deprecated `context` has them."""
    return [zlib.crc32(token.encode("utf-8", "replace")) % 128_000 for token in [*prompt, *made.spoken()]]


class Sent:
    """Writes a speech as pieces, or keeps it for one answer."""

    def __init__(self, exchange: Exchange, call: Call, made: Speech) -> None:
        self.exchange, self.call, self.made = exchange, call, made

    async def run(self, per_token: float, thoughts: bool, words: bool) -> None:
        """One turn in the slot: `per_token` seconds for each token, counted from the turn's start."""
        slow = self.exchange.has("slow")
        pace = (slow.seconds or SLOW) if slow else per_token
        stall = self.exchange.has("stall")
        if stall and not self.call.stream:
            await asyncio.sleep(stall.seconds or 86_400)
        if not self.call.stream:
            count = (len(self.made.thinking) if thoughts else 0) + (
                self.made.length - len(self.made.thinking) if words else 0
            )
            if pace and count:
                await asyncio.sleep(pace * count)
            return
        clock = Pace(pace)
        if thoughts:
            for text in self.made.thinking:
                await clock.next()
                await self.exchange.line(self.call.piece("", text) | {"done": False})
        if not words:
            return
        for text in self.made.spoken():
            await clock.next()
            await self.exchange.line(self.call.piece(text) | {"done": False})
        if self.made.tool_calls:
            await self.exchange.line(self.call.piece("", "", self.made.tool_calls) | {"done": False})

    async def last(self, numbers: dict[str, int], context: list[int] | None) -> None:
        made, call = self.made, self.call
        reason = {"done_reason": made.done_reason} if made.finished else {}
        end: dict[str, Any] = {"done": made.finished, **reason}
        if context is not None and made.finished:
            end["context"] = context
        end |= numbers if made.finished else {}
        if call.stream:
            await self._last_line(call.piece("") | end)
            return
        text, thinking = "".join(made.spoken()), "".join(made.thinking)
        await self.exchange.json(200, call.piece(text, thinking, made.tool_calls) | end)

    async def _last_line(self, value: dict[str, Any]) -> None:
        fault = self.exchange.has("no_done", "cut", "reset_after", "error_line", "half_line")
        if fault:  # a short answer may have fewer pieces than the fault lets through
            self.exchange.record.lines = max(self.exchange.record.lines, fault.after)
        if self.made.finished:
            await self.exchange.line(value)
        await self.exchange.finish()


async def _until(moment: float) -> None:
    """Sleep until then. The loop's own sleep is up to a millisecond late, so its last part is waited for awake."""
    await asyncio.sleep(max(0.0, moment - time.monotonic() - TICK / 2))
    while time.monotonic() < moment:
        await asyncio.sleep(0)


class Pace:
    """Waits so that the n-th step is n paces after the start, however long the steps themselves take."""

    def __init__(self, pace: float) -> None:
        self.pace, self.due = pace, time.monotonic()

    async def next(self) -> None:
        self.due += self.pace
        rest = self.due - time.monotonic()
        if rest > 0:
            await asyncio.sleep(rest)


@asynccontextmanager
async def loaded(
    app: App, exchange: Exchange, model: Model, wanted: Wanted, keep_alive: float | None
) -> AsyncIterator[Runner]:
    """The runner of the model for one request, with the times of waiting for it in the record."""
    record = exchange.record
    record.queued = time.monotonic()
    async with app.scheduler.runner(model, wanted, keep_alive) as runner:
        exchange.ready = record.arrival + time.monotonic() - record.queued
        yield runner


@asynccontextmanager
async def turn(
    app: App, exchange: Exchange, runner: Runner | None, model: Model, prompt_tokens: int
) -> AsyncIterator[int]:
    """A slot of the runner for one reading and writing; yields how long reading took, in nanoseconds.

    What this server needs for itself counts as reading, so that a call takes as long as it was set to take.
    """
    record, settings = exchange.record, app.settings
    since = time.monotonic()
    if runner:
        if runner.slots.free and exchange.ready:
            since = exchange.ready
            await runner.slots.take()
        else:
            with app.recorder.waiting.one_more(model.name):
                await runner.slots.take()
            since = time.monotonic()
    exchange.ready = None
    reading = False
    until = 0.0
    try:
        record.turns += 1
        record.slot = record.slot or time.monotonic()
        with app.recorder.running.one_more(model.name):
            hang = exchange.has("hang")
            if hang:
                await asyncio.sleep(hang.seconds or 86_400)
                raise Over
            await app.gate.passed()
            since = time.monotonic() if app.gate.held else since
            reading, until = True, since + settings.per_call + settings.per_prompt_token * prompt_tokens
            await _until(until)
            reading = False
            yield int((time.monotonic() - since) * 1e9)
    finally:
        rest = until - time.monotonic()
        if runner and reading and settings.lingering_prompts and rest > 0:
            asyncio.get_running_loop().call_later(rest, runner.slots.give_back)
        elif runner:
            runner.slots.give_back()
