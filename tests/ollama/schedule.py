"""Which model is loaded, and whose turn it is: the loader with its queue, and the slots of every loaded model."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.ollama.models import Model
from tests.ollama.settings import Settings
from tests.ollama.wire import NEVER, ApiError

BUSY = "server busy, please try again.  maximum pending requests exceeded"
MEMORY = {
    True: "llama-server reported out-of-memory during startup: unable to allocate CPU buffer",
    False: "model requires more system memory ({need:.1f} GiB) than is available ({free:.1f} GiB)",
}
STALLED = "timed out waiting for llama-server to start - progress 0.42 - "


class Slots:
    """A first-come-first-served semaphore. Waiting has no end; who gives up leaves the line."""

    def __init__(self, count: int) -> None:
        self.free = count
        self._line: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        if self.free > 0 and not self._line:
            self.free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back()  # granted in the same moment
            else:
                with suppress(ValueError):
                    self._line.remove(turn)
            raise

    def give_back(self) -> None:
        while self._line:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1


@dataclass
class Wanted:
    """The load-time options of a request. With `auto`, num_ctx is the server's own choice."""

    num_ctx: int
    auto: bool
    others: dict[str, Any] = field(default_factory=dict)
    shift: bool = True

    def differs(self, other: Wanted) -> bool:
        same_context = self.num_ctx == other.num_ctx or (self.auto and other.auto)
        return not same_context or self.others != other.others or self.shift != other.shift


@dataclass
class Runner:
    """A loaded model, or one being loaded (`settled` is set when that has ended, well or not)."""

    model: Model
    wanted: Wanted
    slots: Slots
    parallel: int
    keep_alive: float
    size: int
    refs: int = 0
    loading: bool = True
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    ends: float = 0.0
    used: float = 0.0
    timer: asyncio.TimerHandle | None = None

    def remaining(self) -> float:
        if self.keep_alive < 0:
            return NEVER
        return max(0.0, self.ends - time.time()) if self.refs == 0 else self.keep_alive


@dataclass
class Pending:
    model: Model
    wanted: Wanted
    keep_alive: float | None
    granted: asyncio.Future[Runner]


class Scheduler:
    """Hands out runners. One task loads and evicts, one request at a time, as Ollama's does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.loaded: dict[str, Runner] = {}
        self.loads: list[dict[str, Any]] = []
        self.pending: deque[Pending] = deque()
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._work(), name="loader")

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        for runner in list(self.loaded.values()):
            self._drop(runner)

    @asynccontextmanager
    async def runner(self, model: Model, wanted: Wanted, keep_alive: float | None) -> AsyncIterator[Runner]:
        """The model, loaded as `wanted`, for the time of one request. Raises ApiError 503 or that of a failed load."""
        runner = await self._acquire(model, wanted, keep_alive)
        try:
            yield runner
        finally:
            self._release(runner)

    async def _acquire(self, model: Model, wanted: Wanted, keep_alive: float | None) -> Runner:
        while True:
            runner = self.loaded.get(model.digest)
            if runner is None or runner.wanted.differs(wanted):
                break
            if not runner.loading:
                self._take(runner, keep_alive)
                return runner
            await runner.settled.wait()  # on the runner's lock, not in the queue
        if len(self.pending) >= self.settings.max_queue:
            raise ApiError(503, BUSY)
        pending = Pending(model, wanted, keep_alive, asyncio.get_running_loop().create_future())
        self.pending.append(pending)
        self._wake.set()
        try:
            return await pending.granted
        except asyncio.CancelledError:
            if pending.granted.done() and not pending.granted.cancelled() and not pending.granted.exception():
                self._release(pending.granted.result())
            with suppress(ValueError):
                self.pending.remove(pending)
            raise

    def _take(self, runner: Runner, keep_alive: float | None) -> None:
        runner.refs += 1
        runner.idle.clear()
        runner.used = time.monotonic()
        if runner.timer:
            runner.timer.cancel()
            runner.timer = None
        if keep_alive is not None:
            runner.keep_alive = keep_alive

    def _release(self, runner: Runner) -> None:
        runner.refs -= 1
        if runner.refs:
            return
        runner.idle.set()
        runner.ends = time.time() + runner.keep_alive
        if runner.keep_alive == 0:
            self._drop(runner)
        elif runner.keep_alive > 0:
            runner.timer = asyncio.get_running_loop().call_later(runner.keep_alive, self._drop, runner)

    def _drop(self, runner: Runner) -> None:
        if runner.timer:
            runner.timer.cancel()
        if self.loaded.get(runner.model.digest) is runner:
            del self.loaded[runner.model.digest]

    def unload(self, model: Model) -> None:
        """Unload as soon as nothing uses it."""
        runner = self.loaded.get(model.digest)
        if runner and not runner.loading:
            runner.keep_alive = 0
            if runner.refs == 0:
                self._drop(runner)

    async def _work(self) -> None:
        while True:
            while not self.pending:
                self._wake.clear()
                await self._wake.wait()
            pending = self.pending.popleft()
            try:
                await self._serve(pending)
            except ApiError as error:
                if not pending.granted.done():
                    pending.granted.set_exception(error)

    async def _serve(self, pending: Pending) -> None:
        while not pending.granted.done():
            runner = self.loaded.get(pending.model.digest)
            if runner and not runner.wanted.differs(pending.wanted):
                self._grant(runner, pending)
                return
            in_the_way = runner or self._to_evict(pending)
            if in_the_way is None:
                await self._load(pending)
                return
            if in_the_way.refs:
                await _first(in_the_way.idle.wait(), pending.granted)
                continue
            self._drop(in_the_way)
            if self.settings.unload_delay:
                await asyncio.sleep(self.settings.unload_delay)

    def _grant(self, runner: Runner, pending: Pending) -> None:
        self._take(runner, pending.keep_alive)
        pending.granted.set_result(runner)

    def need(self, model: Model, wanted: Wanted) -> int:
        return model.size + wanted.num_ctx * model.slots(self.settings.num_parallel) * model.kv_bytes

    def _to_evict(self, pending: Pending) -> Runner | None:
        memory = self.settings.memory
        need = self.need(pending.model, pending.wanted)
        if memory and need > memory:
            text = MEMORY[self.settings.modern].format(need=need / 2**30, free=memory / 2**30)
            raise ApiError(500, text)
        full = len(self.loaded) >= self.settings.max_loaded_models
        full = full or bool(memory and need + sum(runner.size for runner in self.loaded.values()) > memory)
        order = sorted(self.loaded.values(), key=lambda runner: (runner.refs > 0, runner.used))
        return order[0] if full and order else None

    async def _load(self, pending: Pending) -> None:
        settings, model = self.settings, pending.model
        if settings.register_delay:
            await _first(asyncio.sleep(settings.register_delay), pending.granted)
            if pending.granted.done():
                return
        parallel = model.slots(settings.num_parallel)
        size = self.need(model, pending.wanted)
        runner = Runner(model, pending.wanted, Slots(parallel), parallel, settings.keep_alive, size)
        self.loaded[model.digest] = runner
        load = {"model": model.name, "num_ctx": pending.wanted.num_ctx, "start": time.monotonic(), "outcome": "loading"}
        self.loads.append(load)
        try:
            await _first(asyncio.sleep(settings.load_delay), pending.granted)
            if pending.granted.done():
                load["outcome"] = "aborted"  # its initiator went away; those who wait for it start it again
                self._drop(runner)
            elif settings.load_error:
                load["outcome"] = "failed"
                self._drop(runner)
                known = {"out_of_memory": MEMORY[settings.modern].format(need=5.0, free=3.9), "stalled": STALLED}
                raise ApiError(500, known.get(settings.load_error, settings.load_error))
            else:
                load["outcome"] = "loaded"
                runner.loading = False
                self._grant(runner, pending)
        finally:
            load["end"] = time.monotonic()
            runner.settled.set()

    async def listed(self) -> list[Runner]:
        """Loaded models, longest remaining first. From 0.30 on it waits for those being loaded."""
        while self.settings.modern:
            loading = [runner for runner in self.loaded.values() if runner.loading]
            if not loading:
                break
            await loading[0].settled.wait()
        settled = [runner for runner in self.loaded.values() if not runner.loading]
        return sorted(settled, key=lambda runner: -runner.remaining())


async def _first(work: Any, other: asyncio.Future[Any]) -> None:
    """Wait for `work`, or for `other` to be done; `work` is then given up."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task, other}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()
