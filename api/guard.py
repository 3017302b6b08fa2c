"""What every request passes before a route sees it: who may ask, and how much may be sent."""

from __future__ import annotations

import hmac

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import GetWorkbench
from api.errors import body
from core.errors import QuellwerkError

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
OPEN = ("/v1/health", "/docs", "/docs-files", "/openapi.json")
"""Answered without the key: whether it runs, and how to call it."""

FILES_A_REQUEST = 8
"""A request may carry this many times the size of the largest file that is accepted."""

MEGABYTE = 1024 * 1024


class Guard:
    """ASGI middleware. Refuses pages of other sites, foreign host names, missing keys; answers HEAD as GET.

    Without it any web page that the analyst visits could read the library: by asking 127.0.0.1 from its script, or by
    a name of its own that it points at 127.0.0.1.
    """

    def __init__(self, app: ASGIApp, get_workbench: GetWorkbench) -> None:
        self._app = app
        self._get_workbench = get_workbench

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        settings_key, most = self._settings()
        refusal = _foreign(scope) or _without_key(scope, settings_key)
        if refusal is not None:
            if scope["type"] == "http":
                await refusal(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        only_head = scope["method"] == "HEAD"
        scope = {**scope, "method": "GET"} if only_head else scope
        await self._app(scope, _Counted(receive, most), _Answer(send, only_head))

    def _settings(self) -> tuple[str | None, int]:
        """The key and the most bytes of a request; without a workbench there is nothing to protect or to fill."""
        try:
            settings = self._get_workbench().settings
        except QuellwerkError:
            return None, MEGABYTE
        return settings.api_key, FILES_A_REQUEST * settings.max_file_mb * MEGABYTE


class _Counted:
    """Passes a request's body on, up to a limit: uploads are spooled to disk before anybody can look at them."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most
        self._most = most

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body") or b"")
        if self._left < 0:
            raise HTTPException(413, f"More than {self._most // MEGABYTE} MB came in one request.")
        return message


class _Answer:
    """Sends an answer with our headers, and for HEAD without its body."""

    def __init__(self, send: Send, only_head: bool) -> None:
        self._send = send
        self._only_head = only_head

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), (b"x-content-type-options", b"nosniff")]}
        elif self._only_head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


def _foreign(scope: Scope) -> JSONResponse | None:
    """A refusal for what another site asks, directly or by a name that it points at us."""
    headers = Headers(scope=scope)
    host = headers.get("host", "").lower()
    origin = headers.get("origin")
    embedded = headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate"
    if embedded or (origin is not None and origin.partition("://")[2].lower() != host):
        return JSONResponse(body("Forbidden", "Requests from other sites are refused."), 403)
    server = scope.get("server")
    bound = str(server[0]) if server else ""
    if bound in LOCAL_NAMES and _name(host) not in LOCAL_NAMES:
        return JSONResponse(body("Forbidden", f"“{host}” is not this machine.", "Ask 127.0.0.1 or localhost."), 403)
    return None


def _without_key(scope: Scope, key: str | None) -> JSONResponse | None:
    path = scope["path"].removeprefix(scope.get("root_path", "")).rstrip("/")
    if not key or path.startswith(tuple(f"{prefix}/" for prefix in OPEN)) or path in OPEN:
        return None
    scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode("latin-1"), key.encode()):
        return None
    told = body("Unauthorized", "The key is missing or wrong.", "Send it as “Authorization: Bearer KEY”.")
    return JSONResponse(told, 401, {"WWW-Authenticate": "Bearer"})


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
