"""Finding documents in the list: by text, kind, state and language, in an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import streamlit as st

from components import state
from components.wording import STATES, kind_name, language_name
from core.records import Document, DocumentStatus

STATUS_PARAMETER = "status"

ORDERS: dict[str, tuple[Callable[[Document], object], bool]] = {
    "Newest first": (lambda item: item.added_at, True),
    "Oldest first": (lambda item: item.added_at, False),
    "Name": (lambda item: item.name.casefold(), False),
    "Largest first": (lambda item: item.size, True),
    "Most passages": (lambda item: item.chunks, True),
    "State": (lambda item: list(DocumentStatus).index(item.status), True),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked of the list. Empty means everything."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    order: str = "Newest first"


def choose(documents: Iterable[Document], filters: Filters) -> list[Document]:
    """The documents that fit, in order. Every word of the text must be in the name or the title."""
    words = filters.text.casefold().split()
    found = [
        item
        for item in documents
        if all(word in f"{item.name} {item.title}".casefold() for word in words)
        and (not filters.kinds or item.kind in filters.kinds)
        and (not filters.states or item.status in filters.states)
        and (not filters.languages or item.language in filters.languages)
    ]
    key, backwards = ORDERS[filters.order]
    return sorted(found, key=key, reverse=backwards)  # type: ignore[arg-type]  # each key gives one comparable type


def filter_bar(documents: list[Document]) -> Filters:
    """Draw the bar and return what it says. The values outlive a page change; `?status=` sets the state."""
    before: Filters = state.kept(state.LIBRARY_FILTERS, Filters)
    wanted = state.parameter(STATUS_PARAMETER)
    if wanted in STATES and "library_states" not in st.session_state:
        before = Filters(states=(wanted,))
    kinds = sorted({item.kind for item in documents if item.kind}, key=kind_name)
    states = [status for status in STATES if any(item.status == status for item in documents)]
    languages = sorted({item.language for item in documents if item.language}, key=language_name)
    with st.container(key="library_filters", horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            "Find", value=before.text, key="library_text", placeholder="Words of the name", icon=":material/search:"
        )
        order = st.selectbox("Order", list(ORDERS), index=list(ORDERS).index(before.order), key="library_order")
        chosen = (before.kinds, before.states, before.languages)
        number = sum(map(len, chosen))
        with st.popover(f"Filter · {number}" if number else "Filter", icon=":material/tune:", key="library_filter"):
            found = (
                _pills("Kind", kinds, before.kinds, kind_name, "library_kinds"),
                _pills("State", states, before.states, lambda status: STATES[status].words, "library_states"),
                _pills("Language", languages, before.languages, language_name, "library_languages"),
            )
    filters = Filters(text or "", *found, order=order)
    state.keep(state.LIBRARY_FILTERS, filters)
    if (filters.kinds, filters.states, filters.languages) != chosen:
        st.rerun()  # the button's label counts them
    return filters


def _pills(
    label: str, options: list[str], before: tuple[str, ...], say: Callable[[str], str], key: str
) -> tuple[str, ...]:
    if not options:
        return ()
    kept = [item for item in before if item in options]
    return tuple(st.pills(label, options, selection_mode="multi", default=kept, format_func=say, key=key) or ())
