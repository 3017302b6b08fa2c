"""`/health`, `/jobs` and `/admin`: running it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import Called
from core.evaluate import Question

routes = APIRouter(tags=["operations"])
Json = dict[str, Any]


class Repair(BaseModel):
    """Whether the doctor should mend what it can."""

    repair: bool = False


class EvalRow(BaseModel):
    """A question and the names or ids of the documents that answer it."""

    question: str
    relevant: list[str] = Field(min_length=1)


class EvalBody(BaseModel):
    """Questions, and the retrieval modes to compare."""

    questions: list[EvalRow] = Field(min_length=1)
    modes: list[str] = ["hybrid", "dense", "keyword"]


@routes.get("/health")
def health(service: Called) -> Json:
    """How the workbench is."""
    return service.health()


@routes.get("/jobs")
def jobs(service: Called, failed: bool = False) -> Json:
    """The jobs, newest first."""
    return service.jobs(failed)


@routes.get("/jobs/{job_id}")
def job(service: Called, job_id: str) -> Json:
    """One job. Its id is its document's id."""
    return service.job(job_id)


@routes.post("/jobs/{job_id}/retry")
def retry(service: Called, job_id: str) -> Json:
    """Do a failed, partial or cancelled job again."""
    return service.retry(job_id)


@routes.post("/jobs/{job_id}/cancel")
def cancel(service: Called, job_id: str) -> Json:
    """Stop a job; nothing of it stays."""
    return service.cancel(job_id)


@routes.post("/admin/doctor")
def doctor(service: Called, body: Repair) -> Json:
    """Whether all stores agree; mends what it can if asked to."""
    return service.doctor(body.repair)


@routes.post("/admin/eval")
def evaluate(service: Called, body: EvalBody) -> Json:
    """Recall and rank figures of retrieval modes."""
    questions = [Question(question=row.question, relevant=tuple(row.relevant)) for row in body.questions]
    return service.evaluate(questions, body.modes)
