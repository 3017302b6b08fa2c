"""/api/embed and the older /api/embeddings."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from tests.ollama import decode
from tests.ollama.connection import Exchange
from tests.ollama.context import tokens
from tests.ollama.faults import Fault
from tests.ollama.generation import loaded, turn
from tests.ollama.models import Model
from tests.ollama.schedule import Runner
from tests.ollama.vectors import vector
from tests.ollama.wire import ApiError, Raw, float32, metrics, normalised

if TYPE_CHECKING:
    from tests.ollama.app import App

ENDS = 2  # beginning and end of a sequence
PHYSICAL_BATCH = 2048
ODD = 7  # how many numbers a vector of another dimension lacks


def _find(app: App, name: str) -> Model:
    model = app.library.find(name)
    if model is None:
        raise ApiError(404, f'model "{name}" not found, try pulling it first')
    return model


async def embed(app: App, exchange: Exchange, body: dict[str, Any]) -> None:
    began = time.perf_counter_ns()
    keep_alive = decode.keep_alive(body.get("keep_alive"))
    given = body.get("input")
    inputs = [given] if isinstance(given, str) and given else given or []
    if not isinstance(inputs, list) or not all(isinstance(one, str) for one in inputs):
        raise ApiError(400, "invalid input type")
    name = body.get("model") or ""
    if not name:
        raise ApiError(404, "model '' not found")
    model = _find(app, name)
    options = decode.options(body.get("options"), model.parameters)
    async with loaded(app, exchange, model, app.wanted(model, options, {}), keep_alive) as runner:
        load = time.perf_counter_ns() - began
        if not inputs:
            await exchange.json(200, {"model": name, "embeddings": []})
            return
        texts = [_shortened(text, runner, options, body.get("truncate") is not False) for text in inputs]
        found = await _vectors(app, exchange, runner, texts, body.get("dimensions") or 0)
    count = sum(length for _, length in texts)
    exchange.record.prompt_tokens = count
    numbers = metrics(total_duration=time.perf_counter_ns() - began, load_duration=load, prompt_eval_count=count)
    await exchange.json(200, {"model": name, "embeddings": [Raw(text) for text in found], **numbers})


async def embeddings(app: App, exchange: Exchange, body: dict[str, Any]) -> None:
    keep_alive = decode.keep_alive(body.get("keep_alive"))
    name, text = body.get("model") or "", body.get("prompt") or ""
    if not name:
        raise ApiError(400, "model is required")
    model = _find(app, name)
    options = decode.options(body.get("options"), model.parameters)
    async with loaded(app, exchange, model, app.wanted(model, options, {}), keep_alive) as runner:
        if not text:
            await exchange.json(200, {"embedding": []})
            return
        length = len(tokens(text)) + ENDS
        async with turn(app, exchange, runner, model, length):
            values = _spoilt(app, exchange.fault, _vector(app, model, text))
    await exchange.json(200, {"embedding": values})


def _shortened(text: str, runner: Runner, options: dict[str, Any], truncate: bool) -> tuple[str, int]:
    """The text as the model reads it, and its length in tokens. Raises ApiError 400."""
    limit = runner.wanted.num_ctx - ENDS
    pieces = tokens(text)
    if len(pieces) > limit:
        if not truncate:
            raise ApiError(400, "the input length exceeds the context length")
        if limit <= 0:
            raise ApiError(400, "input exceeds maximum context length and cannot be truncated further")
        pieces = pieces[:limit]
    batch = max(1, options.get("num_batch", min(PHYSICAL_BATCH, runner.wanted.num_ctx)) - ENDS)
    return "".join(pieces[:batch]), min(len(pieces), batch) + ENDS


def _vector(app: App, model: Model, text: str) -> tuple[float, ...]:
    if "embedding" not in model.capabilities:
        if app.settings.modern:
            raise ApiError(501, "This server does not support embeddings. Start it with `--embeddings`")
        raise ApiError(500, "this model does not support embeddings")
    return vector(text, model.dimension)


def _spoilt(app: App, fault: Fault | None, values: tuple[float, ...]) -> tuple[float, ...]:
    kind = fault.kind if fault else ""
    if kind == "nan":
        if app.settings.modern:
            raise ApiError(400, "embedding contains NaN or Inf values")
        raise ApiError(500, "failed to encode response: json: unsupported value: NaN")
    if kind == "other_dimension":
        return normalised(values[:-ODD])
    return (0.0,) * len(values) if kind == "zero_vectors" else values


async def _vectors(
    app: App, exchange: Exchange, runner: Runner, texts: list[tuple[str, int]], dimensions: int
) -> list[str]:
    """One vector per text, in order; each text takes a turn in the slot, and the first failure ends all."""
    model, fault = runner.model, exchange.fault

    async def one(text: str, length: int) -> str:
        async with turn(app, exchange, runner, model, length):
            values = _spoilt(app, fault, _vector(app, model, text))
            if 0 < dimensions < len(values):
                values = normalised(values[:dimensions])
            return float32(values)

    tasks = [asyncio.create_task(one(text, length)) for text, length in texts]
    try:
        found = list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if exchange.has("no_vectors"):
        return []
    if exchange.has("fewer_vectors"):
        return found[:-1]
    return found[::-1] if exchange.has("swapped_vectors") else found
