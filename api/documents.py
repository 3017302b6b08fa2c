"""`/documents`: take files in, look at them, delete them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile

from api.access import Bench, Called, service_of
from core.errors import InvalidRequest
from core.library import Upload

routes = APIRouter(tags=["documents"])
Json = dict[str, Any]


LONGEST_WAIT_S = 20.0


class Ids(BaseModel):
    """Document ids."""

    ids: list[str] = Field(min_length=1, max_length=100_000)


class Wait(Ids):
    """Documents to wait for, and for how long at most."""

    seconds: float = Field(10.0, ge=0, le=LONGEST_WAIT_S)


@routes.post(
    "/documents",
    openapi_extra={
        "requestBody": {
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                            "password": {"type": "string", "description": "opens encrypted files among them"},
                        },
                    }
                }
            }
        },
    },
)
async def add_documents(request: Request) -> Json:
    """Take files in (multipart, any number, any field name). One entry each; the work goes on in the background."""
    service = service_of(request)
    async with request.form(max_files=10_000) as form:
        files = [item for _, item in form.multi_items() if isinstance(item, UploadFile)]
        password = form.get("password")
        if not files:
            raise InvalidRequest("There is no file in this request.", "Send multipart/form-data with files.")
        uploads = [
            Upload(_name(file.filename), file.file, password if isinstance(password, str) and password else None)
            for file in files
        ]
        receipts = await run_in_threadpool(service.add, uploads)
        return {"documents": await run_in_threadpool(service.outcome, receipts)}


def _name(given: str | None) -> str:
    """A file's name as it was before a browser (or httpx) wrote it into the request, as the HTML standard says."""
    return (given or "unnamed").replace("%22", '"').replace("%0A", " ").replace("%0D", " ")


@routes.get("/documents")
def list_documents(service: Called) -> Json:
    """All documents, newest first."""
    return service.documents()


@routes.post("/documents/delete")
def delete_documents(service: Called, body: Ids) -> Json:
    """Delete documents from every store; says what was removed."""
    return service.delete(body.ids)


@routes.post("/documents/wait")
def wait_for_documents(service: Called, body: Wait) -> Json:
    """Wait until these documents and what was found inside them have ended, or the seconds are over; says which."""
    return service.wait(body.ids, body.seconds)


@routes.get("/documents/{document_id}")
def get_document(service: Called, document_id: str) -> Json:
    """One document."""
    return service.document(document_id)


@routes.delete("/documents/{document_id}")
def delete_document(service: Called, document_id: str) -> Json:
    """Delete one document from every store; says what was removed."""
    return service.delete([document_id])


@routes.get("/documents/{document_id}/chunks")
def get_chunks(
    service: Called,
    document_id: str,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Json:
    """A document's passages in reading order."""
    return service.chunks(document_id, offset, limit)


@routes.get("/documents/{document_id}/versions")
def get_versions(service: Called, document_id: str) -> Json:
    """A document's versions, newest first."""
    return service.versions(document_id)


@routes.get("/documents/{document_id}/pages/{page}.png", response_class=Response)
def get_page(
    bench: Bench,
    document_id: str,
    page: int,
    highlight: str | None = None,
    quote: str | None = None,
    width: Annotated[int, Query(ge=100, le=4000)] = 1100,
) -> Response:
    """A page of a PDF or image as PNG; `highlight` is a chunk id, `quote` words of it."""
    image = bench.sources.page_image(document_id, page, chunk_id=highlight, quote=quote, width_px=width)
    return Response(image, media_type="image/png", headers={"Cache-Control": "private, no-cache"})
