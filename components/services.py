"""How pages reach the one Workbench, and how `app.py` opens and closes it.

The door is the only process-wide object of the pages. `app.py` opens it in the background while the server already
answers; a test puts its own workbench in with `provide`.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import QuellwerkError

if TYPE_CHECKING:
    from core.workbench import Workbench

log = logging.getLogger(__name__)

FIRST_PAGE_S = 2.0
CLOSED = "The workbench is not open."


class Door:
    """Holds the workbench once it is open, or the reason why it is not. Safe to use from every thread."""

    def __init__(self) -> None:
        self.drawn = threading.Event()  # a page has been drawn
        self._settled = threading.Event()
        self._workbench: Workbench | None = None
        self._failure: QuellwerkError | None = None

    def settle(self, workbench: Workbench | None, failure: QuellwerkError | None = None) -> None:
        """Put the open workbench in, or the reason why there is none."""
        self._workbench, self._failure = workbench, failure
        if workbench or failure:
            self._settled.set()
        else:
            self._settled.clear()

    def wait(self, timeout: float) -> bool:
        """True once opening has ended, well or not."""
        return self._settled.wait(timeout)

    @property
    def workbench(self) -> Workbench:
        """The open workbench. Raises QuellwerkError when it is not open (any more, or yet)."""
        if self._failure is not None:
            raise self._failure
        if self._workbench is None:
            raise QuellwerkError(CLOSED, "It is starting or stopping; try again in a moment.")
        return self._workbench


@st.cache_resource(show_spinner=False)
def door() -> Door:
    """The door of this process."""
    return Door()


def get_workbench() -> Workbench:
    """The open workbench, for pages and the API. Raises QuellwerkError when it is not open."""
    return door().workbench


def provide(workbench: Workbench | None) -> None:
    """Let the pages use this workbench, or none."""
    door().settle(workbench)


def open_workbench() -> None:
    """Open the workbench of the configured data folder. Blocks; a failure is kept for the pages to show, and logged.

    The indexes and models are opened once the first page has been drawn, or after two seconds: loading them keeps the
    interpreter so busy that the page would come a second later. Who needs them before gets them before.
    """
    try:
        from core.logs import configure
        from core.settings import load_settings
        from core.workbench import Workbench

        settings = load_settings()
        configure(settings)
        host = st.get_option("server.address") or "127.0.0.1"
        address = f"http://{host}:{st.get_option('server.port')}"
        door().settle(Workbench.open(settings, address=address, samples=True, lazy=True))
        door().drawn.wait(FIRST_PAGE_S)
        door().workbench.start()
    except QuellwerkError as error:
        log.error("%s", error)
        door().settle(None, error)
    except Exception:
        log.exception("The workbench did not open")
        door().settle(None, QuellwerkError("The workbench could not be opened.", "The log says why; start it again."))


def close_workbench() -> None:
    """Close what `open_workbench` opened, if it is open."""
    try:
        workbench = door().workbench
    except QuellwerkError:
        return
    door().settle(None)
    workbench.close()
