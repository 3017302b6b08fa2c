"""What became of each dropped file, live until every one has come to its end."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from components import services, state
from components.document_row import document_link
from components.escape import in_markdown, shorten
from components.failed import failed_document
from components.frame import guarded
from components.wording import count, facts, progress
from components.wording import state as look_of
from core.records import FINAL, Document, DocumentStatus, Receipt

SHOWN = 25


@dataclass(frozen=True, slots=True)
class Line:
    """A receipt with its document as it is now (None: refused, or deleted since)."""

    receipt: Receipt
    document: Document | None

    @property
    def status(self) -> DocumentStatus:
        """The document's state now; the receipt's own when there is no document of its own."""
        if self.document is not None and not self.receipt.duplicate_of:
            return self.document.status
        return self.receipt.status

    @property
    def ended(self) -> bool:
        """True when nothing more will happen to it."""
        return self.document is None or self.status in FINAL


def receipts() -> None:
    """Draw this tab's receipts. The list renews itself every second while something is going on."""
    kept: list[Receipt] = state.kept(state.UPLOAD_RECEIPTS, list)
    if not kept:
        return
    live = not all(line.ended for line in _lines(kept))
    st.fragment(run_every=1 if live else None)(_list)(live)


@guarded
def _list(live: bool) -> None:
    lines = _lines(state.kept(state.UPLOAD_RECEIPTS, list))
    if live and all(line.ended for line in lines):
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.subheader("This visit", anchor=False, width="content")
        if st.button("Clear the list", key="upload_clear", type="tertiary", help="The documents stay in the library."):
            state.keep(state.UPLOAD_RECEIPTS, [])
            st.rerun()
    _summary(lines)
    page = st.pagination(-(-len(lines) // SHOWN), key="upload_page") if len(lines) > SHOWN else 1
    for number, line in enumerate(lines[(page - 1) * SHOWN : page * SHOWN], start=(page - 1) * SHOWN):
        with st.container(key=f"receipt_{len(lines) - number}", border=True, gap="xxsmall"):
            _row(line, number)


def _lines(kept: list[Receipt]) -> list[Line]:
    ids = [item.duplicate_of or item.document_id for item in kept]
    found = services.get_workbench().library.documents([item for item in ids if item])
    documents = {item.id: item for item in found}
    return [Line(item, documents.get(name or "")) for item, name in zip(kept, ids, strict=True)]


def _summary(lines: list[Line]) -> None:
    ended = sum(line.ended for line in lines)
    failed = sum(line.status == DocumentStatus.FAILED for line in lines)
    words = [f"{ended:,} of {count(len(lines), 'file')} finished"]
    if failed:
        words.append(f"{failed:,} failed")
    if ended < len(lines):
        st.progress(ended / len(lines), text=" · ".join(words))
    else:
        st.caption(" · ".join(words))


def _row(line: Line, number: int) -> None:
    document, look = line.document, look_of(line.status)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(key=f"receipt_name_{number}", gap=None):
            if document is None or line.receipt.duplicate_of:
                st.markdown(f"**{in_markdown(shorten(line.receipt.name, 80))}**")
            else:
                document_link(document)
        st.badge(look.words, icon=look.icon, color=look.color)  # type: ignore[arg-type]  # colours come from STATES
    if line.receipt.duplicate_of:
        if document is None:
            st.caption("The same content was here already; that document has been deleted since.")
        else:
            st.caption("The same content is in the library already, as")
            document_link(document)
    elif line.status == DocumentStatus.FAILED:
        if document is None:
            st.markdown(in_markdown(line.receipt.error or "It could not be taken in."))
        else:
            failed_document(document, f"receipt_{number}")
    elif document is None:
        st.caption(in_markdown(line.receipt.error or "It has been deleted since."))
    elif line.ended or line.status == DocumentStatus.SEARCHABLE:
        st.caption(facts(document))
    elif line.status == DocumentStatus.RUNNING:
        done, words = progress(document)
        st.progress(done, text=words)
    else:
        st.caption("Waiting for its turn")
