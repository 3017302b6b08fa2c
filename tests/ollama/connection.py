"""HTTP/1.1 as Go's server speaks it, with a hand on every byte: also half a body, or a reset in the middle."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.ollama.faults import Fault
from tests.ollama.record import Record
from tests.ollama.wire import encode, http_date

REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
           405: "Method Not Allowed", 429: "Too Many Requests", 499: "status code 499", 500: "Internal Server Error",
           501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}  # fmt: skip
JSON = "application/json; charset=utf-8"
JSON_LATE = "application/json"
LINES = "application/x-ndjson"
TEXT = "text/plain; charset=utf-8"


class Over(Exception):
    """The connection has ended, by the server's own doing; the handler has nothing left to say."""


class BadRequest(Exception):
    """What arrived is not HTTP."""


@dataclass
class Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    keeps: bool


class Reader(asyncio.StreamReader):
    """A stream that tells when the other side has closed, even while nobody reads."""

    def __init__(self, limit: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=limit, loop=loop)
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.gone.set()

    def set_exception(self, exc: Exception) -> None:
        super().set_exception(exc)
        self.gone.set()


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """The next request, or None when the connection ended before one began. Raises BadRequest."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except asyncio.LimitOverrunError as error:
        raise BadRequest from error
    first, *rest = head[:-4].decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = await _chunks(reader)
        else:
            body = await reader.readexactly(int(headers.get("content-length", "0")))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except ValueError as error:
        raise BadRequest from error
    path, _, query = parts[1].partition("?")
    wish = headers.get("connection", "").lower()
    keeps = wish == "keep-alive" if parts[2] == "HTTP/1.0" else wish != "close"
    return Request(parts[0], path, query, headers, body, keeps)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    found = bytearray()
    while size := int((await reader.readline()).split(b";")[0], 16):
        found += await reader.readexactly(size)
        await reader.readexactly(2)
    while (await reader.readline()).strip():
        pass
    return bytes(found)


class Exchange:
    """One request and the way back. Faults that touch the bytes happen here."""

    def __init__(
        self, request: Request, writer: asyncio.StreamWriter, record: Record, fault: Fault | None, number: int = 0
    ) -> None:
        self.request, self.writer, self.record, self.fault, self.number = request, writer, record, fault, number
        self.opened = False
        self.ready: float | None = None  # when reading could have begun, had the slot been free and this server fast
        self.keeps = request.keeps
        self.on_refuse: Callable[[float], Awaitable[None]] | None = None

    def has(self, *kinds: str) -> Fault | None:
        return self.fault if self.fault and self.fault.kind in kinds else None

    def _head(self, status: int, content_type: str, rest: list[str]) -> bytes:
        self.record.status = status
        self.record.start = self.record.start or time.monotonic()
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'status')}"]
        lines += [f"Content-Type: {content_type}"] if content_type else []
        lines += [f"Date: {http_date()}", *rest, *([] if self.keeps else ["Connection: close"])]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    async def send(self, status: int, body: bytes, content_type: str = JSON, extra: tuple[str, ...] = ()) -> None:
        """A whole answer with its length."""
        self.opened = True
        head = self._head(status, content_type, [*extra, f"Content-Length: {len(body)}"])
        if self.request.method == "HEAD":
            body = b""
        if self.has("reset_after", "cut"):
            self.writer.write(head + body[: len(body) // 2])
            await self._drain()
            if self.has("cut"):
                self.close()
            self.reset()
        stall = self.has("stall")
        if stall:
            self.writer.write(head + body[: len(body) // 2])
            await asyncio.sleep(stall.seconds or 86_400)
            raise Over
        self.writer.write(head + body)
        await self._drain()

    async def json(self, status: int, value: Any, content_type: str = JSON) -> None:
        if status == 200 and self.has("error_200"):
            value = {"error": "an error was encountered while running the model"}
        await self.send(status, encode(value), content_type)

    async def open(self) -> None:
        """The head of a stream."""
        self.opened = True
        self.writer.write(self._head(200, LINES, ["Transfer-Encoding: chunked"]))

    async def line(self, value: Any) -> None:
        """One piece of a stream."""
        if not self.opened:
            await self.open()
        fault = self.fault
        if fault and self.record.lines >= fault.after:
            await self._break(fault)
        self.record.lines += 1
        await self._chunk(encode(value) + b"\n")

    async def _chunk(self, data: bytes) -> None:
        self.writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        await self._drain()
        await asyncio.sleep(0)  # one stream without end must not be all that goes on

    async def _break(self, fault: Fault) -> None:
        if fault.kind == "reset_after":
            await self._drain()
            self.reset()
        if fault.kind == "cut":
            await self._drain()
            self.close()
        if fault.kind == "stall":
            await asyncio.sleep(fault.seconds or 86_400)
        elif fault.kind == "error_line":
            text = fault.text or "an error was encountered while running the model: unexpected EOF"
            await self._chunk(encode({"error": text}) + b"\n")
            await self.finish()
            raise Over
        elif fault.kind == "half_line":
            await self._chunk(b'{"model":"' + self.record.model.encode() + b'","created_at":"2026-\n')
            await self.finish()
            raise Over
        elif fault.kind == "blank_line" and self.record.lines == fault.after:
            await self._chunk(b"\n")
        elif fault.kind == "no_done":
            await self.finish()
            raise Over

    async def finish(self) -> None:
        """The end of a stream that is whole."""
        if not self.opened:
            await self.open()
        self.writer.write(b"0\r\n\r\n")
        await self._drain()

    async def _drain(self) -> None:
        try:
            await self.writer.drain()
        except ConnectionError:
            self.record.disconnect = self.record.disconnect or time.monotonic()
            raise Over from None

    def close(self) -> None:
        """End the connection as a process does that ends: without a word. Raises Over."""
        self.keeps = False
        self.writer.close()
        raise Over

    def reset(self) -> None:
        """End the connection with a reset. Raises Over."""
        self.keeps = False
        reset(self.writer)
        raise Over


def reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
