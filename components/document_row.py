"""A document in one or two lines, as the pages list it."""

from __future__ import annotations

import streamlit as st

from components.escape import in_markdown, shorten
from components.navigation import link
from components.state import DOCUMENT_PARAMETER
from components.wording import kind_icon, progress, state
from core.records import Document, DocumentStatus

NAME_LENGTH = 80


def label(document: Document, length: int = NAME_LENGTH) -> str:
    """The document's name, safe for labels and Markdown, cut in the middle when it is long."""
    return in_markdown(shorten(document.name, length))


def document_link(document: Document, length: int = NAME_LENGTH) -> None:
    """The document's name as a link to its place in the library."""
    link("library", label(document, length), kind_icon(document.kind), {DOCUMENT_PARAMETER: document.id})


def badge(document: Document) -> None:
    """The document's state as a small coloured word with its icon."""
    look = state(document.status)
    st.badge(look.words, icon=look.icon, color=look.color)  # type: ignore[arg-type]  # colours come from STATES


def progress_row(document: Document) -> None:
    """A document that is waiting or being worked on: name, stage, bar."""
    with st.container(key=f"progress_{document.id}", gap="xxsmall"):
        document_link(document)
        if document.status == DocumentStatus.QUEUED:
            st.caption(":material/schedule: Waiting for its turn")
        else:
            done, words = progress(document)
            st.progress(done, text=words)
