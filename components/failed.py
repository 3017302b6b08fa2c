"""What can be done about a document that failed: its password, another try."""

from __future__ import annotations

import streamlit as st

from components import services
from components.escape import in_markdown
from components.frame import explain
from core.errors import QuellwerkError
from core.records import Document

OFFICE = (".docx", ".xlsx", ".pptx", ".doc", ".xls", ".ppt")  # encrypted ones have to be saved without a password


def needs_password(document: Document) -> bool:
    """True when the document failed because it is encrypted, and is of a kind that a password opens."""
    return document.error_type == "PasswordNeeded" and not document.name.lower().endswith(OFFICE)


def failed_document(document: Document, prefix: str) -> None:
    """Draw why it failed with the next step: a field for the password, or a button for another try. `prefix` keeps
    the widgets of several places apart."""
    st.markdown(f":material/error: {in_markdown(document.error or 'It could not be read.')}")
    if needs_password(document):
        _password(document, prefix)
    elif st.button("Try again", key=f"{prefix}_retry_{document.id}", icon=":material/refresh:"):
        retry(document.id)
        st.rerun()


def retry(document_id: str) -> None:
    """Put a document's failed work back into the queue. A failure is shown."""
    try:
        services.get_workbench().jobs.retry(document_id)
    except QuellwerkError as error:
        explain(error)


def cancel(document_id: str) -> None:
    """Stop the work on a document. A failure is shown."""
    try:
        with st.spinner("Stopping…"):
            services.get_workbench().jobs.cancel(document_id)
    except QuellwerkError as error:
        explain(error)


def _password(document: Document, prefix: str) -> None:
    with st.form(f"{prefix}_unlock_{document.id}", border=False):
        field, send = st.columns([3, 1], vertical_alignment="bottom")
        password = field.text_input(
            "Password", type="password", key=f"{prefix}_password_{document.id}", placeholder="Password of this file"
        )
        sent = send.form_submit_button("Unlock", type="primary", icon=":material/lock_open:", width="stretch")
    if not sent:
        return
    if not password:
        st.caption("Type the password of the file first.")
        return
    try:
        services.get_workbench().library.unlock(document.id, password)
    except QuellwerkError as error:
        explain(error)
        return
    st.rerun()
