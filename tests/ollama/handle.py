"""Starts the server as a process of its own, sets it, and reads what it saw. Times compare with `time.monotonic()`."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.ollama.record import Record

SERVER = Path(__file__).resolve().parent / "server.py"
TIMEOUT = 20.0  # seconds for one word with the control endpoint
POLL = 0.004


class OllamaServer:
    """A running server. `address` is what a client is given; close it (or use it as a context manager)."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, control: str) -> None:
        self.process, self.address, self.control = process, address, control
        self.port = urlsplit(address).port or 0
        self._control_port = urlsplit(control).port or 0

    @classmethod
    def start(cls, **settings: Any) -> OllamaServer:
        """Start on a free port with the settings of settings.py; returns when it answers."""
        words = [word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        process = subprocess.Popen(
            [sys.executable, str(SERVER), "--port", "0", "--with-parent", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            process.kill()
            raise RuntimeError(f"the server ended with {process.wait(5)}")
        told = json.loads(line)
        return cls(process, told["address"], told["control"])

    def __enter__(self) -> OllamaServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.wait(10)
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()

    kill = close

    # Set ------------------------------------------------------------------------------------------------------------

    def set(self, **settings: Any) -> None:
        """Change settings; what is loaded keeps the slots it has."""
        self._post("settings", settings)

    def fault(self, kind: str, **details: Any) -> None:
        """Add a rule: `fault("busy", path="/api/chat", nth=2)`; the words are those of faults.Rule and faults.Fault."""
        self._post("faults", {"rules": [{"fault": kind, **details}]})

    def mix(self, rate: float, faults: list[str | dict[str, Any]], *, seed: int = 0, **details: Any) -> None:
        """Strike a share of all model calls with one of `faults`, chosen by `seed` and the call's body."""
        self._post("faults", {"rate": rate, "faults": faults, "seed": seed, **details})

    def calm(self) -> None:
        """No more faults."""
        self._post("calm", {})

    def script(self, match: str, text: str, **details: Any) -> None:
        """Answer prompts in which `match` is found with `text` (and `thinking`, `tool_calls`, `times`)."""
        self._post("script", {"match": match, "text": text, **details})

    def add_model(self, name: str, **details: Any) -> None:
        """Add a model, or replace one: fields of models.Model."""
        self._post("models", {"name": name, **details})

    def remove_model(self, name: str) -> None:
        self._post("remove", {"model": name})

    def unload(self, name: str) -> None:
        self._post("unload", {"model": name})

    def hold(self) -> None:
        """From now on every call stays in its slot until `release` (an embedding: for each of its inputs)."""
        self._post("hold", {})

    def release(self, count: int | None = None) -> None:
        """Let the next `count` calls go on, those held first; None = all, and hold no more."""
        self._post("release", {"count": count})

    def unplug(self, seconds: float = 0.0, *, drop: bool = True) -> None:
        """Refuse connections (for `seconds`, or until `plug`) and cut those there are."""
        self._post("unplug", {"seconds": seconds, "drop": drop})

    def plug(self) -> None:
        self._post("plug", {})

    def forget(self) -> None:
        """Drop the records, begin the peaks anew."""
        self._post("forget", {})

    def reset(self) -> None:
        """Everything as it was at the start; connections are cut."""
        self._post("reset", {})

    # Read -----------------------------------------------------------------------------------------------------------

    def requests(self, path: str = "", model: str = "", *, since: int = 0, bodies: bool = True) -> list[Record]:
        """What arrived, in order."""
        found = [Record(**entry) for entry in self._get(f"requests?since={since}&bodies={int(bodies)}")]
        return [
            record for record in found if (not path or record.path == path) and (not model or record.model == model)
        ]

    def state(self) -> dict[str, Any]:
        """Levels (in_flight, waiting, running: total and models, each now and peak), loaded, loads, pending, held."""
        return dict(self._get("state"))

    def now(self, level: str) -> int:
        """in_flight, waiting or running: how many there are."""
        return int(self.state()[level]["total"]["now"])

    def peak(self, level: str, model: str = "") -> int:
        """in_flight, waiting or running (of one model): how many there were at most."""
        found = self.state()[level]
        chosen = found["models"].get(model, {"peak": 0}) if model else found["total"]
        return int(chosen["peak"])

    def until(self, *, timeout: float = 10.0, **levels: int) -> dict[str, Any]:
        """Wait for in_flight, waiting, running, held, pending, seen to be exactly so; fails after `timeout` seconds."""

        def there(state: dict[str, Any]) -> bool:
            return all(_number(state[name]) == wanted for name, wanted in levels.items())

        return self.wait(there, str(levels), timeout)

    def wait(self, there: Callable[[dict[str, Any]], bool], what: str = "", timeout: float = 10.0) -> dict[str, Any]:
        """Wait until `there(state)`; fails after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            state = self.state()
            if there(state):
                return state
            assert time.monotonic() < deadline, f"waited for {what}: {_short(state)}"
            time.sleep(POLL)

    def _get(self, name: str) -> Any:
        return self._ask("GET", name, None)

    def _post(self, name: str, body: dict[str, Any]) -> None:
        self._ask("POST", name, json.dumps(body).encode())

    def _ask(self, method: str, name: str, body: bytes | None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._control_port, timeout=TIMEOUT)
        try:
            connection.request(method, f"/__control/{name}", body, {"Connection": "close"})
            answer = connection.getresponse()
            told = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(told["error"])
        return told


def _short(state: dict[str, Any]) -> dict[str, Any]:
    levels = {name: state[name]["total"]["now"] for name in ("in_flight", "waiting", "running")}
    return levels | {name: state[name] for name in ("pending", "held", "seen", "ended", "loads", "loaded")}


def _number(level: Any) -> int:
    return int(level["total"]["now"]) if isinstance(level, dict) else int(level)
