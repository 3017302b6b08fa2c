"""What all stores of a folder hold, counted from outside while it is closed, or through an open workbench."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from core.settings import Settings
from core.workbench import Workbench


@dataclass(frozen=True)
class Holdings:
    """Everything that must agree, and everything that must be gone after a delete."""

    documents: tuple[tuple[str, str, int], ...]  # name, status, version
    chunks: frozenset[str]
    vectors: frozenset[str]
    keywords: frozenset[str]
    rows: dict[str, int]
    files: int


def holdings(settings: Settings) -> Holdings:
    """Open the folder, look everywhere, close it."""
    workbench = Workbench.open(settings)
    try:
        assert workbench.ready(60)
        return look(workbench)
    finally:
        workbench.close()


def look(workbench: Workbench) -> Holdings:
    folder = workbench.settings.folder
    opened = workbench._opened.result()
    documents = sorted((d.name, d.status.value, d.version) for d in workbench.library.documents())
    with sqlite3.connect(folder / "catalog.sqlite") as catalog:
        tables = [row[0] for row in catalog.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: catalog.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
        chunks = frozenset(row[0] for row in catalog.execute("SELECT chunk_id FROM chunks WHERE state = 'indexed'"))
    return Holdings(
        tuple(documents),
        chunks,
        frozenset(opened.vectors.ids()),
        frozenset(opened.keywords.ids()),
        rows,
        sum(1 for path in (folder / "files").rglob("*") if path.is_file()),
    )
