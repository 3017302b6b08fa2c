"""How errors look over HTTP: a status, and {"error": {"type", "sentence", "next_step"}}."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from core.errors import FolderInUse, InvalidRequest, NotFound, QuellwerkError, ReadError, SettingsError

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[QuellwerkError], int], ...] = (
    (NotFound, 404),
    (InvalidRequest, 422),
    (ReadError, 422),
    (SettingsError, 422),
    (FolderInUse, 409),
    (QuellwerkError, 503),
)
SENTENCES = {
    400: ("BadRequest", "This request cannot be read."),
    404: ("NotFound", "There is nothing at this address."),
    405: ("MethodNotAllowed", "This address does not do that."),
    413: ("LimitExceeded", "The request is too large."),
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
RETRY_AFTER_S = "2"


def body(kind: str, sentence: str, next_step: str = "") -> dict[str, dict[str, str]]:
    """The body of every error."""
    return {"error": {"type": kind, "sentence": sentence, "next_step": next_step}}


def install(api: FastAPI) -> None:
    """Let the API answer errors in words."""
    api.add_exception_handler(QuellwerkError, _expected)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _refused)
    api.add_exception_handler(Exception, _unexpected)


async def _expected(_: Request, error: Exception) -> JSONResponse:
    found = error if isinstance(error, QuellwerkError) else QuellwerkError(str(error))
    status = next(code for kind, code in STATUS if isinstance(found, kind))
    headers = {"Retry-After": RETRY_AFTER_S} if status == 503 else None
    return JSONResponse(body(type(found).__name__, found.sentence, found.next_step), status, headers)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": str(error)}
    where = ".".join(str(part) for part in first["loc"] if part != "body") or "The body"
    return JSONResponse(body("InvalidRequest", f"{where}: {first['msg']}.", "See /api/docs."), 422)


async def _refused(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: unknown addresses, wrong methods, bodies that cannot be read."""
    found = error if isinstance(error, HTTPException) else HTTPException(500)
    headers = dict(found.headers or {})
    if found.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
    kind, sentence = SENTENCES.get(found.status_code, ("Refused", found.detail))
    step = found.detail if found.status_code in (400, 413) else "See /api/docs."
    return JSONResponse(body(kind, sentence, step), found.status_code, headers)


async def _unexpected(_: Request, error: Exception) -> JSONResponse:
    log.error("a request failed", exc_info=error)
    return JSONResponse(body("Unexpected", "Something unexpected happened.", "The log has the details."), 500)


def _allowed(request: Request) -> list[str]:
    """What may be done with the address of a request."""
    routes = request.app.router.routes
    found = [m for m in METHODS if any(r.matches({**request.scope, "method": m})[0] is Match.FULL for r in routes)]
    return [*found, *(["HEAD"] if "GET" in found else []), "OPTIONS"]
