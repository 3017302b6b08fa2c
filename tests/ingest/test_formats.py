"""Every format from the dropped file to an answer that cites it, with the real stores and the built-in models."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image, ImageChops

from core.errors import InvalidRequest
from core.library import Upload
from core.records import Answer, Chunk, Document, DocumentStatus
from core.settings import Settings
from core.workbench import Workbench
from tests.ingest import papers

EACH = pytest.mark.parametrize("paper", papers.PAPERS, ids=lambda paper: paper.source)


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A workbench that all files were dropped into at once."""
    folder = tmp_path_factory.mktemp("formats")
    (folder / "files").mkdir()
    files = papers.write(folder / "files")
    opened = Workbench.open(Settings(data=folder / "data", samples=False))
    try:
        receipts = opened.library.add([Upload(path.name, path) for path in files])
        assert {receipt.status for receipt in receipts} == {DocumentStatus.QUEUED}, receipts
        assert opened.jobs.wait([receipt.document_id for receipt in receipts], timeout=150)
        yield opened
    finally:
        opened.close()


def document_of(workbench: Workbench, name: str) -> Document:
    (found,) = [document for document in workbench.library.documents() if document.name == name]
    return found


def asked(workbench: Workbench, question: str) -> Answer:
    *_, last = workbench.asker.ask(question)
    assert last.type == "done", last
    return last.answer


def cited(workbench: Workbench, paper) -> tuple[Document, Chunk]:
    """The document and the passage of the answer's first citation, after checking that it is what it says."""
    answer = asked(workbench, paper.question)
    assert paper.answer in answer.text.replace("*", ""), answer.text
    assert answer.grounded == 1
    sources = [citation for citation in answer.citations if citation.document == paper.source]
    assert sources, answer.citations
    assert answer.citations[0].document == paper.source, answer.citations
    source = sources[0]
    chunk = workbench.sources.chunk(source.chunk_id)
    assert source.quote
    assert source.quote in chunk.text
    assert chunk.document_id == source.document_id
    assert source.page == paper.page
    return workbench.library.document(source.document_id), chunk


def test_every_file_is_done(workbench: Workbench) -> None:
    states = {document.name: (document.status.value, document.error) for document in workbench.library.documents()}
    assert set(states.values()) == {("done", None)}, states
    assert len({paper.kind for paper in papers.PAPERS}) >= 14
    assert all(check.ok for check in workbench.doctor())


@EACH
def test_its_kind_is_known_and_search_finds_it(workbench: Workbench, paper) -> None:
    if not paper.document:
        assert document_of(workbench, paper.name).kind == paper.kind
    passages = workbench.search.search(paper.question, "hybrid", 5).passages
    assert paper.source in [passage.document for passage in passages[:3]]
    assert any(paper.answer in passage.chunk.text for passage in passages if passage.document == paper.source)


@EACH
def test_an_answer_cites_it(workbench: Workbench, paper) -> None:
    document, chunk = cited(workbench, paper)
    assert document.name == paper.source
    assert chunk.page is None or chunk.page <= paper.page <= chunk.page_end
    assert (document.pages is None) == (paper.page is None)


@EACH
def test_its_source_can_be_looked_at(workbench: Workbench, paper) -> None:
    document, chunk = cited(workbench, paper)
    context = workbench.sources.context(chunk.chunk_id)
    assert context.document.id == document.id
    assert any(paper.answer in block.text for block in context.passage), context
    assert context.has_page_image == (paper.kind in ("pdf", "image"))
    if not context.has_page_image:
        with pytest.raises(InvalidRequest):
            workbench.sources.page_image(document.id, 1)
        return
    plain = opened(workbench.sources.page_image(document.id, paper.page, width_px=800))
    marked = opened(workbench.sources.page_image(document.id, paper.page, chunk_id=chunk.chunk_id, width_px=800))
    assert plain.size == marked.size
    assert plain.width == 800
    place = ImageChops.difference(plain, marked).getbbox()
    assert place is not None, "the passage is marked"
    left, top, right, bottom = place
    assert (right - left) * (bottom - top) < plain.width * plain.height / 2, "and not the whole page"


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png), formats=["PNG"]).convert("RGB")
