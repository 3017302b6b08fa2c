"""The doctor sees every disagreement between the stores, and mends it from the catalog."""

from __future__ import annotations

import sqlite3

import pytest

from core.settings import Settings
from core.workbench import Workbench

BRIDGE = ("bridge.md", b"# The bridge\n\nThe Halden bridge was opened in 1931 by the engineer Ruth Amsel.\n")


def failing(workbench: Workbench) -> set[str]:
    return {check.name for check in workbench.doctor() if not check.ok}


@pytest.mark.parametrize("store", ["vectors", "keywords"])
def test_a_lost_index_entry_is_put_back_without_the_document(workbench, drop, store) -> None:
    (document,) = drop(BRIDGE)
    opened = workbench._opened.result()
    (chunk,) = workbench.library.chunks(document.id)
    index = opened.vectors if store == "vectors" else opened.keywords
    index.delete([chunk.chunk_id])
    if store == "keywords":
        index.commit()
    assert failing(workbench) == {store}
    repaired = {check.name for check in workbench.doctor(repair=True) if check.repaired}
    assert repaired == {store}
    assert failing(workbench) == set()
    mode = "dense" if store == "vectors" else "keyword"
    assert workbench.search.search("Halden bridge", mode, 1).passages[0].chunk.chunk_id == chunk.chunk_id


def test_an_entry_of_no_document_a_stray_file_and_a_left_over_result_are_removed(workbench, drop) -> None:
    (document,) = drop(BRIDGE)
    opened = workbench._opened.result()
    vector = opened.model.encode(["nobody's text"])
    opened.vectors.upsert(["0" * 24], vector, ["0" * 16])
    stray = workbench.settings.folder / "files" / "ab" / ("ab" * 32)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"nobody's file")
    with sqlite3.connect(workbench.settings.folder / "catalog.sqlite") as catalog:
        catalog.execute("INSERT INTO embeddings VALUES ('ff', 'm', x'00')")
    assert failing(workbench) == {"vectors", "files", "cache"}
    workbench.doctor(repair=True)
    assert failing(workbench) == set()
    assert not stray.exists()
    assert workbench.library.document(document.id).chunks == 1


def test_a_lost_original_is_told_and_cannot_be_mended(workbench, drop) -> None:
    (document,) = drop(BRIDGE)
    workbench.library.original(document.id)[1].unlink()
    assert failing(workbench) == {"originals"}
    workbench.doctor(repair=True)
    assert failing(workbench) == {"originals"}


def test_a_delete_that_was_cut_off_is_finished_at_the_next_start(settings: Settings) -> None:
    from core.library import Upload

    workbench = Workbench.open(settings)
    (receipt,) = workbench.library.add([Upload(*BRIDGE)])
    assert workbench.jobs.wait([receipt.document_id], timeout=60)
    workbench._stores.removal.bury([receipt.document_id])
    workbench.close()
    workbench = Workbench.open(settings)
    try:
        assert workbench.ready(60)
        assert failing(workbench) == set()
        assert workbench._opened.result().vectors.count() == 0
        assert workbench.library.documents() == []
    finally:
        workbench.close()


def spoil(folder) -> None:
    """What a failing disk leaves: every file of the folder holds nothing that makes sense."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(b"\x00garbage" * 64)


@pytest.mark.parametrize("store", ["chroma", "keywords"])
@pytest.mark.parametrize("harm", ["spoilt", "gone"])
def test_a_lost_index_is_made_anew_from_the_catalog_at_the_next_start(settings: Settings, store, harm) -> None:
    import shutil

    from core.library import Upload

    workbench = Workbench.open(settings)
    (receipt,) = workbench.library.add([Upload(*BRIDGE)])
    assert workbench.jobs.wait([receipt.document_id], timeout=60)
    workbench.close()
    if harm == "gone":
        shutil.rmtree(settings.folder / store)
    else:
        spoil(settings.folder / store)
    workbench = Workbench.open(settings)
    try:
        assert workbench.ready(60), workbench.status()
        mode = "dense" if store == "chroma" else "keyword"
        assert workbench.search.search("Halden bridge", mode, 1).passages[0].chunk.document_id == receipt.document_id
        assert failing(workbench) == set()
    finally:
        workbench.close()
