"""A citation's source beside the answer: the page with the passage highlighted, or the passage in its context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from components import state
from components.document_row import document_link
from components.escape import in_markdown, shorten
from components.frame import guarded
from components.pictures import page_picture
from components.reading import context_html, quote_html
from core.records import Citation, Document

if TYPE_CHECKING:
    from core.workbench import Workbench

ZOOMS = (1.0, 1.5, 2.0)


@dataclass(frozen=True, slots=True)
class OpenSource:
    """Which citation of which answer is open."""

    conversation_id: str
    message_id: str
    citation: Citation

    @property
    def anchor(self) -> str:
        """The id of the element that shows its text."""
        return f"qw-source-{self.message_id}-{self.citation.n}"


def source_panel(workbench: Workbench, opened: OpenSource) -> None:
    """Draw the open source, with a way to close it."""
    citation = opened.citation
    with st.container(key="source_heading", horizontal=True, vertical_alignment="center", wrap=False):
        st.markdown(f"#### Source {citation.n}", anchors=False, width="stretch")
        if st.button(
            "Close",
            key="source_close",
            icon=":material/close:",
            type="tertiary",
            help="Close the source",
            shortcut="Esc",
        ):
            st.session_state.pop(state.CHAT_SOURCE, None)
            st.rerun()
    guarded(_source)(workbench, opened)


def _source(workbench: Workbench, opened: OpenSource) -> None:
    citation = opened.citation
    context = workbench.sources.context(citation.chunk_id)
    document_link(context.document, 60)
    place = [f"page {citation.page}"] if citation.page else []
    place += [in_markdown(context.label)] if context.label and not citation.page else []
    place += [in_markdown(shorten(citation.heading or context.chunk.heading, 120))]
    if any(place):
        st.caption(" · ".join(part for part in place if part))
    if context.has_page_image:
        _page(workbench, opened, context.document, citation.page or context.chunk.page or context.chunk.section)
    else:
        st.html(context_html(context.before, context.passage, context.after, citation.quote, opened.anchor))


def _page(workbench: Workbench, opened: OpenSource, document: Document, cited: int) -> None:
    key = f"source_page_{opened.message_id}_{opened.citation.n}"
    zoom_key = "source_zoom"
    page = int(st.session_state.get(key, cited))
    zoom = float(st.session_state.get(zoom_key, ZOOMS[0]))
    last = document.pages or cited

    def turn(to: int) -> None:
        st.session_state[key] = max(1, min(last, to))

    def magnify(step: int) -> None:
        st.session_state[zoom_key] = ZOOMS[max(0, min(len(ZOOMS) - 1, ZOOMS.index(zoom) + step))]

    with st.container(key="source_tools", horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.button(
            "Previous page", key="source_previous", icon=":material/chevron_left:", on_click=turn, args=(page - 1,),
            disabled=page <= 1,
        )  # fmt: skip
        st.caption(f"{page} of {last}")
        st.button(
            "Next page", key="source_next", icon=":material/chevron_right:", on_click=turn, args=(page + 1,),
            disabled=page >= last,
        )  # fmt: skip
        if page != cited:
            st.button("Cited page", key="source_cited", icon=":material/my_location:", on_click=turn, args=(cited,))
        st.button(
            "Smaller", key="source_smaller", icon=":material/zoom_out:", on_click=magnify, args=(-1,),
            disabled=zoom <= ZOOMS[0],
        )  # fmt: skip
        st.button(
            "Larger", key="source_larger", icon=":material/zoom_in:", on_click=magnify, args=(1,),
            disabled=zoom >= ZOOMS[-1],
        )  # fmt: skip
    shown = page == cited
    page_picture(
        workbench,
        document,
        page,
        chunk_id=opened.citation.chunk_id if shown else "",
        quote=opened.citation.quote if shown else "",
        zoom=zoom,
    )
    if shown and opened.citation.quote:
        st.caption("The passage")
        st.html(quote_html(opened.citation.quote))
