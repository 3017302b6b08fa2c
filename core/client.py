"""The calls of `core.service.Service`, answered by a workbench that runs in another process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from core.errors import QuellwerkError
from core.service import Progress
from core.wire import Json

CONNECT_S = 2.0
ANSWER_S = 600.0
POLL_S = 0.2
FINAL = ("done", "partial", "failed", "skipped", "cancelled")


class Client:
    """A running workbench's REST API. `address` is like `http://127.0.0.1:8501`."""

    def __init__(self, address: str, api_key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = httpx.Client(
            base_url=f"{address}/api/v1",
            headers=headers,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            trust_env=False,  # a proxy has no business between two programs of one machine
        )

    def alive(self) -> bool:
        """Whether it answers."""
        try:
            return self._http.get("/health", timeout=CONNECT_S * 2).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def ingest(self, files: Sequence[tuple[str, Path]], *, wait: bool = True, progress: Progress | None = None) -> Json:
        """As `Service.ingest`; the files are sent one by one."""
        began = time.monotonic()
        documents: list[Json] = []
        for name, path in files:
            with ExitStack() as stack:
                file = stack.enter_context(path.open("rb"))
                documents += self._call("POST", "/documents", files=[("files", (name, file))])["documents"]
        waiting = [found["id"] for found in documents if found["status"] not in FINAL]
        done: dict[str, Json] = {}
        while wait and waiting:
            time.sleep(POLL_S)
            for document_id in waiting:
                found = self._call("GET", f"/documents/{document_id}")
                if found["status"] in FINAL:
                    done[document_id] = found
            waiting = [document_id for document_id in waiting if document_id not in done]
            if progress is not None:
                progress([done.get(found["id"], found) for found in documents])
        merged = [done.get(found["id"], found) for found in documents]
        return {"documents": merged, "seconds": round(time.monotonic() - began, 3)}

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

    def retry(self, job_id: str) -> Json:
        """As `Service.retry`."""
        return self._call("POST", f"/jobs/{job_id}/retry")

    def cancel(self, job_id: str) -> Json:
        """As `Service.cancel`."""
        return self._call("POST", f"/jobs/{job_id}/cancel")

    def doctor(self, repair: bool = False) -> Json:
        """As `Service.doctor`."""
        return self._call("POST", "/admin/doctor", json={"repair": repair})

    def evaluate(self, questions: Sequence[Any], modes: Sequence[str]) -> Json:
        """As `Service.evaluate`."""
        rows = [{"question": q.question, "relevant": list(q.relevant)} for q in questions]
        return self._call("POST", "/admin/eval", json={"questions": rows, "modes": list(modes)})

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
            body = {}
        if response.is_error:
            told = body.get("error") if isinstance(body, dict) else None
            sentence = told["sentence"] if isinstance(told, dict) else f"The workbench answered {response.status_code}."
            raise QuellwerkError(sentence, told["next_step"] if isinstance(told, dict) else "")
        return dict(body)
