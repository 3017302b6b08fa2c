"""Upload: drop many files or a folder, and watch each become searchable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from components import services, state
from components.frame import explain, heading
from components.receipts import receipts
from components.wording import count
from core.errors import QuellwerkError
from core.library import Upload
from core.records import Receipt

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

FILES, FOLDER = "Files", "A folder"
FORMATS = "PDF, Word, PowerPoint, Excel, OpenDocument, HTML, Markdown, CSV, e-mail, EPUB, text, code, images, JSONL"


def upload() -> None:
    """Draw the page."""
    heading("Add documents", "They stay on this machine. Each is searchable as soon as it has been read.")
    with st.container(key="upload_drop"):
        kind = st.segmented_control("What to add", [FILES, FOLDER], default=FILES, key="upload_kind", required=True)
        drop = state.kept(state.UPLOAD_ROUND, int)
        given = st.file_uploader(
            "Drop files here" if kind == FILES else "Choose a folder, or drop it here",
            accept_multiple_files=True if kind == FILES else "directory",
            key=f"upload_files_{drop}_{kind}",
        )
        st.caption(f"{FORMATS}. The kind is found by looking inside, not by the name.")
    if given:
        _take_in(given)
    receipts()


def _take_in(files: Sequence[UploadedFile]) -> None:
    """Hand the files to the library, keep the receipts, and start the next drop with an empty field (which also frees
    the memory the browser's files took)."""
    library = services.get_workbench().library
    taken: list[Receipt] = []
    with st.spinner(f"Taking in {count(len(files), 'file')}…", show_time=True):
        for file in files:
            try:
                taken += library.add([Upload(file.name, file)])
            except QuellwerkError as error:
                explain(error)
    state.keep(state.UPLOAD_RECEIPTS, taken + state.kept(state.UPLOAD_RECEIPTS, list))
    state.keep(state.UPLOAD_ROUND, state.kept(state.UPLOAD_ROUND, int) + 1)
    st.rerun()
