"""Work is found again by what the queue holds: half an import in the queue hides nothing of the rest."""

from __future__ import annotations

import json
import threading

from core.ingest.engine import LATER, Engine
from core.library import Upload
from core.records import DocumentStatus
from core.settings import Settings
from core.workbench import Workbench


def test_an_import_that_was_queued_by_half_is_finished(settings: Settings) -> None:
    lines = [{"id": f"note {n}", "text": f"Note number {n} is about the mill of Tarn {n}."} for n in range(130)]
    workbench = Workbench.open(settings, lazy=True)
    workbench.library.add([Upload("notes.jsonl", "\n".join(map(json.dumps, lines)).encode())])
    versions = workbench._stores.catalog.unfinished()
    workbench.close()
    assert len(versions) == 130
    # The engine as a process leaves it that is killed after it queued the first part: queued and begun, not ended.
    begun, killed = threading.Event(), threading.Event()

    def work(_: list[str]) -> None:
        begun.set()
        killed.wait(30)
        raise SystemExit

    engine = Engine(settings.folder / "jobs.sqlite", work, 1)
    engine.enqueue(f"{versions[0].bundle}:0:1", [version.id for version in versions[:64]], LATER)
    assert begun.wait(30)
    engine.close()
    killed.set()
    workbench = Workbench.open(settings)
    try:
        assert workbench.ready(60)
        documents = workbench.library.documents()
        assert workbench.jobs.wait([document.id for document in documents], timeout=60)
        assert {document.status for document in workbench.library.documents()} == {DocumentStatus.DONE}
    finally:
        workbench.close()
