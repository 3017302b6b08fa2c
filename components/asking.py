"""Asking: the question is kept, the answer is drawn as it is made, and kept also when it is stopped half way."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import streamlit as st

from components import state
from components.answer import ANSWERER, question_view, stream_markdown
from components.frame import explain
from components.wording import count
from core.errors import QuellwerkError
from core.records import Conversation

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from core.workbench import Workbench

REDRAW = 0.05  # seconds between two drawings of an answer in the making
OPENING = 60.0  # seconds to wait for the indexes right after a start


def ask(workbench: Workbench, conversation: Conversation | None, question: str) -> None:
    """Ask, draw and keep. Ends with a rerun, after which the answer is drawn from what was kept."""
    st.session_state.pop(state.CHAT_ASKING, None)
    _redraw_when_stopped()
    state.keep(state.CHAT_ASKING, True)
    question_view(question)
    with st.chat_message("assistant", avatar=ANSWERER):
        place = st.empty()
        place.markdown(f":shimmer[{_waiting(workbench)}]")
    try:
        if conversation is None:
            conversation = workbench.chats.create()
            state.set_parameter(state.CONVERSATION_PARAMETER, conversation.id)
        st.session_state.pop(state.CHAT_SOURCE, None)
        _answer(workbench, conversation, question, place)
    except QuellwerkError as error:
        st.session_state.pop(state.CHAT_ASKING, None)
        with place.container():
            explain(error)
        return
    except Exception:
        st.session_state.pop(state.CHAT_ASKING, None)  # what went wrong is said by the page, and stays there
        raise
    st.session_state.pop(state.CHAT_ASKING, None)
    st.rerun()


@st.fragment(run_every=1)
def _redraw_when_stopped() -> None:
    """Stop ends the script where it is. This fragment comes to its turn after it, and draws what was kept."""
    if st.session_state.pop(state.CHAT_ASKING, False):
        st.rerun()


def _waiting(workbench: Workbench) -> str:
    scope = state.kept(state.CHAT_SCOPE, list[str])
    number = len(scope) or workbench.status().documents
    return f"Searching {count(number, 'document')}" if workbench.ready(0) else "Opening the indexes"


def _answer(workbench: Workbench, conversation: Conversation, question: str, place: DeltaGenerator) -> None:
    """Stream the answer into its place. The core keeps both turns, also when the person presses stop: that ends this
    script at the next drawing, `closing` ends the run, and the run keeps what it had said."""
    if not workbench.ready(OPENING):
        raise QuellwerkError("The indexes are still being opened.", "Ask again in a moment.")
    agent = str(st.session_state.get(state.CHAT_AGENT) or "")
    options = {"agent": agent} if agent else {}
    pieces = workbench.asker.ask(
        question,
        document_ids=state.kept(state.CHAT_SCOPE, list[str]),
        conversation_id=conversation.id,
        **options,
    )
    text, drawn = "", 0.0
    with closing(pieces):  # type: ignore[type-var]  # it is a generator
        for piece in pieces:
            if piece.type != "chunk":
                continue
            text += piece.text
            if time.perf_counter() - drawn >= REDRAW:
                place.markdown(stream_markdown(text))
                drawn = time.perf_counter()
