"""Cold start to the first page, as a person with an open browser sees it, and what the idle workbench weighs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.chromium import find
from bench.figures import Figure, resident
from bench.served import Served

STARTS = 3
SETTLE_S = 20.0
IDLE_S = 5.0


def first_page(served: Served, page: Page) -> float:
    """Seconds from the start of the process until the home page stands (the page that says “Starting” is not it)."""
    page.goto(served.address)
    page.get_by_role("heading", name="Your library").wait_for(timeout=60_000)
    return time.perf_counter() - served.started


def settled(served: Served) -> float:
    """Memory in MB once processor use has stayed low for a while; the background part of the start is over then."""
    deadline, quiet = time.monotonic() + SETTLE_S, 0.0
    while time.monotonic() < deadline and quiet < IDLE_S:
        family = served.family()
        for process in family:
            process.cpu_percent()
        time.sleep(0.5)
        busy = sum(process.cpu_percent() for process in family if process.is_running())
        quiet = quiet + 0.5 if busy < 20 else 0.0
    return resident(served.family())


def measure(folder: Path) -> Iterator[Figure]:
    """Three starts on an empty data folder each, without samples; the middle one counts."""
    path = find()
    if path is None:
        raise RuntimeError("A browser is needed: install chromium, or run make test once.")
    pages, answers, memory = [], [], 0.0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for start in range(STARTS):
            environment = {"QUELLWERK_SAMPLES": "0"}
            with Served(folder / f"data-{start}", folder / f"log-{start}.txt", environment) as served:
                answers.append(time.perf_counter() - served.started)
                pages.append(first_page(served, browser.new_page()))
                if start == STARTS - 1:
                    memory = settled(served)
        browser.close()
    yield Figure(
        "cold start to first page",
        round(statistics.median(pages), 2),
        "s",
        "<= 3",
        f"answers after {statistics.median(answers):.2f} s; empty folder, browser already open, middle of {STARTS}",
    )
    yield Figure("memory idle", round(memory), "MB", "<= 450", "the process and its children, one page open")
