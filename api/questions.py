"""`/search` and `/ask`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, Field

from api.access import Called
from core import wire
from core.errors import InvalidRequest
from core.records import AnswerPiece
from core.service import DEFAULT_AGENT

routes = APIRouter(tags=["questions"])


class SearchBody(BaseModel):
    """What to look for. `mode` is hybrid, dense or keyword; `document_ids` narrow the search."""

    query: str = Field(min_length=1, max_length=10_000)
    mode: str = "hybrid"
    top_k: int = Field(10, ge=1, le=200)
    document_ids: list[str] = []


class AskBody(BaseModel):
    """What to ask, and whom; no agent means the default one."""

    question: str = Field(min_length=1, max_length=10_000)
    agents: list[str] = []
    agent: str | None = None
    model: str | None = None
    document_ids: list[str] = []
    conversation_id: str | None = None


@routes.post("/search")
def search(service: Called, body: SearchBody) -> dict[str, Any]:
    """Passages, best first."""
    return service.search(body.query, body.mode, body.top_k, body.document_ids)


@routes.post("/ask", response_model=None)
def ask(service: Called, body: AskBody, accept: Annotated[str, Header()] = "application/json") -> Response:
    """Answers with their sources: JSON, or server-sent events (chunk, sources, done, error) if asked for.

    A stream, and a conversation, have one agent.
    """
    agents = body.agents or [body.agent or DEFAULT_AGENT]
    streamed = "text/event-stream" in accept
    if len(agents) > 1 and (streamed or body.conversation_id):
        raise InvalidRequest("Several agents cannot share a stream or a conversation.", "Name one, or ask for JSON.")
    if not streamed:
        return JSONResponse(service.ask(body.question, agents, body.model, body.document_ids, body.conversation_id))
    pieces = service.pieces(body.question, agents[0], body.model, body.document_ids, body.conversation_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(pieces), media_type="text/event-stream", headers=headers)


@routes.get("/agents")
def agents(service: Called) -> dict[str, Any]:
    """Who can be asked."""
    return service.agents()


def _events(pieces: Iterator[AnswerPiece]) -> Iterator[bytes]:
    for piece in pieces:
        event: dict[str, Any] = {"type": piece.type, "text": piece.text}
        if piece.type in ("sources", "done"):
            event["citations"] = [wire.citation(item) for item in piece.citations]
        if piece.answer is not None:
            event["answer"] = wire.answer(piece.answer)
        yield b"event: " + piece.type.encode() + b"\ndata: " + orjson.dumps(event) + b"\n\n"
