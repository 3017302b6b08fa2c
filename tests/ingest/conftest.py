"""A real workbench on a folder of its own, and small documents to drop into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.library import Upload
from core.records import Document
from core.settings import Settings
from core.workbench import Workbench

Drop = Callable[..., list[Document]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", samples=False)


@pytest.fixture
def workbench(settings: Settings) -> Iterator[Workbench]:
    opened = Workbench.open(settings)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def drop(workbench: Workbench) -> Drop:
    """Adds (name, bytes) pairs, waits until all have ended, and gives the documents in the order of the files."""

    def add(*files: tuple[str, bytes]) -> list[Document]:
        receipts = workbench.library.add([Upload(name, content) for name, content in files])
        ids = [receipt.document_id for receipt in receipts if receipt.document_id]
        assert ids, receipts
        assert workbench.jobs.wait(ids, timeout=120)
        return [workbench.library.document(document_id) for document_id in ids]

    return add
