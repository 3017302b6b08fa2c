"""`streamlit run app.py`: the pages, the REST API and the one workbench behind both, in one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.types import ASGIApp

from components import services
from components.frame import on_script_error
from components.front_door import FrontDoor, Later


def make_api() -> ASGIApp:
    """The REST API. Imported late: it takes a second, in which the first page is on its way already."""
    from api.app import create_api

    return create_api(services.get_workbench)


async def open_all() -> None:
    """Open the workbench, then make the API."""
    await asyncio.to_thread(services.open_workbench)
    await api.made()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Open everything while the server already answers, and close the workbench when the server ends."""
    opening = asyncio.create_task(open_all())
    try:
        yield
    finally:
        await asyncio.wait([opening])
        await asyncio.to_thread(services.close_workbench)


api = Later(make_api)
app = st.App(
    "components/router.py",
    routes=[Mount("/api", api)],
    middleware=[Middleware(FrontDoor)],
    lifespan=lifespan,
    on_script_error=on_script_error,
)
