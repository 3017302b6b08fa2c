"""`streamlit run app.py`: the pages, the REST API and the one workbench behind both, in one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from api.app import create_api
from components import services
from components.frame import on_script_error
from components.front_door import FrontDoor


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Open the workbench while the server already answers, and close it when the server ends."""
    opening = asyncio.create_task(asyncio.to_thread(services.open_workbench))
    try:
        yield
    finally:
        await opening
        await asyncio.to_thread(services.close_workbench)


app = st.App(
    "components/router.py",
    routes=[Mount("/api", create_api(services.get_workbench))],
    middleware=[Middleware(FrontDoor)],
    lifespan=lifespan,
    on_script_error=on_script_error,
)
