"""The REST API under `/api/v1`, with its description at `/api/docs`."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from api import documents, errors, operations, questions
from api.access import GetWorkbench
from api.guard import Guard


def create_api(get_workbench: GetWorkbench) -> FastAPI:
    """The API over whatever workbench `get_workbench` gives; it may raise QuellwerkError while there is none."""
    # FastAPI's own page of documentation would fetch its script from elsewhere.
    api = FastAPIOffline(
        title="Quellwerk",
        version="1",
        docs_url="/docs",
        redoc_url=None,
        openapi_url="/openapi.json",
        static_url="/docs-files",
    )
    api.state.get_workbench = get_workbench
    errors.install(api)
    api.add_middleware(Guard, get_workbench=get_workbench)
    for routes in (documents.routes, questions.routes, operations.routes):
        api.include_router(routes, prefix="/v1")
    return api
