"""Rules for every test: nothing of the developer's environment leaks in, nothing leaves this machine, nothing stays."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent
GUARD = Path(__file__).resolve().parent / "guard"
STRAY = Path(tempfile.mkdtemp(prefix="quellwerk-tests-"))

for name in [name for name in os.environ if name.startswith(("QUELLWERK_", "OLLAMA_", "STREAMLIT_"))]:
    del os.environ[name]
# A test that forgets to name a data folder must not write into the developer's; the end of the run looks here.
os.environ["QUELLWERK_DATA"] = str(STRAY / "data")
os.environ["OFFLINE_GUARD_LOG"] = str(STRAY / "refused.txt")
os.environ["PYTHONPATH"] = os.pathsep.join([str(GUARD), *filter(None, [os.environ.get("PYTHONPATH")])])
sys.path.insert(0, str(GUARD))
# Debian's Python brings a sitecustomize of its own, already imported by now; ours is the one that counts here.
sys.modules.pop("sitecustomize", None)
import sitecustomize  # noqa: E402

assert hasattr(sitecustomize, "watch"), "the network guard was not imported"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests that take minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)


def pytest_unconfigure() -> None:
    shutil.rmtree(STRAY, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def nothing_outside() -> Iterator[None]:
    """Fails the run if any process of it wanted to leave this machine, or wrote to a data folder nobody named."""
    yield
    refused = STRAY / "refused.txt"
    assert not refused.exists(), "Refused by the network guard:\n" + refused.read_text(encoding="utf-8")
    assert not (STRAY / "data").exists(), "A test used the default data folder instead of one of its own."


@pytest.fixture(autouse=True)
def same_place() -> Iterator[None]:
    """Puts environment and working directory back as they were before the test."""
    environment, folder = dict(os.environ), Path.cwd()
    yield
    for name in set(os.environ) - set(environment):
        del os.environ[name]
    for name, value in environment.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    if Path.cwd() != folder:
        os.chdir(folder)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@dataclass(frozen=True)
class Held:
    """What this process holds on to."""

    threads: frozenset[int]
    files: int
    children: frozenset[int]


def held() -> Held:
    """Count now, after a collection (an unreachable store that waits for the collector is no leak)."""
    gc.collect()
    process = psutil.Process()
    children = frozenset(
        child.pid for child in process.children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE
    )
    return Held(frozenset(thread.ident or 0 for thread in threading.enumerate()), process.num_fds(), children)


@pytest.fixture
def no_leaks() -> Iterator[Callable[[], None]]:
    """A check that all threads, child processes and (within 3) file descriptors since the test's start are gone.

    Call it at the end of a test that opens and closes something, or leave it to the end of the test. It waits up to
    10 s, since threads and processes need a moment to end after they were told to.
    """
    before = held()

    def check() -> None:
        deadline = time.monotonic() + 10
        while True:
            now = held()
            threads = [thread.name for thread in threading.enumerate() if (thread.ident or 0) not in before.threads]
            children = now.children - before.children
            files = now.files - before.files
            if not threads and not children and files <= 3:
                return
            assert time.monotonic() < deadline, f"left: threads {threads}, children {children}, {files} descriptors"
            time.sleep(0.05)

    yield check
    check()
