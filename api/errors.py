"""How the core's errors look over HTTP: a status, and {"error": {"type", "sentence", "next_step"}}."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

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


def body(kind: str, sentence: str, next_step: str = "") -> dict[str, dict[str, str]]:
    """The body of every error."""
    return {"error": {"type": kind, "sentence": sentence, "next_step": next_step}}


def install(api: FastAPI) -> None:
    """Let the API answer errors in words."""
    api.add_exception_handler(QuellwerkError, _expected)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(Exception, _unexpected)


async def _expected(_: Request, error: Exception) -> JSONResponse:
    found = error if isinstance(error, QuellwerkError) else QuellwerkError(str(error))
    status = next(code for kind, code in STATUS if isinstance(found, kind))
    return JSONResponse(body(type(found).__name__, found.sentence, found.next_step), status)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": str(error)}
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    return JSONResponse(body("InvalidRequest", f"{where}: {first['msg']}.", "See /api/docs."), 422)


async def _unexpected(_: Request, error: Exception) -> JSONResponse:
    log.error("a request failed", exc_info=error)
    return JSONResponse(body("Unexpected", "Something unexpected happened.", "The log has the details."), 500)
