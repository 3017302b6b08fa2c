"""The dialog that says what a delete takes out before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components import state
from components.escape import in_markdown, shorten
from components.frame import explain
from components.wording import count
from core.errors import QuellwerkError
from core.records import Document, Removed

if TYPE_CHECKING:
    from core.workbench import Workbench

NAMED = 6


def said(removed: Removed) -> list[str]:
    """What a delete takes out of each store, in words; stores that lose nothing are left out."""
    figures = (
        (removed.files, "original file", ""),
        (removed.chunks, "passage", ""),
        (removed.vectors, "vector", ""),
        (removed.keywords, "entry in the word index", "entries in the word index"),
        (removed.contributions, "contribution to the graph", "contributions to the graph"),
        (removed.entities, "entity nobody else mentions", "entities nobody else mentions"),
        (removed.relations, "relation nobody else states", "relations nobody else states"),
    )
    return [count(number, one, many) for number, one, many in figures if number]


@st.dialog("Delete for good?", icon=":material/delete:")
def confirm_removal(workbench: Workbench, documents: list[Document]) -> None:
    """Name what will go, and delete it on request."""
    ids = [item.id for item in documents]
    try:
        removed = workbench.library.removal(ids)
    except QuellwerkError as error:
        explain(error)
        return
    for item in documents[:NAMED]:
        st.markdown(f"**{in_markdown(shorten(item.name, 90))}**")
    if len(documents) > NAMED:
        st.markdown(f"and {count(len(documents) - NAMED, 'more document')}")
    parts = said(removed)
    if parts:
        st.markdown("This removes")
        st.markdown("\n".join(f"- {part}" for part in parts))
    st.caption("Answers already given keep their words, but their sources can no longer be opened. No undo.")
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if st.button("Keep", key="removal_keep"):
            st.rerun()
        if st.button("Delete", key="removal_delete", type="primary", icon=":material/delete:"):
            _remove(workbench, ids)


def _remove(workbench: Workbench, ids: list[str]) -> None:
    try:
        with st.spinner("Deleting…"):
            deleted, _ = workbench.library.delete(ids)
    except QuellwerkError as error:
        explain(error)
        return
    state.kept(state.LIBRARY_SELECTED, set).difference_update(deleted)
    if state.parameter(state.DOCUMENT_PARAMETER) in deleted:
        state.set_parameter(state.DOCUMENT_PARAMETER, "")
    st.toast(f"{count(len(deleted), 'document')} deleted", icon=":material/delete:")
    st.rerun()
