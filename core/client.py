"""The calls of `core.service.Service`, answered by a workbench that runs in another process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import httpx

from core import errors
from core.errors import InvalidRequest, QuellwerkError
from core.wire import Json

if TYPE_CHECKING:
    from core.service import Progress

CONNECT_S = 2.0
ANSWER_S = 600.0
REFUSED_S = 3.0  # a server that has the folder may need a moment to open its port
STARTING_S = 60.0
PAUSE_S = 0.1
ROUND_S = 1.0  # of waiting for documents, between two looks at how far they are
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a server on all interfaces is reached


class Client:
    """A running workbench's REST API. `address` is like `http://127.0.0.1:8501`."""

    def __init__(self, address: str, api_key: str | None = None) -> None:
        headers = {b"Authorization": f"Bearer {api_key}".encode()} if api_key else None
        self._http = httpx.Client(
            base_url=f"{reachable(address)}/api/v1",
            headers=headers,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            trust_env=False,  # a proxy has no business between two programs of one machine
        )

    def alive(self) -> bool:
        """Whether it answers; one that is starting is waited for, up to a minute once it said so."""
        began = time.monotonic()
        patience = REFUSED_S
        while True:
            try:
                status = self._http.get("/health", timeout=CONNECT_S * 2).status_code
            except httpx.TransportError:
                status = 0
            if status == httpx.codes.OK:
                return True
            patience = STARTING_S if status == httpx.codes.SERVICE_UNAVAILABLE else REFUSED_S
            if time.monotonic() - began > patience:
                return False
            time.sleep(PAUSE_S)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def ingest(self, files: Sequence[tuple[str, Path]], *, wait: bool = True, progress: Progress | None = None) -> Json:
        """As `Service.ingest`; the files are sent one by one."""
        began = time.monotonic()
        documents: list[Json] = []
        for name, path in files:
            documents += self._send(name, path)
        if wait:
            documents = self._waited(documents, progress)
        return {"documents": documents, "seconds": round(time.monotonic() - began, 3)}

    def documents(self) -> Json:
        """As `Service.documents`."""
        return self._call("GET", "/documents")

    def delete(self, document_ids: Sequence[str]) -> Json:
        """As `Service.delete`."""
        return self._call("POST", "/documents/delete", json={"ids": list(document_ids)})

    def search(self, query: str, mode: str = "hybrid", top_k: int = 10, document_ids: Sequence[str] = ()) -> Json:
        """As `Service.search`."""
        body = {"query": query, "mode": mode, "top_k": top_k, "document_ids": list(document_ids)}
        return self._call("POST", "/search", json=body)

    def ask(
        self,
        question: str,
        agents: Sequence[str] = (),
        model: str | None = None,
        document_ids: Sequence[str] = (),
    ) -> Json:
        """As `Service.ask`."""
        body = {"question": question, "agents": list(agents), "model": model, "document_ids": list(document_ids)}
        return self._call("POST", "/ask", json=body)

    def agents(self) -> Json:
        """As `Service.agents`."""
        return self._call("GET", "/agents")

    def status(self) -> Json:
        """As `Service.status`."""
        return self._call("GET", "/health")

    def jobs(self, failed: bool = False) -> Json:
        """As `Service.jobs`."""
        return self._call("GET", "/jobs", params={"failed": failed})

    def retry(self, job_id: str, *, wait: bool = False) -> Json:
        """As `Service.retry`."""
        found = self._call("POST", _path("jobs", job_id, "retry"))
        if wait:
            self._ended([job_id])
            found = {"jobs": [self._call("GET", _path("jobs", job_id))]}
        return found

    def cancel(self, job_id: str) -> Json:
        """As `Service.cancel`."""
        return self._call("POST", _path("jobs", job_id, "cancel"))

    def doctor(self, repair: bool = False) -> Json:
        """As `Service.doctor`."""
        return self._call("POST", "/admin/doctor", json={"repair": repair})

    def evaluate(self, questions: Sequence[Any], modes: Sequence[str]) -> Json:
        """As `Service.evaluate`."""
        rows = [{"question": q.question, "relevant": list(q.relevant)} for q in questions]
        return self._call("POST", "/admin/eval", json={"questions": rows, "modes": list(modes)})

    def _send(self, name: str, path: Path) -> list[Json]:
        try:
            with path.open("rb") as file:
                found = self._call("POST", "/documents", files=[("files", (name, file))])
        except OSError as error:
            raise InvalidRequest(f"“{path}” cannot be read: {error.strerror}.", "Check its permissions.") from error
        return list(found["documents"])

    def _waited(self, documents: list[Json], progress: Progress | None) -> list[Json]:
        """The documents as they ended, and after them what was found inside them."""
        ids = [found["id"] for found in documents if found["id"] and not found["duplicate_of"]]
        ended = {found["id"]: found for found in self._ended(ids, progress)}
        named = [found if found["duplicate_of"] else ended.get(found["id"], found) for found in documents]
        inside = [found for document_id, found in ended.items() if document_id not in set(ids)]
        return [*named, *inside]

    def _ended(self, document_ids: Sequence[str], progress: Progress | None = None) -> list[Json]:
        while document_ids:
            found = self._call("POST", "/documents/wait", json={"ids": list(document_ids), "seconds": ROUND_S})
            if progress is not None:
                progress(found["documents"])
            if found["ended"]:
                return list(found["documents"])
        return []

    def _call(self, method: str, path: str, **arguments: Any) -> Json:
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise QuellwerkError(
                "The running workbench does not answer.", "Look at its window, or restart it."
            ) from error
        try:
            body = response.json()
        except ValueError:
            body = None
        if response.is_error or not isinstance(body, dict):
            raise _error(response.status_code, body)
        return body


def reachable(address: str) -> str:
    """The address under which a server is asked that told where it listens."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition(":")[0].strip("[]")
    host = EVERYWHERE.get(host, host)
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{parts.netloc.rpartition(':')[2]}"


def _path(*parts: str) -> str:
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _error(status: int, body: Any) -> QuellwerkError:
    """The error that the other process told of, in its own class."""
    told = body.get("error") if isinstance(body, dict) else None
    if not isinstance(told, dict):
        return QuellwerkError(f"The running workbench answered {status}.", "Look at its window, or restart it.")
    kind = getattr(errors, str(told.get("type")), QuellwerkError)
    if not (isinstance(kind, type) and issubclass(kind, QuellwerkError)):
        kind = QuellwerkError
    return kind(str(told.get("sentence", "")), str(told.get("next_step", "")))
