"""The process: how it starts, what it leaves behind, and that it can be read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.ollama.handle import OllamaServer
from tests.ollama.settings import Settings


def test_nothing_is_left(no_leaks: Callable[[], None]) -> None:
    with OllamaServer.start(num_parallel=3, profile="0.24") as server:
        assert server.state()["settings"]["num_parallel"] == 3
        assert server.state()["settings"]["profile"] == "0.24"
    assert server.process.returncode is not None
    no_leaks()


def test_reset_goes_back_to_the_start() -> None:
    with OllamaServer.start(num_parallel=3) as server:
        before = server.state()
        server.set(num_parallel=9, per_token=1.0)
        server.fault("hang")
        server.script("a", "b")
        server.add_model("new:latest")
        server.hold()
        server.unplug()
        server.reset()
        assert server.state() == before


@pytest.mark.parametrize("way", [["-m", "tests.ollama"], ["tests/ollama/server.py"]])
def test_both_ways_to_start_it(root: Path, way: list[str]) -> None:
    command = [sys.executable, *way, "--port", "0", "--demo", "--with-parent"]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        try:
            told = json.loads(process.stdout.readline())
            assert told["simulation"]
            assert told["address"].startswith("http://127.0.0.1:")
        finally:
            process.stdin.close()  # its parent is gone
        assert process.wait(10) == 0


def test_it_listens_on_this_machine_alone(ollama_server: OllamaServer) -> None:
    listening = [
        found.laddr.ip
        for found in psutil.Process(ollama_server.process.pid).net_connections()
        if found.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1", "127.0.0.1"]


def test_settings_are_checked() -> None:
    settings = Settings()
    with pytest.raises(ValueError, match="profile is one of"):
        settings.change({"profile": "0.1"})
    with pytest.raises(ValueError, match="num_parallel is a int"):
        Settings().change({"num_parallel": "2"})
    with pytest.raises(ValueError, match="gpu is a bool"):
        Settings().change({"gpu": 1})
