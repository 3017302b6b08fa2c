"""`/__control`: the part of the server that a real one does not have, for tests to set and read it."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any
from urllib.parse import parse_qs

from tests.ollama.app import App
from tests.ollama.connection import Exchange
from tests.ollama.models import Model
from tests.ollama.settings import Settings
from tests.ollama.speech import Script

PREFIX = "/__control"


def state(app: App) -> dict[str, Any]:
    """What goes on now."""
    scheduler = app.scheduler
    loaded = [
        {
            "model": runner.model.name,
            "num_ctx": runner.wanted.num_ctx,
            "slots": runner.parallel,
            "refs": runner.refs,
            "loading": runner.loading,
        }
        for runner in scheduler.loaded.values()
    ]
    return {
        **app.recorder.state(),
        "settings": asdict(app.settings),
        "loaded": loaded,
        "loads": scheduler.loads,
        "pending": len(scheduler.pending),
        "held": len(app.gate.line),
        "models": [model.name for model in app.library.newest_first()],
        "faults": app.plan.shown(),
    }


def model(given: dict[str, Any]) -> Model:
    """Raises ValueError for a field that a model has not."""
    known = {field.name for field in fields(Model)}
    if set(given) - known:
        raise ValueError(f"a model has no {', '.join(sorted(set(given) - known))}")
    return Model(**{**given, **({"capabilities": tuple(given["capabilities"])} if "capabilities" in given else {})})


async def _change(app: App, name: str, given: dict[str, Any], first: dict[str, Any]) -> Any:
    if name == "settings":
        app.settings.change(given)
    elif name == "faults":
        app.plan.set(given)
    elif name == "calm":
        app.plan.rules.clear()
        app.plan.mix = None
    elif name == "script":
        app.scripts.append(Script(**given))
    elif name == "models":
        app.library.add(model(given))
    elif name == "remove":
        app.library.remove(given["model"])
    elif name == "unload":
        found = app.library.find(given["model"])
        if found:
            app.scheduler.unload(found)
    elif name == "hold":
        app.gate.held = True
    elif name == "release":
        app.gate.release(given.get("count"))
    elif name == "forget":
        app.recorder.forget()
    elif name == "reset":
        await app.restart(Settings(**first))
    else:
        raise ValueError(f"there is no control {name}")
    return {}


async def handle(app: App, exchange: Exchange, first: dict[str, Any]) -> None:
    """Answer a control request. `first` = the settings the server began with."""
    request = exchange.request
    name = request.path.removeprefix(PREFIX).strip("/")
    try:
        if request.method == "GET":
            asked = parse_qs(request.query)
            if name == "requests":
                since, bodies = int(asked.get("since", ["0"])[0]), asked.get("bodies", ["1"])[0] != "0"
                await exchange.json(200, app.recorder.shown(since, bodies))
            else:
                await exchange.json(200, state(app))
            return
        given = json.loads(request.body or b"{}")
        await exchange.json(200, await _change(app, name, given, first))
    except (ValueError, TypeError, KeyError) as error:
        await exchange.json(400, {"error": str(error)})
