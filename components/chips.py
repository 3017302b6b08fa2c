"""Clicks on the numbered chips of answers. A chip is a real link, so the keyboard reaches it; this catches it before
the browser follows it, and opens the source in place."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.answer import open_source
from core.records import Message

_SCRIPT = """
export default function ({ setTriggerValue }) {
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
    clicked = st.components.v2.component("quellwerk_chips", js=_SCRIPT)(
        key="chat_chips", on_chip_change=lambda: None, height=1
    )
    message_id, _, n = str(clicked.chip or "").rpartition("-")
    for message in messages:
        if message.id == message_id and n.isdigit():
            open_source(message, int(n))
