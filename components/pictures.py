"""Pictures of pages, cached so that turning back costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components.escape import clean, shorten

if TYPE_CHECKING:
    from core.records import Document
    from core.workbench import Workbench

WIDTH = 1100  # pixels; sharp at the widths we show it
KEPT = 48


def page_picture(
    workbench: Workbench, document: Document, page: int, *, chunk_id: str = "", quote: str = "", zoom: float = 1.0
) -> None:
    """Draw a page of a PDF or an image, with the passage highlighted when there is one. `zoom` 1.0 fits the column;
    above that the picture keeps its size and its frame scrolls."""
    picture = _render(workbench, document.id, document.version_id, page, chunk_id, quote, int(WIDTH * max(zoom, 1.0)))
    words = f"Page {page} of {shorten(clean(document.name), 80)}"
    with st.container(key="page_picture"):
        st.image(picture, width="stretch" if zoom <= 1.0 else int(640 * zoom), alt=words, output_format="PNG")


@st.cache_data(max_entries=KEPT, ttl=1800, show_spinner="Drawing the page…")
def _render(
    _workbench: Workbench, document_id: str, version_id: str, page: int, chunk_id: str, quote: str, width_px: int
) -> bytes:
    """`version_id` is part of the cache's key only."""
    del version_id
    return _workbench.sources.page_image(
        document_id, page, chunk_id=chunk_id or None, quote=quote or None, width_px=width_px
    )
