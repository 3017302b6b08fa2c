"""The server's state, and the way of a request through it: guard, fault, route, error."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from tests.ollama import decode, embedding, generation, shelf
from tests.ollama.connection import JSON, JSON_LATE, TEXT, Exchange, Over
from tests.ollama.faults import Fault, Plan
from tests.ollama.models import Library, Model, demonstration, pullable, standard
from tests.ollama.record import Recorder
from tests.ollama.schedule import BUSY, Scheduler, Wanted
from tests.ollama.settings import Settings
from tests.ollama.speech import Script
from tests.ollama.wire import ApiError

Route = Callable[["App", Exchange, dict[str, Any]], Awaitable[None]]
VISION_CONTEXT = 2048
LOCAL_ENDS = (".localhost", ".local", ".internal")
ORIGIN = re.compile(r"^(?:https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?|(?:app|file|tauri|vscode-\w+)://.*)$")
DIED = (
    "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, "
    "check ollama server logs for details"
)
GATEWAY = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>502 Bad Gateway</body>\r\n</html>\r\n"


async def root(app: App, exchange: Exchange, body: dict[str, Any]) -> None:
    await exchange.send(200, b"Ollama is running", TEXT)


async def chat(app: App, exchange: Exchange, body: dict[str, Any]) -> None:
    await generation.answer(app, exchange, generation.chat_call(app, body))


async def generate(app: App, exchange: Exchange, body: dict[str, Any]) -> None:
    await generation.answer(app, exchange, generation.generate_call(app, body))


ROUTES: dict[tuple[str, str], tuple[Route, str]] = {
    ("GET", "/"): (root, ""),
    ("GET", "/api/version"): (shelf.version, ""),
    ("GET", "/api/tags"): (shelf.tags, ""),
    ("GET", "/api/ps"): (shelf.ps, ""),
    ("POST", "/api/show"): (shelf.show, "ShowRequest"),
    ("POST", "/api/pull"): (shelf.pull, "PullRequest"),
    ("DELETE", "/api/delete"): (shelf.delete, "DeleteRequest"),
    ("POST", "/api/chat"): (chat, "ChatRequest"),
    ("POST", "/api/generate"): (generate, "GenerateRequest"),
    ("POST", "/api/embed"): (embedding.embed, "EmbedRequest"),
    ("POST", "/api/embeddings"): (embedding.embeddings, "EmbeddingRequest"),
}
WITH_HEAD = {"/", "/api/version", "/api/tags"}


class Gate:
    """Holds every call in its slot until it is let through, so that a test decides when something ends."""

    def __init__(self) -> None:
        self.held = False
        self.ahead = 0  # calls that may pass although they have not come yet
        self.line: deque[asyncio.Future[None]] = deque()

    async def passed(self) -> None:
        if not self.held:
            return
        if self.ahead:
            self.ahead -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.line.append(turn)
        try:
            await turn
        finally:
            if turn in self.line:
                self.line.remove(turn)

    def release(self, count: int | None) -> None:
        """Let the next `count` through, those that wait first; or all, and then nobody is held any more."""
        everybody = count is None
        count = len(self.line) if count is None else count
        while count and self.line:
            turn = self.line.popleft()
            if not turn.done():
                turn.set_result(None)
                count -= 1
        self.held = self.held and not everybody
        self.ahead = 0 if everybody else self.ahead + count


class App:
    """Everything the routes share."""

    def __init__(self, settings: Settings, *, demo: bool = False) -> None:
        self.demo = demo
        self.recorder = Recorder()
        self.unplug: Callable[[float], Awaitable[None]] | None = None
        self.start(settings)

    def start(self, settings: Settings) -> None:
        self.settings = settings
        self.scheduler = Scheduler(settings)
        self.library = Library(demonstration() if self.demo else standard(), [] if self.demo else pullable())
        self.plan, self.gate = Plan(), Gate()
        self.scripts: list[Script] = []

    async def restart(self, settings: Settings) -> None:
        """Everything as at the start: models, loaded ones, faults, records."""
        await self.scheduler.close()
        self.recorder.forget()
        self.start(settings)

    def wanted(self, model: Model, options: dict[str, Any], body: dict[str, Any]) -> Wanted:
        """The load-time options that a request asks for."""
        asked = options.get("num_ctx")
        num_ctx = max(4, asked if asked is not None else self.settings.context_length)
        if "vision" in model.capabilities:
            num_ctx = max(VISION_CONTEXT, num_ctx)
        others = {name: options[name] for name in decode.LOAD_TIME[1:] if name in options}
        return Wanted(min(num_ctx, model.context_length), asked is None, others, body.get("shift") is not False)

    def check_cloud(self, model: Model) -> None:
        if self.settings.cloud == "unauthorized":
            link = "https://ollama.com/connect?name=simulation&key=c2ltdWxhdGlvbg"
            raise ApiError(401, body={"error": "unauthorized", "signin_url": link})
        if self.settings.cloud == "disabled":
            raise ApiError(403, "ollama cloud is disabled: remote inference is unavailable")
        if self.settings.cloud == "unreachable":
            raise ApiError(502, "upstream error: connection refused")
        if self.settings.cloud == "rate_limited":
            raise ApiError(429, "you've reached your hourly usage limit, please upgrade to continue")

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request. Raises Over when the connection is at its end."""
        request, record = exchange.request, exchange.record
        record.arrival = time.monotonic()
        method = "GET" if request.method == "HEAD" and request.path in WITH_HEAD else request.method
        if not allowed_host(request.headers.get("host", "")) or not allowed_origin(request.headers.get("origin")):
            await exchange.send(403, b"", "")
            return
        found = ROUTES.get((method, request.path))
        if found is None:
            others = ", ".join(sorted({verb for verb, path in ROUTES if path == request.path}))
            if others:
                await exchange.send(405, b"405 method not allowed", "text/plain", (f"Allow: {others}",))
            else:
                await exchange.send(404, b"404 page not found", "text/plain")
            return
        route, kind = found
        try:
            body = decode.body_object(request.body, kind) if kind else {}
            record.body = body
            record.model = str(body.get("model") or body.get("name") or "")
            exchange.fault = self.plan.choose(request.path, self._name(record.model), body, request.body)
            with self.recorder.in_flight.one_more(self._name(record.model)):
                if exchange.fault:
                    record.fault = exchange.fault.kind
                    await self._strike(exchange, exchange.fault)
                await route(self, exchange, body)
        except ApiError as error:
            await self._refuse(exchange, error)

    def _name(self, asked: str) -> str:
        """The full name of the model that `asked` means, where there is one."""
        try:
            model = self.library.find(asked) if asked else None
        except ApiError:
            model = None
        return model.name if model else asked

    async def _refuse(self, exchange: Exchange, error: ApiError) -> None:
        streams = isinstance(exchange.record.body, dict) and exchange.record.body.get("stream") is not False
        if not exchange.opened:
            await exchange.json(error.status, error.body, JSON_LATE if error.late and streams else JSON)
            return
        await exchange.line(error.body)
        await exchange.finish()

    async def _strike(self, exchange: Exchange, fault: Fault) -> None:
        """The faults that come before the route. Raises ApiError or Over; returns where the call goes on."""
        kind = fault.kind
        if kind == "refuse":
            if self.unplug:
                await self.unplug(fault.seconds)
            exchange.reset()
        elif kind == "hang" and not fault.in_slot:
            await asyncio.sleep(fault.seconds or 86_400)
            raise Over
        elif kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif kind == "reset_before":
            exchange.reset()
        elif kind == "close_before":
            exchange.close()
        elif kind in ("status", "bad_gateway", "html"):
            await self._status(exchange, fault)
        elif kind == "vanish":
            model = self.library.remove(exchange.record.model)
            if model:
                self.scheduler.unload(model)
        elif kind in ANSWERS:
            status, text = ANSWERS[kind]
            raise ApiError(status, fault.text or text)
        elif kind == "missing":
            double = exchange.request.path.startswith("/api/embed")
            name = exchange.record.model
            raise ApiError(
                404, f'model "{name}" not found, try pulling it first' if double else f"model '{name}' not found"
            )

    async def _status(self, exchange: Exchange, fault: Fault) -> None:
        if fault.kind == "bad_gateway":
            await exchange.send(502, GATEWAY.encode(), "text/html")
        elif fault.kind == "html":
            await exchange.send(200, GATEWAY.encode(), "text/html")
        elif fault.body is not None:
            await exchange.send(fault.status, fault.body.encode(), fault.content_type)
        else:
            raise ApiError(fault.status, fault.text or "something went wrong")
        raise Over


ANSWERS = {
    "busy": (503, BUSY),
    "runner_died": (500, DIED),
    "out_of_memory": (500, "llama-server reported out-of-memory during startup: unable to allocate CPU buffer"),
    "rate_limited": (429, "too many requests"),
}


def allowed_host(host: str) -> bool:
    """Whether a server on the loopback answers to this Host header."""
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    name = name.strip("[]").lower()
    if name in ("", "localhost", socket.gethostname().lower()) or name.endswith(LOCAL_ENDS):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_unspecified


def allowed_origin(origin: str | None) -> bool:
    return not origin or bool(ORIGIN.match(origin))
