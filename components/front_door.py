"""What stands between the network and the two applications behind it.

`Later` is an application that is made while the server already answers. `FrontDoor` completes the one HTML page that
Streamlit sends: Streamlit's script looks for its server below the address that was visited, and on a deep link such as
`/chat` it asks there in vain first, which leaves errors in the browser's console. We tell it where the server is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEAD = b"<head>"
TITLE = b"<title>Streamlit</title>"
OURS = (
    b"<head><script>window.__streamlit = { BACKEND_BASE_URL: window.location.origin + '/' }</script>"
    b"<style>html { background: light-dark(#fdfcfa, #15181b); color-scheme: light dark }</style>"
)

CONDITIONS = (b"accept-encoding", b"if-none-match", b"if-modified-since")
"""Not passed on: what is compressed, or not sent at all, cannot be completed. The page has 8 kB."""


class FrontDoor:
    """ASGI middleware: HTML pages outside of `/api` are completed, all else passes through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"].startswith(("/api/", "/static/")):
            await self._app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name not in CONDITIONS]
        await self._app({**scope, "headers": headers}, receive, _Rewriter(send))


class Later:
    """An ASGI application that is made when it is first needed, in a thread, so that importing it delays nothing."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._made: asyncio.Task[ASGIApp] | None = None

    async def made(self) -> ASGIApp:
        """The application."""
        if self._made is None:
            self._made = asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._made)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        app = await self.made()
        await app(scope, receive, send)


class _Rewriter:
    """Holds an HTML answer back until it is whole, then sends it completed."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = self._body.replace(HEAD, OURS, 1).replace(TITLE, b"<title>Quellwerk</title>", 1)
        headers = MutableHeaders(raw=self._start["headers"])
        headers["content-length"] = str(len(body))
        for name in ("etag", "last-modified"):
            if name in headers:
                del headers[name]
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


def _is_page(message: Message) -> bool:
    headers = MutableHeaders(raw=message["headers"])
    return bool(message["status"] == 200 and headers.get("content-type", "").startswith("text/html"))
