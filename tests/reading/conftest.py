"""What the tests of readers share: the readers' processes, and a file read through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.reading.pool import ReaderPool
from core.records import Attachment, DocumentHead, Page
from core.settings import Settings


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReaderPool]:
    """One reader's process for all tests."""
    pool = ReaderPool(Settings(data=tmp_path_factory.mktemp("data")), workers=1)
    yield pool
    pool.close()


@pytest.fixture
def read_file(pool: ReaderPool, tmp_path: Path) -> Callable[..., list[DocumentHead | Page | Attachment]]:
    """Reads a file as the workbench does; gives everything that was found."""

    def read(path: Path, name: str = "", **options: object) -> list[DocumentHead | Page | Attachment]:
        findings = tmp_path / "findings"
        findings.mkdir(exist_ok=True)
        return list(pool.read(path, name or path.name, findings=findings, cancel=None, **options))

    return read
