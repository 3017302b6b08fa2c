"""A disk that is full: whoever waits is told, and nothing hangs."""

from __future__ import annotations

import pytest

from core.errors import QuellwerkError
from core.ingest import jobs
from core.library import Upload
from storage.errors import CatalogError


def test_a_wait_ends_in_words_when_nothing_can_be_written(workbench, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise CatalogError("The catalog could not be written: database or disk is full.")

    assert workbench.ready()
    monkeypatch.setattr(jobs, "RETRY_AFTER_S", 0.01)
    monkeypatch.setattr(workbench.jobs._runner, "start", full)
    monkeypatch.setattr(workbench.jobs._catalog, "requeue", full)
    [receipt] = workbench.library.add([Upload("lake.txt", b"The lake is nine metres deep near the mill.")])
    with pytest.raises(QuellwerkError, match="disk is full") as caught:
        workbench.jobs.wait([receipt.document_id], timeout=60)
    assert "Make room" in caught.value.next_step
