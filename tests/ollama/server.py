"""A process that speaks Ollama's API and follows a script, so that a client can be tested against all it may meet.

    python -m tests.ollama --port 0            or   python tests/ollama/server.py --port 11434 --demo

It prints one line of JSON with its addresses. Nothing in it is a language model; `--demo` names its models so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

if not __package__:  # run as a script: the folder of this file would hide nothing but shows too much
    sys.path[0] = str(Path(__file__).resolve().parent.parent.parent)

from tests.ollama import control
from tests.ollama.app import App
from tests.ollama.connection import BadRequest, Exchange, Over, Reader, Request, read_request, reset
from tests.ollama.record import Record
from tests.ollama.settings import PROFILES, Settings

READ_LIMIT = 1 << 20
BACKLOG = 2048
DEMO = {"per_token": 0.02, "per_call": 0.3, "load_delay": 1.0, "num_parallel": 2}
BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"


class Server:
    """Two listeners: Ollama's, which can be unplugged, and one for control alone, which stays."""

    def __init__(self, app: App, host: str) -> None:
        self.app, self.host = app, host
        self.first = asdict(app.settings)
        self.place: socket.socket | None = None
        self.listener: asyncio.Server | None = None
        self.control: asyncio.Server | None = None
        self.writers: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.back: asyncio.Task[None] | None = None
        app.unplug = self.unplug

    async def open(self, port: int, control_port: int) -> None:
        # Bound and never listening, it keeps the port ours while the real listener is away.
        self.place = self._bound(port)
        self.port = self.place.getsockname()[1]
        self.control = await self._listen(self._bound(control_port), only_control=True)
        self.control_port = self.control.sockets[0].getsockname()[1]
        await self.plug()

    def _bound(self, port: int) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((self.host, port))
        return sock

    async def _listen(self, sock: socket.socket, *, only_control: bool = False) -> asyncio.Server:
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.StreamReaderProtocol:
            async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await self._connection(reader, writer, only_control)

            return asyncio.StreamReaderProtocol(Reader(READ_LIMIT, loop), connected, loop=loop)

        return await loop.create_server(protocol, sock=sock, backlog=BACKLOG)

    async def plug(self) -> None:
        """Listen again."""
        if self.listener is None:
            self.listener = await self._listen(self._bound(self.port))

    async def unplug(self, seconds: float = 0.0, drop: bool = True) -> None:
        """Refuse connections from now on, for `seconds` (0 = until plugged in); with `drop`, cut those there are."""
        if self.back:
            self.back.cancel()
            self.back = None
        if self.listener:
            self.listener.close()
            self.listener = None
        if drop:
            for writer in list(self.writers):
                reset(writer)
        if seconds:
            self.back = asyncio.create_task(self._later(seconds))

    async def drop(self) -> None:
        """Cut every connection, and wait until what went on there has ended."""
        tasks = list(self.writers.values())
        for writer in list(self.writers):
            reset(writer)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _later(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.plug()

    async def close(self) -> None:
        for listener in (self.listener, self.control):
            if listener:
                listener.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.app.scheduler.close()
        if self.place:
            self.place.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, only_control: bool) -> None:
        task = asyncio.current_task()
        assert task
        self.tasks.add(task)
        self.connections += 1
        number = self.connections
        if not only_control:
            self.writers[writer] = task
        try:
            while await self._request(reader, writer, number, only_control):
                pass
        except (BadRequest, ValueError):
            writer.write(BAD)
        except (Over, ConnectionError):
            pass
        except asyncio.CancelledError:
            reset(writer)
        except Exception:  # a mistake of this server: say so where a test run shows it
            traceback.print_exc()
        finally:
            self.tasks.discard(task)
            self.writers.pop(writer, None)
            with suppress(Exception):
                writer.close()

    async def _request(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int, only_control: bool
    ) -> bool:
        """Answer the next request; whether another may follow."""
        request = await read_request(reader, writer)
        if request is None:
            return False
        if request.path.startswith(control.PREFIX):
            return await self._controlled(request, writer)
        if only_control:
            return False
        record = self.app.recorder.arrived(number, request.method, request.path, request.headers)
        exchange = Exchange(request, writer, record, None)
        gone: asyncio.Event = reader.gone  # type: ignore[attr-defined]
        work = asyncio.create_task(self.app.handle(exchange))
        leave = asyncio.create_task(gone.wait())
        try:
            await asyncio.wait({work, leave}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                record.disconnect = time.monotonic()
            leave.cancel()
            work.cancel()
            await work
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            if record.disconnect is None:
                raise
            return False
        finally:
            leave.cancel()
            record.end = time.monotonic()
            self.app.recorder.ended[record.status] += 1
        return exchange.keeps

    async def _controlled(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        exchange = Exchange(request, writer, Record(0, 0, request.method, request.path, {}), None)
        name = request.path.removeprefix(control.PREFIX).strip("/")
        given: dict[str, Any] = json.loads(request.body or b"{}") if name in ("unplug", "plug") else {}
        if name == "unplug":
            self.writers.pop(writer, None)
            await self.unplug(float(given.get("seconds", 0)), bool(given.get("drop", True)))
            await exchange.json(200, {})
        elif name == "plug":
            if self.back:
                self.back.cancel()
            await self.plug()
            await exchange.json(200, {})
        else:
            if name == "reset":
                self.writers.pop(writer, None)
                await self.drop()
                await self.plug()
            await control.handle(self.app, exchange, self.first)
        return exchange.keeps


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.ollama", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=11434, help="0 = any that is free")
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--demo", action="store_true", help="for people: simulated models by name, at a reader's pace")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    for field in fields(Settings):
        kind: Any = {"bool": _truth, "int": int, "float": float}.get(str(field.type), str)
        choices = list(PROFILES) if field.name == "profile" else None
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=None, choices=choices)
    return parser.parse_args()


def _truth(text: str) -> bool:
    return text.lower() in ("1", "true", "yes")


async def serve(given: argparse.Namespace) -> None:
    chosen = {field.name: getattr(given, field.name) for field in fields(Settings)}
    values = (DEMO if given.demo else {}) | {name: value for name, value in chosen.items() if value is not None}
    server = Server(App(Settings(**values), demo=given.demo), given.host)
    await server.open(given.port, given.control_port)
    at = f"http://{given.host}:"
    told = {"address": f"{at}{server.port}", "control": f"{at}{server.control_port}", "simulation": True}
    print(json.dumps(told), flush=True)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, ended.set)
    if given.with_parent:
        loop.add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()
    await server.close()


def main() -> None:
    asyncio.run(serve(arguments()))


if __name__ == "__main__":
    main()
