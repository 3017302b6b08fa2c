"""Clicks on the numbered chips of answers. A chip is a real link, so the keyboard reaches it; this catches it before
the browser follows it, opens the source in place, and brings its passage into view."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import state
from components.answer import open_source
from components.source import OpenSource
from core.records import Message

KEY = "chat_chips"

_SCRIPT = """
const reveal = (anchor, tries) => {
  const panel = document.querySelector('.st-key-chat_source');
  const source = document.getElementById(anchor);
  const passage = source?.querySelector('.qw-passage :is(mark, .qw-hit)') || source?.querySelector('.qw-passage');
  if (panel && passage) {
    const down = passage.getBoundingClientRect().top - panel.getBoundingClientRect().top;
    panel.scrollTop += down - 0.3 * panel.clientHeight;
  } else if (tries > 0) {
    setTimeout(reveal, 60, anchor, tries - 1);  // the source is drawn a moment later than this runs
  }
};

export default function ({ data, setTriggerValue }) {
  const anchor = data?.anchor || '';
  if (anchor && anchor !== window.quellwerkSource) reveal(anchor, 50);
  window.quellwerkSource = anchor;
  const caught = (event) => {
    const chip = event.target.closest?.('a[href^="#cite-"]');
    if (!chip || event.button > 0) return;
    event.preventDefault();
    event.stopPropagation();
    setTriggerValue('chip', chip.getAttribute('href').slice('#cite-'.length));
  };
  document.addEventListener('click', caught, true);
  return () => document.removeEventListener('click', caught, true);
}
"""


def watch_chips(messages: Sequence[Message]) -> None:
    """Let clicks on these messages' chips open their sources, in this same run."""
    message_id, _, n = str(state.take(state.CHAT_CHIP) or "").rpartition("-")
    for message in messages:
        if message.id == message_id and n.isdigit():
            open_source(message, int(n))
    opened: OpenSource | None = st.session_state.get(state.CHAT_SOURCE)
    st.components.v2.component("quellwerk_chips", js=_SCRIPT)(
        key=KEY, data={"anchor": opened.anchor if opened else ""}, on_chip_change=_clicked, height=1
    )


def _clicked() -> None:
    state.keep(state.CHAT_CHIP, st.session_state[KEY].chip)
