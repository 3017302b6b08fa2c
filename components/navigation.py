"""The pages there are, and the ways from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import streamlit as st

PAGES = Path(__file__).resolve().parent.parent / "pages"

_LISTED = (
    ("home", "Home", ":material/home:"),
    ("upload", "Upload", ":material/upload_file:"),
    ("library", "Library", ":material/library_books:"),
    ("chat", "Chat", ":material/forum:"),
)


def pages() -> list[st.Page]:
    """Every page, in the order of the menu. Absolute paths, so that it does not matter where we were started."""
    return [
        st.Page(PAGES / f"{name}.py", title=title, icon=icon, default=name == "home", url_path=name)
        for name, title, icon in _LISTED
    ]


def go(name: str, parameters: Mapping[str, str] | None = None) -> NoReturn:
    """Open another page. Not from a callback: Streamlit forbids it there."""
    st.switch_page(PAGES / f"{name}.py", query_params=dict(parameters or {}))


def link(name: str, label: str, icon: str, parameters: Mapping[str, str] | None = None) -> None:
    """A link to another page, a real one: it can be opened in a new tab."""
    st.page_link(PAGES / f"{name}.py", label=label, icon=icon, query_params=dict(parameters or {}))
