"""What surrounds every page: its heading, calm messages instead of tracebacks, and the state before the start."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec

import streamlit as st

from components import services
from components.escape import in_markdown
from core.errors import QuellwerkError

log = logging.getLogger(__name__)

P = ParamSpec("P")

SURPRISE = "Something went wrong here."
SURPRISE_STEP = "Your documents are safe. Reload the page; if it happens again, the log says what it was."


def heading(title: str, intro: str = "") -> None:
    """A page's title and one line on what it is for."""
    with st.container(key="page_heading", gap=None):
        st.title(title, anchor=False)
        if intro:
            st.caption(intro)


def empty(icon: str, title: str, text: str) -> None:
    """An empty state: what would be here, and how it gets here."""
    with st.container(key=f"empty_{abs(hash(title))}", horizontal_alignment="center", gap="xxsmall"):
        st.markdown(f"# {icon}", text_alignment="center", anchors=False)
        st.markdown(f"**{title}**", text_alignment="center")
        st.caption(text, text_alignment="center")


def explain(error: BaseException) -> None:
    """Show a failure: what happened, and the next step. What we did not expect is logged and said calmly."""
    if isinstance(error, QuellwerkError):
        sentence, step = error.sentence, error.next_step
        st.warning(f"**{in_markdown(sentence)}** {in_markdown(step)}".strip(), icon=":material/info:")
        return
    log.error("A page failed", exc_info=error)
    st.error(f"**{SURPRISE}** {SURPRISE_STEP}", icon=":material/error:")


def guarded(draw: Callable[P, None]) -> Callable[P, None]:
    """For fragments, dialogs and pages: a failure becomes a message in their place."""

    @functools.wraps(draw)
    def safely(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except Exception as error:
            explain(error)

    return safely


def on_script_error(error: Exception) -> bool:
    """For `st.App`: failures outside of our own guards (callbacks) are shown in the same way."""
    explain(error)
    return True


def is_open() -> bool:
    """True when the workbench is open. Otherwise draws the starting state, or why it did not open."""
    door = services.door()
    if door.wait(1.5):
        try:
            return door.workbench is not None
        except QuellwerkError as error:
            heading("Quellwerk did not start")
            explain(error)
            return False
    heading("Starting", "The workbench is being opened. This page goes on by itself.")
    st.skeleton(height=160)
    _look_again()
    return False


@st.fragment(run_every=0.7)
def _look_again() -> None:
    if services.door().wait(0):
        st.rerun()
