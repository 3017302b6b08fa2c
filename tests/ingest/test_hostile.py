"""Broken and hostile files dropped among good ones: each ends in words, nothing of it stays, the others go on."""

from __future__ import annotations

import io
import random
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from core.errors import InvalidRequest
from core.library import Upload
from core.records import Document, DocumentStatus, Receipt
from core.settings import Settings
from core.workbench import Workbench
from tests.ingest import papers
from tests.ingest.printing import pdf
from tests.ingest.stores import look

DUST = random.Random(7).randbytes(20_000)


def zipped(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def bomb() -> bytes:
    """A Word document of 300 MB in 300 kB."""
    types = zipfile.ZipFile(io.BytesIO(papers.word())).read("[Content_Types].xml")
    return zipped({"[Content_Types].xml": types, "word/document.xml": b"<a>" + b"A" * 300_000_000})


def vast_picture() -> bytes:
    """A PNG that claims 60,000 by 60,000 pixels."""

    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(b"\0" * 1000)) + part(b"IEND", b"")


def laughs() -> bytes:
    """A Word document whose XML entities grow a billionfold."""
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    text = f"<?xml version='1.0'?><!DOCTYPE w [{entities}]><w:document xmlns:w='w'><w:t>&a9;</w:t></w:document>"
    return with_member(papers.word(), "word/document.xml", text.encode())


def with_member(archive: bytes, name: str, content: bytes) -> bytes:
    old = zipfile.ZipFile(io.BytesIO(archive))
    return zipped({info.filename: content if info.filename == name else old.read(info) for info in old.infolist()})


HOSTILE: dict[str, bytes] = {
    "empty.txt": b"",
    "blank.txt": b" \n\t \n" * 50,
    "dust.pdf": DUST,
    "dust.bin": DUST[::-1],
    "cut.pdf": papers.pdf()[:300],
    "hollow.pdf": b"%PDF-1.7\n" + DUST + b"%%EOF",
    "secret.pdf": pdf(["The vault of Lindau."], password="amber"),
    "cut.docx": papers.word()[:2_000],
    "bomb.docx": bomb(),
    "laughs.docx": laughs(),
    "wrong.xlsx": with_member(papers.workbook(), "xl/workbook.xml", b"<nonsense"),
    "some.zip": zipped({"readme.txt": b"An archive is no document."}),
    "vast.png": vast_picture(),
    "cut.png": papers.picture()[:400],
    "program.exe": b"MZ\x90\x00" + DUST,
    "movie.mp4": b"\x00\x00\x00\x18ftypmp42" + DUST,
    "hollow.epub": zipped({"mimetype": b"application/epub+zip", "META-INF/container.xml": b"<container/>"}),
}
GOOD = {
    paper.name: paper.content for paper in papers.PAPERS if paper.kind in ("pdf", "docx", "markdown", "csv", "text")
}


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    settings = Settings(data=tmp_path_factory.mktemp("hostile") / "data", samples=False, max_file_mb=2)
    opened = Workbench.open(settings)
    try:
        assert opened.ready(60)
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="module")
def receipts(workbench: Workbench) -> dict[str, Receipt]:
    """Everything in one drop, good and hostile mixed, and waited for."""
    names = sorted([*HOSTILE, *GOOD], key=lambda name: zlib.crc32(name.encode()))
    uploads = [Upload(name, (HOSTILE | GOOD)[name]) for name in names]
    found = workbench.library.add([*uploads, Upload("huge.txt", b"Far too much. " * 200_000)])
    ids = [receipt.document_id for receipt in found if receipt.document_id]
    assert workbench.jobs.wait(ids, timeout=150)
    return {receipt.name: receipt for receipt in found}


@pytest.fixture(scope="module")
def documents(workbench: Workbench, receipts: dict[str, Receipt]) -> dict[str, Document]:
    return {document.name: document for document in workbench.library.documents()}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_fails_in_words(documents: dict[str, Document], name: str) -> None:
    document = documents[name]
    assert document.status is DocumentStatus.FAILED, document
    sentences = [part for part in document.error.split(". ") if part]
    assert len(sentences) >= 2, f"a sentence and a next step: {document.error}"
    assert document.error[0].isupper()
    assert document.error.endswith((".", "?"))
    for sign in ("Traceback", "Error:", "Exception", "errno", "0x", "/tmp", "None"):
        assert sign not in document.error


def test_a_file_over_the_limit_is_refused_before_it_is_kept(receipts: dict[str, Receipt]) -> None:
    refused = receipts["huge.txt"]
    assert (refused.status, refused.document_id) == (DocumentStatus.FAILED, None)
    assert "2 MB" in refused.error


@pytest.mark.parametrize("name", GOOD)
def test_the_good_files_are_done(documents: dict[str, Document], name: str) -> None:
    assert (documents[name].status, documents[name].error) == (DocumentStatus.DONE, None)


def test_nothing_stays_of_the_hostile_ones_but_their_rows_and_originals(workbench, documents) -> None:
    found = look(workbench)
    assert found.chunks == found.vectors == found.keywords
    good = {documents[name].id for name in GOOD}
    owners = {chunk.document_id for name in documents for chunk in workbench.library.chunks(documents[name].id)}
    assert owners == good
    assert found.files == len(HOSTILE) + len(GOOD)
    assert all(check.ok for check in workbench.doctor()), workbench.doctor()
    assert workbench.status().health == "healthy"
    for name in HOSTILE:
        assert documents[name].chunks == 0
        label, original = workbench.library.original(documents[name].id)
        assert (label, original.read_bytes()) == (name, HOSTILE[name])


def test_a_good_file_is_still_answered_from(workbench, receipts) -> None:
    *_, last = workbench.asker.ask("Who built the windmill of Lenz?")
    assert "Clara Voss" in last.text.replace("*", "")


def test_a_retry_of_a_hostile_file_ends_the_same_way(workbench, documents) -> None:
    hopeless = documents["cut.docx"]
    workbench.jobs.retry(hopeless.id)
    assert workbench.jobs.wait([hopeless.id], timeout=60)
    again = workbench.library.document(hopeless.id)
    assert (again.status, again.error) == (DocumentStatus.FAILED, hopeless.error)
    with pytest.raises(InvalidRequest):
        workbench.jobs.retry(documents["bakery.md"].id)


def test_hostile_files_can_be_deleted(workbench, documents) -> None:
    ids = [documents[name].id for name in HOSTILE]
    deleted, removed = workbench.library.delete(ids)
    assert set(deleted) == set(ids)
    assert (removed.chunks, removed.files) == (0, len(HOSTILE))
    assert look(workbench).files == len(GOOD)


def test_a_reader_killed_from_outside_costs_one_document_at_most(workbench, receipts) -> None:
    """One is shot while a long document is being read. A retry then reads to the end whatever it had in hand."""
    pages = [f"Page {n} tells of the harbour and its {n} cranes.\n" * 30 for n in range(150)]
    reading = threading.Event()
    (long,) = workbench.library.add([Upload("harbour.pdf", pdf(pages))])
    others = workbench.library.add([Upload(f"owl {n}.md", f"Owl number {n} hoots.".encode()) for n in range(4)])

    def shoot(found: list[Document]) -> None:
        document = next(document for document in found if document.id == long.document_id)
        if document.pages_done and document.status is DocumentStatus.RUNNING and not reading.is_set():
            reading.set()
            with suppress(psutil.NoSuchProcess):
                psutil.Process(workbench._readers.pids[-1]).kill()  # those at work come last

    ids = [long.document_id, *(receipt.document_id for receipt in others)]
    assert workbench.jobs.wait(ids, timeout=150, progress=shoot)
    assert reading.is_set()
    states = [workbench.library.document(document_id) for document_id in ids]
    hurt = [document for document in states if document.status is not DocumentStatus.DONE]
    assert len(hurt) <= 1, hurt
    for document in hurt:
        assert "reader" in document.error
        workbench.jobs.retry(document.id)
    assert workbench.jobs.wait(ids, timeout=150)
    harbour = workbench.library.document(long.document_id)
    assert (harbour.status, harbour.pages_done, harbour.error) == (DocumentStatus.DONE, 150, None)
    assert all(check.ok for check in workbench.doctor()), workbench.doctor()
