"""Who walks through the pages: a browser window that notices every error and every request."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from bench.served import Served

SHOTS = Path(__file__).parent / "shots"
HARMLESS = re.compile(r"^(data|blob|about|chrome-extension):")


@dataclass
class Visitor:
    """One browser window, at one workbench."""

    page: Page
    served: Served
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        self.page.on("request", self._request)
        self.page.on("websocket", lambda socket: self._address(socket.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        self._address(request.url)

    def _address(self, url: str) -> None:
        ours = url.replace("ws://", "http://", 1).startswith(self.served.address + "/")
        if not ours and not HARMLESS.match(url):
            self.strangers.append(url)

    def go(self, path: str = "/") -> Page:
        """Open a page of the workbench and wait until it stands."""
        self.page.goto(self.served.address + path)
        self.idle()
        return self.page

    def idle(self, timeout: float = 30) -> None:
        """Wait until Streamlit is connected and no script of the page runs; no exception may be shown."""
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-connection-state", "CONNECTED", timeout=timeout * 1000)
        expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=timeout * 1000)
        assert self.page.get_by_test_id("stException").count() == 0, self.page.get_by_test_id(
            "stException"
        ).inner_text()

    def shot(self, name: str, *, whole: bool = False) -> Path:
        """A picture of the window (or of the whole page), kept for a person to look at."""
        SHOTS.mkdir(exist_ok=True)
        path = SHOTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=whole)
        return path

    def drop(self, target: Locator, files: list[Path]) -> None:
        """Drop files onto `target` as a person's mouse does (a trusted event, not one made by a script)."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box, "the drop zone is not on the screen"
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        data = {"items": [], "files": [str(path.resolve()) for path in files], "dragOperationsMask": 1}
        session = self.page.context.new_cdp_session(self.page)
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})
        session.detach()

    def tab_to(self, selector: str, most: int = 80) -> Locator:
        """Press Tab until the focus is on an element that matches `selector`. Fails after `most` presses."""
        passed = []
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return self.page.locator(":focus")
            passed.append(self.page.evaluate("() => document.activeElement.outerHTML.slice(0, 90)"))
        raise AssertionError(f"Tab never reached {selector}; it passed\n" + "\n".join(passed))

    def sideways(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(
            self.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        )

    def content(self) -> None:
        """Fails when the browser logged an error, or asked anybody but the workbench for anything."""
        assert self.strangers == []
        assert self.errors == []


@dataclass
class Door:
    """Lets visitors in, each with a browser profile of their own."""

    browser: Browser
    served: Served
    visitors: list[Visitor] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def visitor(self, *, width: int = 1440, height: int = 900, scheme: Any = "light") -> Visitor:
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale="en-GB",
            reduced_motion="reduce",
            base_url=self.served.address,
        )
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        visitor = Visitor(context.new_page(), self.served)
        self.visitors.append(visitor)
        return visitor
