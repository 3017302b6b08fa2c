"""The routes about models: tags, ps, show, pull, delete."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from tests.ollama.connection import JSON_LATE, Exchange
from tests.ollama.models import LAYER_BYTES, Model, with_tag
from tests.ollama.wire import NEVER, ApiError, instant

if TYPE_CHECKING:
    from tests.ollama.app import App

LEFT_OUT = "file does not exist"
STEPS = 10  # progress lines per layer


async def version(app: App, exchange: Exchange, body: dict[str, Any]) -> None:
    await exchange.json(200, {"version": app.settings.shown_version})


async def tags(app: App, exchange: Exchange, body: dict[str, Any]) -> None:
    modern = app.settings.modern
    await exchange.json(200, {"models": [model.listed(modern) for model in app.library.newest_first()]})


async def ps(app: App, exchange: Exchange, body: dict[str, Any]) -> None:
    found = []
    for runner in await app.scheduler.listed():
        model, remaining = runner.model, runner.remaining()
        found.append(
            {
                "name": model.name,
                "model": model.name,
                "size": runner.size,
                "digest": model.digest,
                "details": model.details(app.settings.modern),
                "expires_at": instant(time.time() + min(remaining, NEVER - 1e9)),
                "size_vram": runner.size if app.settings.gpu else 0,
                "context_length": runner.wanted.num_ctx,
            }
        )
    await exchange.json(200, {"models": found})


async def show(app: App, exchange: Exchange, body: dict[str, Any]) -> None:
    name = body.get("model") or body.get("name") or ""
    if not name:
        raise ApiError(400, "model is required")
    model = app.library.find(name)
    if model is None:
        raise ApiError(404, f"model '{with_tag(name)}' not found")
    told: dict[str, Any] = {"modelfile": f"# Modelfile of a simulated model\nFROM {model.name}\n"}
    if model.parameters:
        told["parameters"] = "\n".join(f"{key:<30} {value}" for key, value in model.parameters.items())
    if not model.embeds:
        told["template"] = "{{ .Prompt }}"
    told["details"] = model.details(app.settings.modern)
    if model.remote_host:
        told |= {"remote_model": model.remote_model, "remote_host": model.remote_host}
    told["model_info"] = model.info()
    told |= {"capabilities": list(model.capabilities), "modified_at": instant(model.modified)}
    await exchange.json(200, told)


async def delete(app: App, exchange: Exchange, body: dict[str, Any]) -> None:
    name = body.get("model") or body.get("name") or ""
    model = app.library.remove(name) if name else None
    if model is None:
        raise ApiError(404, f"model '{name}' not found")
    app.scheduler.unload(model)
    await exchange.send(200, b"", "")


async def pull(app: App, exchange: Exchange, body: dict[str, Any]) -> None:
    name = body.get("model") or body.get("name") or ""
    if not name:
        raise ApiError(400, "model is required")
    with_tag(name)
    stream = body.get("stream") is not False
    model = app.library.offered(name)
    if model is None:
        error = f"pull model manifest: {LEFT_OUT}"
        if not stream:
            await exchange.json(500, {"error": error}, JSON_LATE)
            return
        await exchange.line({"status": "pulling manifest"})
        await exchange.line({"error": error})
        await exchange.finish()
        return
    async for line in _progress(app, model):
        if stream:
            await exchange.line(line)
    if stream:
        await exchange.finish()
    else:
        await exchange.json(200, {"status": "success"}, JSON_LATE)


async def _progress(app: App, model: Model) -> AsyncIterator[dict[str, Any]]:
    """The lines of a pull. What an interrupted one fetched is kept, and the next begins there."""
    yield {"status": "pulling manifest"}
    layers = [model.digest, hashlib.sha256(model.digest.encode()).hexdigest()]
    sizes = [max(1, model.size - LAYER_BYTES), LAYER_BYTES]
    pause = app.settings.pull_delay / (STEPS * len(layers))
    fetched = app.library.fetched
    for digest, size in zip(layers, sizes, strict=True):
        line = {"status": f"pulling {digest[:12]}", "digest": f"sha256:{digest}", "total": size}
        while True:
            done = fetched.get(digest, 0)
            yield line | ({"completed": done} if done else {})
            if done >= size:
                break
            await asyncio.sleep(pause)
            fetched[digest] = min(size, done + -(-size // STEPS))
    yield {"status": "verifying sha256 digest"}
    yield {"status": "writing manifest"}
    app.library.add(model)
    yield {"status": "success"}
