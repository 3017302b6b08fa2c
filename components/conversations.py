"""Kept conversations: the list in the sidebar, and what can be done with the open one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from components import state
from components.escape import in_markdown, shorten
from components.frame import explain
from components.navigation import link
from core.errors import QuellwerkError
from core.records import Conversation

if TYPE_CHECKING:
    from core.workbench import Workbench

LISTED = 40
RENAME, EXPORT, DELETE = "Rename", "Export", "Delete"
FORMS = (("Markdown", "markdown", "md", "text/markdown"), ("JSON", "json", "json", "application/json"))


def conversation_list(workbench: Workbench, current: Conversation | None) -> None:
    """Draw the list, newest activity first, with a field that searches it."""
    if st.button("New conversation", key="chat_new", icon=":material/add_comment:", width="stretch"):
        state.set_parameter(state.CONVERSATION_PARAMETER, "")
        st.rerun()
    text = st.text_input(
        "Find a conversation",
        key="chat_find",
        placeholder="Find a conversation",
        label_visibility="collapsed",
        icon=":material/search:",
    )
    found = workbench.chats.list(text or "")
    with st.container(key="chat_list", gap=None):
        for item in found[:LISTED]:
            label = in_markdown(shorten(item.title or "Conversation", 60))
            here = current is not None and item.id == current.id
            link(
                "chat",
                f"**{label}**" if here else label,
                ":material/chat_bubble:" if here else ":material/chat_bubble_outline:",
                {state.CONVERSATION_PARAMETER: item.id},
            )
    if not found:
        st.caption("Nothing found." if text else "Your conversations will be kept here.")
    elif len(found) > LISTED:
        st.caption(f"and {len(found) - LISTED:,} more; search to find them")


def conversation_menu(workbench: Workbench, conversation: Conversation) -> None:
    """Draw the menu of the open conversation."""
    chosen = st.menu_button(
        "Conversation", [RENAME, EXPORT, DELETE], icon=":material/more_horiz:", key="chat_menu", type="tertiary"
    )
    if chosen == RENAME:
        _rename(workbench, conversation)
    elif chosen == EXPORT:
        _export(workbench, conversation)
    elif chosen == DELETE:
        _delete(workbench, conversation)


def file_name(title: str) -> str:
    """A conversation's title as a harmless file name."""
    return re.sub(r"[^\w\- ]+", "", title).strip()[:60] or "conversation"


@st.dialog("Export the conversation", icon=":material/download:")
def _export(workbench: Workbench, conversation: Conversation) -> None:
    st.caption("Questions and answers with their sources.")
    with st.container(horizontal=True):
        for label, form, ending, mime in FORMS:
            st.download_button(
                label,
                data=_exported(workbench, conversation.id, form),
                file_name=f"{file_name(conversation.title)}.{ending}",
                mime=mime,
                key=f"chat_export_{form}",
                icon=":material/download:",
                on_click="ignore",
            )


def _exported(workbench: Workbench, conversation_id: str, form: str) -> Callable[[], str]:
    """Made when the button is pressed, not before."""
    return lambda: workbench.chats.export(conversation_id, form)


@st.dialog("Rename the conversation", icon=":material/edit:")
def _rename(workbench: Workbench, conversation: Conversation) -> None:
    with st.form("chat_rename_form", border=False):
        title = st.text_input("Title", value=conversation.title, max_chars=200, key="chat_rename_title")
        if not st.form_submit_button("Rename", type="primary"):
            return
    try:
        workbench.chats.rename(conversation.id, title.strip() or conversation.title)
    except QuellwerkError as error:
        explain(error)
        return
    st.rerun()


@st.dialog("Delete the conversation?", icon=":material/delete:")
def _delete(workbench: Workbench, conversation: Conversation) -> None:
    st.markdown(f"**{in_markdown(shorten(conversation.title, 90))}**")
    st.caption("Its questions and answers are removed. The documents stay. There is no undo.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep", key="chat_delete_no"):
            st.rerun()
        if st.button("Delete", key="chat_delete_yes", type="primary", icon=":material/delete:"):
            try:
                workbench.chats.delete(conversation.id)
            except QuellwerkError as error:
                explain(error)
                return
            state.set_parameter(state.CONVERSATION_PARAMETER, "")
            st.rerun()
