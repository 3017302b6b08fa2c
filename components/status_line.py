"""The slim line at the foot of every page: the state of the models, the queue, the documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components import services
from components.escape import in_markdown
from components.frame import guarded
from components.wording import count
from core.status import Status


def status_line() -> None:
    """Draw the line; it renews itself every three seconds."""
    with st.bottom:
        st.container(key="status_line_place")
    _line()


@st.fragment(run_every=3)
@guarded
def _line() -> None:
    with st.bottom, st.container(key="status_line", horizontal=True, gap="medium", vertical_alignment="center"):
        for part in _parts():
            st.caption(part)


def _parts() -> list[str]:
    workbench = services.get_workbench()
    status = workbench.status()
    queue = status.queue
    working = int(queue.get("running", 0) or 0)
    waiting = int(queue.get("queued", 0) or 0)
    health = str(status.health)
    if any(component["state"] == "starting" for component in status.components.values()):
        state = ":blue[:material/progress_activity:] Starting"
    elif health == "healthy":
        state = ":green[:material/check_circle:] Ready"
    else:
        state = f":orange[:material/warning:] {in_markdown(health.capitalize())}{_troubles(status)}"
    work = [count(working, "document") + " in work"] if working else []
    work += [f"{waiting:,} waiting"] if waiting else []
    return [
        state,
        f":material/memory: {_model(status.models.get('chat', {}))}",
        f":material/inbox: {' · '.join(work) or 'Nothing waiting'}",
        f":material/library_books: {count(status.documents, 'document')} · {count(status.chunks, 'passage')}",
    ]


def _model(model: Mapping[str, Any]) -> str:
    if not model or model.get("state") == "built in":
        return "Built-in models"
    return " ".join(in_markdown(str(model.get(part, ""))) for part in ("name", "state")).strip()


def _troubles(status: Status) -> str:
    failed = [component["detail"] for component in status.components.values() if component["state"] == "failed"]
    return f": {in_markdown(failed[0])}" if failed else ""
