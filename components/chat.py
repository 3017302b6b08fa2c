"""Chat: a kept conversation, an answer that appears as it is made, and the source of each sentence beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from components import services, state
from components.answer import answer_view, question_view
from components.asking import ask
from components.chips import watch_chips
from components.composer import composer
from components.conversations import conversation_list, conversation_menu
from components.escape import in_markdown, shorten
from components.examples import example_questions
from components.frame import empty, explain, heading
from components.source import OpenSource, source_panel
from core.errors import QuellwerkError
from core.records import Conversation, Message

if TYPE_CHECKING:
    from core.workbench import Workbench

SHOWN = 20


def chat() -> None:
    """Draw the page."""
    workbench = services.get_workbench()
    conversation = _conversation(workbench)
    messages = workbench.chats.messages(conversation.id) if conversation else []
    with st.sidebar:
        conversation_list(workbench, conversation)
    watch_chips(messages)
    request = composer(workbench)
    opened: OpenSource | None = st.session_state.get(state.CHAT_SOURCE)
    if opened and (conversation is None or opened.conversation_id != conversation.id):
        opened = None
    if opened is None:
        with st.container(key="chat_alone"):
            _dialogue(workbench, conversation, messages, request)
        return
    talk, source = st.columns([1, 1], gap="large")
    with source, st.container(key="chat_source"):
        source_panel(workbench, opened)
    with talk, st.container(key="chat_beside"):
        _dialogue(workbench, conversation, messages, request)


def _conversation(workbench: Workbench) -> Conversation | None:
    wanted = state.parameter(state.CONVERSATION_PARAMETER)
    if not wanted:
        return None
    try:
        return workbench.chats.get(wanted)
    except QuellwerkError as error:
        state.set_parameter(state.CONVERSATION_PARAMETER, "")
        explain(error)
        return None


def _dialogue(
    workbench: Workbench, conversation: Conversation | None, messages: list[Message], request: str | None
) -> None:
    if conversation is None and not request:
        _welcome(workbench)
        return
    with st.container(key="chat_heading", horizontal=True, vertical_alignment="center", wrap=False):
        title = conversation.title if conversation else request or ""
        st.markdown(f"**{in_markdown(shorten(title or 'Conversation', 90))}**", width="stretch")
        if conversation:
            conversation_menu(workbench, conversation)
    shown = state.kept(state.CHAT_SHOWN, lambda: SHOWN)
    if len(messages) > shown and st.button("Show earlier turns", key="chat_earlier", icon=":material/history:"):
        state.keep(state.CHAT_SHOWN, shown + SHOWN)
        st.rerun()
    for message in messages[-shown:]:
        if message.role == "user":
            question_view(message.text)
        else:
            answer_view(message)
    if request:
        ask(workbench, conversation, request)


def _welcome(workbench: Workbench) -> None:
    documents = workbench.library.documents()
    heading("Chat")
    if not documents:
        empty(":material/forum:", "Nothing to ask yet", "Add documents first; then ask them anything.")
        return
    empty(
        ":material/forum:",
        "Ask your documents",
        "Every sentence of an answer carries the number of its source. Open it to see the place on its page.",
    )
    with st.container(key="chat_examples", horizontal_alignment="center"):
        for number, example in enumerate(example_questions(workbench, documents)):
            if st.button(example.label, key=f"chat_example_{number}", icon=":material/arrow_outward:", wrap=True):
                state.keep(state.CHAT_PENDING, example.question)
                st.rerun()
