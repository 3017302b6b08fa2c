"""One document: its pages, passages, details and versions, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components import services, state
from components.document_row import badge, document_link
from components.escape import in_markdown, shorten
from components.failed import cancel, failed_document, retry
from components.frame import explain, guarded
from components.navigation import go
from components.pictures import page_picture
from components.reading import blocks_html
from components.removal import confirm_removal
from components.wording import ago, count, duration, kind_name, language_name, progress, size
from core.errors import QuellwerkError
from core.reading.registry import DRAWN
from core.records import FINAL, Chunk, Document, DocumentStatus

if TYPE_CHECKING:
    from core.workbench import Workbench

PAGES, PASSAGES, DETAILS, VERSIONS = "Pages", "Passages", "Details", "Versions"
SECTIONS_SHOWN = 8
PASSAGES_SHOWN = 20
METADATA_LENGTH = 500


def document_page(workbench: Workbench, document: Document) -> None:
    """Draw the document that the address names."""
    if st.button("Library", key="document_back", icon=":material/arrow_back:", type="tertiary"):
        state.set_parameter(state.DOCUMENT_PARAMETER, "")
        st.rerun()
    with st.container(key="document_heading", gap="xxsmall"):
        st.title(in_markdown(shorten(document.title or document.name, 140)), anchor=False)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            badge(document)
            st.caption(_under_title(document))
    _actions(workbench, document)
    if document.status not in FINAL and document.status != DocumentStatus.SEARCHABLE:
        st.fragment(run_every=1)(_live)(document.id)
    elif document.status == DocumentStatus.FAILED:
        with st.container(border=True):
            failed_document(document, "document")
    elif document.error:
        st.warning(in_markdown(document.error), icon=":material/warning:")
    view = st.segmented_control(
        "View",
        [PAGES, PASSAGES, DETAILS, VERSIONS],
        default=PAGES,
        key="document_view",
        required=True,
        label_visibility="collapsed",
    )
    views = {PAGES: _pages, PASSAGES: _passages, DETAILS: _details, VERSIONS: _versions}
    guarded(views[view or PAGES])(workbench, document)


def _under_title(document: Document) -> str:
    parts = [in_markdown(shorten(document.name, 120))] if document.title and document.title != document.name else []
    parts += [kind_name(document.kind), size(document.size)]
    parts += [count(document.pages, "page")] if document.pages else []
    parts += [language_name(document.language)] if document.language else []
    return " · ".join([*parts, f"added {ago(document.added_at)}"])


def _actions(workbench: Workbench, document: Document) -> None:
    with st.container(key="document_actions", horizontal=True, gap="small"):
        silent = document.status == DocumentStatus.FAILED and not document.chunks
        if not silent and st.button("Ask this document", key="document_ask", icon=":material/forum:", type="primary"):
            state.keep(state.CHAT_SCOPE, [document.id])
            go("chat")
        st.download_button(
            "Original",
            data=lambda: workbench.library.original(document.id)[1].read_bytes(),
            file_name=document.name,
            key="document_original",
            icon=":material/download:",
            on_click="ignore",
        )
        if document.status not in FINAL and st.button("Cancel", key="document_cancel", icon=":material/cancel:"):
            cancel(document.id)
            st.rerun()
        again = (DocumentStatus.PARTIAL, DocumentStatus.CANCELLED)
        if document.status in again and st.button("Try again", key="document_retry", icon=":material/refresh:"):
            retry(document.id)
            st.rerun()
        if st.button("Delete", key="document_delete", icon=":material/delete:"):
            confirm_removal(workbench, [document])


@guarded
def _live(document_id: str) -> None:
    document = services.get_workbench().library.document(document_id)
    if document.status in FINAL or document.status == DocumentStatus.SEARCHABLE:
        st.rerun()
    done, words = progress(document)
    st.progress(done, text="Waiting for its turn" if document.status == DocumentStatus.QUEUED else words)


def _pages(workbench: Workbench, document: Document) -> None:
    if document.kind in DRAWN and document.pages:
        _paged(workbench, document, document.pages)
        return
    sections = workbench.library.pages(document.id, start=1, limit=SECTIONS_SHOWN + 1)
    if not sections:
        st.caption("There is no text to show yet." if document.status not in FINAL else "There is no text to show.")
        return
    start = 1
    if document.pages and document.pages > SECTIONS_SHOWN:
        page = st.pagination(-(-document.pages // SECTIONS_SHOWN), key=f"document_sections_{document.id}")
        start = 1 + (page - 1) * SECTIONS_SHOWN
    elif len(sections) > SECTIONS_SHOWN:
        step = st.number_input("From section", min_value=1, value=1, step=SECTIONS_SHOWN, key="document_section")
        start = int(step)
    if start > 1:
        sections = workbench.library.pages(document.id, start=start, limit=SECTIONS_SHOWN)
    for section in sections[:SECTIONS_SHOWN]:
        if document.pages or section.label:
            st.caption(in_markdown(section.label) or f"Page {section.number}")
        st.html(blocks_html(section.blocks))


def _paged(workbench: Workbench, document: Document, pages: int) -> None:
    number = st.pagination(pages, key=f"document_page_{document.id}") if pages > 1 else 1
    picture, text = st.columns([6, 5], gap="medium")
    with picture:
        guarded(page_picture)(workbench, document, number)
    with text:
        found = workbench.library.pages(document.id, start=number, limit=1)
        if not found or not found[0].blocks:
            reason = found[0].error if found else ""
            st.caption(in_markdown(reason) or "No text was found on this page.")
            return
        if found[0].method == "ocr":
            st.caption(":material/document_scanner: Read from the picture (OCR)")
        st.html(blocks_html(found[0].blocks))


def _passages(workbench: Workbench, document: Document) -> None:
    if not document.chunks:
        st.caption("There are no passages yet." if document.status not in FINAL else "There are no passages.")
        return
    page = 1
    if document.chunks > PASSAGES_SHOWN:
        page = st.pagination(-(-document.chunks // PASSAGES_SHOWN), key=f"document_passages_{document.id}")
    for chunk in workbench.library.chunks(document.id, offset=(page - 1) * PASSAGES_SHOWN, limit=PASSAGES_SHOWN):
        with st.container(border=True, gap="xxsmall"):
            st.caption(_over_passage(chunk))
            st.html(blocks_html([chunk]))


def _over_passage(chunk: Chunk) -> str:
    parts = [f"**{chunk.ordinal + 1}**"]
    if chunk.page:
        last = f"–{chunk.page_end}" if chunk.page_end and chunk.page_end != chunk.page else ""
        parts.append(f"page {chunk.page}{last}")
    if chunk.heading:
        parts.append(in_markdown(shorten(chunk.heading, 120)))
    return " · ".join([*parts, count(chunk.tokens, "token")])


def _details(_: Workbench, document: Document) -> None:
    rows: list[tuple[str, object]] = [
        ("File name", document.name),
        ("Title", document.title),
        ("Kind", kind_name(document.kind)),
        ("Size", f"{size(document.size)} ({document.size:,} bytes)"),
        ("Pages", document.pages),
        ("Passages", f"{document.chunks:,}" + (f", {document.chunks_failed:,} failed" * bool(document.chunks_failed))),
        ("Language", language_name(document.language)),
        ("Added", document.added_at.replace("T", " ").replace("Z", " UTC")),
        ("Work", duration(document.seconds) if document.seconds else ""),
        ("Version", document.version),
        ("Content (SHA-256)", document.content_hash),
        ("Id", document.id),
        *((str(name), value) for name, value in document.metadata.items()),
    ]
    lines = [f"| {in_markdown(name)} | {_value(value)} |" for name, value in rows if value not in (None, "", [], {})]
    st.markdown("\n".join(["| | |", "|---|---|", *lines]))


def _value(value: object) -> str:
    return in_markdown(shorten(str(value), METADATA_LENGTH))


def _versions(workbench: Workbench, document: Document) -> None:
    try:
        versions = workbench.library.versions(document.id)
    except QuellwerkError as error:
        explain(error)
        return
    if document.parent_id:
        st.caption("Found inside another document:")
        document_link(workbench.library.document(document.parent_id))
    for item in versions:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            current = " · current" if item.version == document.version else ""
            st.markdown(f"**Version {item.version}**{current}")
            st.caption(" · ".join([size(item.size), count(item.chunks, "passage"), f"added {ago(item.added_at)}"]))
            badge(item)
