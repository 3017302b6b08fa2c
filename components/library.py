"""Library: find a document among thousands, open it, delete it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components import services, state
from components.document import document_page
from components.document_row import badge, document_link
from components.escape import in_markdown, shorten
from components.filters import Filters, choose, filter_bar
from components.frame import empty, explain, heading
from components.navigation import go
from components.removal import confirm_removal
from components.wording import count, facts
from core.errors import QuellwerkError
from core.records import Document, DocumentStatus

if TYPE_CHECKING:
    from core.workbench import Workbench

PER_PAGE = 25


def library() -> None:
    """Draw the page: one document when the address names one, else the list."""
    workbench = services.get_workbench()
    wanted = state.parameter(state.DOCUMENT_PARAMETER)
    if not wanted:
        _list(workbench)
        return
    try:
        document = workbench.library.document(wanted)
    except QuellwerkError as error:
        heading("Library")
        explain(error)
        if st.button("Show all documents", key="library_all", icon=":material/arrow_back:"):
            state.set_parameter(state.DOCUMENT_PARAMETER, "")
            st.rerun()
        return
    document_page(workbench, document)


def _list(workbench: Workbench) -> None:
    documents = workbench.library.documents()
    heading("Library", f"{count(len(documents), 'document')}, each with its pages, passages and versions.")
    if not documents:
        empty(":material/library_books:", "The library is empty", "What you add appears here, ready to be opened.")
        with st.container(horizontal=True, horizontal_alignment="center"):
            if st.button("Add documents", key="library_upload", type="primary", icon=":material/upload_file:"):
                go("upload")
        return
    filters = filter_bar(documents)
    found = choose(documents, filters)
    if not found:
        empty(":material/filter_alt_off:", "No document fits these filters", "Widen the filters to see more.")
        return
    page = _page_number(len(found), filters)
    shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    _selection_bar(workbench, documents, found)
    selected = state.kept(state.LIBRARY_SELECTED, set[str])
    with st.container(key="library_rows", gap=None):
        for document in shown:
            _row(document, selected)
    if len(found) > PER_PAGE:
        with st.container(horizontal=True, horizontal_alignment="center"):
            st.pagination(-(-len(found) // PER_PAGE), key=_page_key(filters))


def _page_key(filters: Filters) -> str:
    return f"library_page_{hash(filters)}"  # other filters start on their first page


def _page_number(found: int, filters: Filters) -> int:
    last = max(1, -(-found // PER_PAGE))
    return min(int(st.session_state.get(_page_key(filters)) or 1), last)


def _row(document: Document, selected: set[str]) -> None:
    key = f"library_check_{document.id}"
    with st.container(key=f"library_row_{document.id}", horizontal=True, vertical_alignment="center", gap="small"):
        st.checkbox(
            f"Select {in_markdown(shorten(document.name, 60))}",
            value=document.id in selected,
            key=key,
            on_change=_tick,
            args=(document.id,),
            label_visibility="collapsed",
            width="content",
        )
        with st.container(key=f"library_name_{document.id}", gap=None):
            document_link(document)
            st.caption(facts(document))
            if document.status == DocumentStatus.FAILED and document.error:
                st.caption(f":red[{in_markdown(shorten(document.error, 140))}]")
        badge(document)


def _selection_bar(workbench: Workbench, documents: list[Document], found: list[Document]) -> None:
    """What can be done with the ticked documents."""
    selected = state.kept(state.LIBRARY_SELECTED, set[str])
    if selected:
        selected &= {item.id for item in documents}  # what was deleted elsewhere meanwhile
    with st.container(key="library_selection", horizontal=True, vertical_alignment="center", gap="small"):
        if not selected:
            more = f" of {len(documents):,}" if len(found) < len(documents) else ""
            st.caption(f"{len(found):,}{more} shown. Tick documents to ask or delete several at once.")
            return
        st.markdown(f"**{len(selected):,} selected**")
        if st.button("Ask these", key="library_ask", icon=":material/forum:"):
            state.keep(state.CHAT_SCOPE, sorted(selected))
            go("chat")
        if st.button("Delete", key="library_delete", icon=":material/delete:"):
            confirm_removal(workbench, [item for item in documents if item.id in selected])
        st.button("Clear", key="library_clear", type="tertiary", on_click=_clear, args=(sorted(selected),))


def _tick(document_id: str) -> None:
    selected = state.kept(state.LIBRARY_SELECTED, set[str])
    ticked = bool(st.session_state.get(f"library_check_{document_id}"))
    (selected.add if ticked else selected.discard)(document_id)


def _clear(selected: list[str]) -> None:
    state.keep(state.LIBRARY_SELECTED, set())
    for document_id in selected:
        st.session_state.pop(f"library_check_{document_id}", None)
