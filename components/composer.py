"""Where a question is written: which agent answers, which documents are asked, the question itself."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import streamlit as st

from components import state
from components.escape import in_markdown, shorten
from components.wording import count
from core.answering.agents import AGENTS, AgentCard

if TYPE_CHECKING:
    from core.workbench import Workbench

MANY = 500  # documents that are offered at once
LONGEST = 4000  # characters of a question


def composer(workbench: Workbench) -> str | None:
    """Draw the composer at the foot of the page. Returns a question that was just sent, or put on another page."""
    with st.bottom, st.container(key="chat_composer", gap="xxsmall"):
        with st.container(key="chat_choices", horizontal=True, gap="small", vertical_alignment="center"):
            _agent(workbench)
            _scope(workbench)
        question = st.chat_input(
            "Ask your documents", key="chat_question", submit_mode="stop", max_chars=LONGEST, height="content"
        )
    pending = state.take(state.CHAT_PENDING)
    asked = question or (str(pending) if pending else "")
    return asked.strip() or None


def _agents(workbench: Workbench) -> list[AgentCard]:
    """The agents there are; those that always are while the workbench is still opening, so that nothing waits."""
    return workbench.asker.agents() if workbench.ready(0) else [agent.card for agent in AGENTS]


def _agent(workbench: Workbench) -> None:
    agents = {item.name: item for item in _agents(workbench)}
    names = list(agents)
    current = st.session_state.get(state.CHAT_AGENT)
    chosen = st.selectbox(
        "Agent",
        names,
        index=names.index(current) if current in names else 0,
        key="chat_agent_choice",
        label_visibility="collapsed",
        help=None,
        width=170,
        format_func=lambda name: str(name).capitalize(),
    )
    state.keep(state.CHAT_AGENT, chosen)


def _scope(workbench: Workbench) -> None:
    chosen: list[str] = state.kept(state.CHAT_SCOPE, list)
    label = count(len(chosen), "document") if chosen else "All documents"
    with st.popover(label, icon=":material/filter_list:", key="chat_scope_popover"):
        names = _offered(workbench, chosen)
        picked = st.multiselect(
            "Ask only these documents",
            list(names),
            default=[item for item in chosen if item in names],
            format_func=lambda item: shorten(names.get(str(item), ""), 60),
            placeholder="All documents",
            key="chat_scope_choice",
        )
        if picked != chosen:
            state.keep(state.CHAT_SCOPE, list(picked))
            st.rerun()
        for agent in _agents(workbench):
            st.caption(f"**{in_markdown(agent.name.capitalize())}**: {in_markdown(agent.purpose)}")


def _offered(workbench: Workbench, chosen: list[str]) -> dict[str, str]:
    """Documents to choose from, by id: all of them while they are few, else what is chosen and what a search finds."""
    names = {item.id: item.name for item in workbench.library.documents()}
    if len(names) <= MANY:
        return names
    text = st.text_input("Find", key="chat_scope_find", placeholder="Words of the name", icon=":material/search:")
    words = (text or "").casefold().split()
    found = (item for item in names if all(word in names[item].casefold() for word in words))
    return {item: names[item] for item in [*(item for item in chosen if item in names), *islice(found, MANY)]}
