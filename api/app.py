"""The REST API under `/api/v1`, with its description at `/api/docs`."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline

from api import documents, errors, operations, questions
from api.access import GetWorkbench

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "testserver"})


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
    api.middleware("http")(_guard)
    for routes in (documents.routes, questions.routes, operations.routes):
        api.include_router(routes, prefix="/v1")
    return api


async def _guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse requests that a page elsewhere made, and those without the key where one is set."""
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    if origin is not None and origin.partition("://")[2] != host:
        return JSONResponse(errors.body("Forbidden", "Requests from other sites are refused."), 403)
    bound = _name(request.scope.get("server"))
    if bound in LOCAL_HOSTS and not LOCAL_HOSTS & {host.strip("[]"), host.rpartition(":")[0].strip("[]")}:
        return JSONResponse(errors.body("Forbidden", f"“{host}” is not this machine."), 403)
    key = _key(request)
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if key and not request.url.path.endswith("/health") and not hmac.compare_digest(given.encode(), key.encode()):
        return JSONResponse(
            errors.body("Unauthorized", "The key is missing or wrong.", "Send it as a bearer token."), 401
        )
    return await go_on(request)


def _name(server: object) -> str:
    return str(server[0]) if isinstance(server, tuple | list) and server else ""


def _key(request: Request) -> str | None:
    try:
        key: str | None = request.app.state.get_workbench().settings.api_key
        return key
    except Exception:  # no workbench yet: there is nothing to protect either
        return None
