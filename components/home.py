"""Home: what is here, what is being worked on, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components import services, state
from components.document_row import document_link, progress_row
from components.examples import example_questions
from components.frame import empty, guarded, heading
from components.navigation import go, link
from components.wording import STATES, count, facts
from core.records import Document, DocumentStatus

if TYPE_CHECKING:
    from core.workbench import Workbench

RECENT = 6
AT_WORK = 5
UNFINISHED = (DocumentStatus.QUEUED, DocumentStatus.RUNNING)


def home() -> None:
    """Draw the page."""
    workbench = services.get_workbench()
    documents = workbench.library.documents()
    heading("Your library", "Ask your documents, and see where every sentence of an answer comes from.")
    if not documents:
        _first_steps()
        return
    _ask(workbench, documents)
    _figures(documents)
    recent, work = st.columns([3, 2], gap="large")
    with recent:
        _recent(documents)
    with work:
        st.subheader("Being worked on", anchor=False)
        busy = any(document.status in UNFINISHED for document in documents)
        st.fragment(run_every=1 if busy else 5)(_at_work)()


def _ask(workbench: Workbench, documents: list[Document]) -> None:
    with st.container(key="home_ask", border=True):
        question = st.chat_input("Ask your documents", key="home_question")
        st.caption("For example")
        with st.container(key="home_examples", horizontal=True, gap="small"):
            for number, example in enumerate(example_questions(workbench, documents)):
                if st.button(example.label, key=f"home_example_{number}", icon=":material/arrow_outward:", wrap=True):
                    question = example.question
    if question:
        state.keep(state.CHAT_PENDING, question)
        go("chat")


def _figures(documents: list[Document]) -> None:
    ready = [item for item in documents if item.status in (DocumentStatus.DONE, DocumentStatus.PARTIAL)]
    failed = sum(item.status == DocumentStatus.FAILED for item in documents)
    with st.container(key="home_figures", horizontal=True, gap="small"):
        st.metric("Documents", f"{len(documents):,}", border=True)
        st.metric("Ready to ask", f"{len(ready):,}", border=True)
        st.metric("Pages", f"{sum(item.pages or 0 for item in documents):,}", border=True)
        st.metric("Passages", f"{sum(item.chunks for item in documents):,}", border=True)
    with st.container(key="home_next", horizontal=True, gap="small"):
        link("upload", "Add documents", ":material/upload_file:")
        link("library", "Open the library", ":material/library_books:")
        if failed:
            link("library", f"See {count(failed, 'failed document')}", ":material/error:", {"status": "failed"})


@guarded
def _at_work() -> None:
    documents = [item for item in services.get_workbench().library.documents() if item.status in UNFINISHED]
    documents.sort(key=lambda item: item.status != DocumentStatus.RUNNING)
    if not documents:
        st.caption(":material/done_all: Nothing. Every document has been read.")
        return
    for document in documents[:AT_WORK]:
        progress_row(document)
    if len(documents) > AT_WORK:
        st.caption(f"and {count(len(documents) - AT_WORK, 'more document')}")


def _recent(documents: list[Document]) -> None:
    st.subheader("Recently added", anchor=False)
    newest = sorted(documents, key=lambda item: item.added_at, reverse=True)[:RECENT]
    for document in newest:
        with st.container(key=f"home_recent_{document.id}", gap=None):
            document_link(document)
            look = STATES[document.status]
            words = "" if document.status == DocumentStatus.DONE else f" · :{look.color}[{look.words}]"
            st.caption(facts(document) + words)


def _first_steps() -> None:
    with st.container(key="home_empty", border=True):
        empty(
            ":material/waves:",
            "Nothing here yet",
            "Drop PDF, Word, Excel, e-mail, web pages, images or text. Seconds later you can ask them.",
        )
        with st.container(horizontal=True, horizontal_alignment="center"):
            if st.button("Add documents", key="home_upload", type="primary", icon=":material/upload_file:"):
                go("upload")
