"""DBOS, held in one place: a durable queue of workflows in `jobs.sqlite`.

A workflow is one call of `work(version_ids)`. It survives a kill: what was queued or running is run again after the
next launch. DBOS keeps one global registry a process, so only one engine may be open at a time.
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

QUEUE = "documents"
POLL_S = 0.2
FIRST, LATER = 1, 10  # priorities: what somebody just dropped, and bulk imports

Work = Callable[[list[str]], None]


class Engine:
    """The launched DBOS. Raises whatever DBOS raises when `jobs.sqlite` cannot be opened."""

    def __init__(self, path: Path, work: Work, concurrency: int) -> None:
        from dbos import DBOS, DBOSConfig

        logging.getLogger("dbos").setLevel(logging.CRITICAL)  # what breaks off is told by `Jobs`, in our words
        config: DBOSConfig = {
            "name": "quellwerk",
            "system_database_url": f"sqlite:///{path}",
            "application_version": "1",  # a fixed name: an upgrade must find the work of the version before it
            "executor_id": "local",
            "log_level": "CRITICAL",
            "enable_otlp": False,
            "max_executor_threads": concurrency + 4,
        }
        self._dbos = DBOS
        DBOS(config=config)

        @DBOS.workflow(name="ingest")
        def ingest(version_ids: list[str]) -> None:
            run(version_ids)

        @DBOS.step(name="run")
        def run(version_ids: list[str]) -> None:
            work(version_ids)

        self._ingest = ingest
        DBOS.launch()
        DBOS.register_queue(
            QUEUE, worker_concurrency=concurrency, polling_interval_sec=POLL_S, on_conflict="always_update"
        )

    def enqueue(self, workflow_id: str, version_ids: Sequence[str], priority: int) -> None:
        """Queue a workflow. The same id again does nothing."""
        from dbos import SetEnqueueOptions, SetWorkflowID

        def enqueue() -> None:
            with SetWorkflowID(workflow_id), SetEnqueueOptions(priority=priority):
                self._dbos.enqueue_workflow(QUEUE, self._ingest, list(version_ids))

        # A fresh context: called from inside a run, this is no child of that run.
        contextvars.Context().run(enqueue)

    def under_way(self) -> set[str]:
        """Versions that a queued or running workflow will work on."""
        found: list[Any] = self._dbos.list_workflows(status=["PENDING", "ENQUEUED"])
        return {version_id for workflow in found for version_id in workflow.input["args"][0]}

    def sweep(self) -> None:
        """Drop the records of workflows that ended; what they did stands in the catalog."""
        ended: list[Any] = self._dbos.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"], load_input=False
        )
        if ended:
            self._dbos.delete_workflows([workflow.workflow_id for workflow in ended])

    def close(self) -> None:
        """Stop taking work and close `jobs.sqlite`. Running workflows are recovered at the next launch."""
        self._dbos.destroy(destroy_registry=True)
