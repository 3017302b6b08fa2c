"""A visitor in a real browser at the real program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from visitor import Door, Visitor

from bench.chromium import find
from bench.served import Served

FLAGS = [
    "--no-sandbox",  # a root user's Chromium does not start with it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Walks come last: the fast tests tell sooner what is wrong."""
    mine = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in mine:
        item.add_marker(pytest.mark.browser)
    items[:] = [item for item in items if item not in mine] + mine


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one file of tests: while Playwright runs, this thread counts as inside an event loop."""
    path = find()
    assert path, "no Chromium or Chrome on the PATH; `make test` says how to get one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def let_in(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[Door]:
    """`let_in.visitor(width=390)` opens a window. Every visitor must have been content when the test ends."""
    door = Door(browser, served)
    yield door
    failed = request.node.stash.get(FAILED, True)
    for number, visitor in enumerate(door.visitors):
        if failed:
            visitor.shot(f"failed-{request.node.name}-{number}", whole=True)
            print(f"console: {visitor.errors}\n{served.tail()}")
    for context in door.contexts:
        context.close()
    for visitor in door.visitors:
        visitor.content()


@pytest.fixture
def visitor(let_in: Door) -> Visitor:
    """One window of 1440 by 900."""
    return let_in.visitor()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The workbench of all walks, empty but for the samples that it brings in at its first start."""
    folder = tmp_path_factory.mktemp("workbench")
    with Served(folder / "data", folder / "log.txt") as served:
        yield served
