"""Every session key, prefixed by its page, and the little that is kept under it.

Only what belongs to this browser tab is kept: drafts, selections, the receipts of the last batch. What must survive a
reload is in the address (`?document=`, `?conversation=`) or in the catalog.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import streamlit as st

UPLOAD_RECEIPTS = "upload_receipts"  # list[Receipt] of this tab's drops, newest first
UPLOAD_ROUND = "upload_round"  # counts drops; part of the uploader's key, so that each drop starts with an empty one
LIBRARY_SELECTED = "library_selected"  # set[str] of document ids
LIBRARY_FILTERS = "library_filters"  # the last filter values, kept over a page change
CHAT_PENDING = "chat_pending"  # a question put on another page, to be asked on Chat
CHAT_SCOPE = "chat_scope"  # list[str] of document ids to ask; empty: all
CHAT_AGENT = "chat_agent"  # name of the chosen agent
CHAT_SOURCE = "chat_source"  # OpenSource: the citation that is open beside the answer
CHAT_CHIP = "chat_chip"  # the chip that was just clicked: its message's id, a dash, its number
CHAT_ASKING = "chat_asking"  # set while an answer is made; still set afterwards when the person stopped it
CHAT_SHOWN = "chat_shown"  # how many turns of a long conversation are drawn

DOCUMENT_PARAMETER = "document"
CONVERSATION_PARAMETER = "conversation"

T = TypeVar("T")


def kept(key: str, make: Callable[[], T]) -> T:
    """The value under a session key, made when it is not there yet."""
    if key not in st.session_state:
        st.session_state[key] = make()
    return cast(T, st.session_state[key])


def keep(key: str, value: object) -> None:
    """Put a value under a session key."""
    st.session_state[key] = value


def take(key: str) -> object | None:
    """The value under a session key, which is forgotten by this."""
    return cast(object, st.session_state.pop(key, None))


def parameter(name: str) -> str:
    """A query parameter of the address, or an empty string."""
    return str(st.query_params.get(name, ""))


def set_parameter(name: str, value: str) -> None:
    """Put a query parameter into the address, or take it out when the value is empty."""
    if value:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]
