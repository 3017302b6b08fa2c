"""A large PDF from the drop to the last searchable chunk; then the same again, and again with 1 % of it changed.

`BENCH_PDF=file.pdf` measures another file; what needs the bench's own is then left out.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, MemoryWatch
from bench.opened import opened
from bench.paper import write_pdf
from core.library import Upload
from core.models.minilm import MiniLM
from core.records import Document
from core.splitting.splitter import embedding_text
from core.workbench import Workbench

NAME = "works-and-days.pdf"
PAGES = 406
CHANGED = frozenset({101, 202, 303, 404})  # 1 % of the pages get a sentence more
LONGEST_S = 1800


def first_words(workbench: Workbench, document_id: str) -> str:
    """The beginning of page 1's longest paragraph, as soon as the page has been read."""
    while True:
        for page in workbench.library.pages(document_id, 1, 1):
            return max((block.text for block in page.blocks), key=len)[:120]
        time.sleep(0.01)


def drop(workbench: Workbench, path: Path) -> tuple[Document, float, float]:
    """Take a file in and wait; returns (document, seconds to its first page in search, seconds until it is done)."""
    began = time.perf_counter()
    (receipt,) = workbench.library.add([Upload(NAME, path)])
    document_id = receipt.document_id or ""
    words = first_words(workbench, document_id)
    while not workbench.search.search(words, mode="keyword", top_k=1, document_ids=(document_id,)).passages:
        time.sleep(0.02)
    first = time.perf_counter() - began
    while workbench.library.document(document_id).seconds == 0:
        if time.perf_counter() - began > LONGEST_S:
            raise RuntimeError("The PDF did not end.")
        time.sleep(0.1)  # each look costs a query, on a machine whose cores are all at work
    return workbench.library.document(document_id), first, time.perf_counter() - began


def embedding_alone(workbench: Workbench, document: Document) -> float:
    """Seconds the model needs for the document's chunks when nothing else happens."""
    chunks = workbench.library.chunks(document.id, 0, document.chunks)
    texts = [embedding_text(chunk, document.title or document.name) for chunk in chunks]
    settings = workbench.settings
    model = MiniLM(threads=settings.embedding_threads, batch=settings.embedding_batch_size)
    try:
        model.encode(texts[:64])
        began = time.perf_counter()
        model.encode(texts)
        return time.perf_counter() - began
    finally:
        model.close()


def model_work(workbench: Workbench) -> int:
    """Texts the model has embedded since the start; cached ones are not among them."""
    return int(workbench.status().models["embedding"]["texts"])


def measure(folder: Path) -> Iterator[Figure]:
    given = os.environ.get("BENCH_PDF")
    path = Path(given) if given else folder / NAME
    if not given:
        write_pdf(path, PAGES)
    with opened(folder / "data") as workbench:
        before = model_work(workbench)
        with MemoryWatch() as memory:
            document, first, whole = drop(workbench, path)
        alone = embedding_alone(workbench, document)
        made = f"{document.pages} pages, {document.chunks} chunks, {document.status.value}"
        yield Figure("PDF searchable / embedding alone", round(whole / alone, 3), "x", "<= 1.15", made)
        yield Figure("PDF dropped to all searchable", round(whole, 2), "s", "", f"embedding alone {alone:.2f} s")
        yield Figure("PDF first page searchable", round(first, 2), "s", "<= 2")
        yield Figure(
            "peak memory while ingesting the PDF",
            round(memory.peak),
            "MB",
            "<= 1200",
            f"readers included; the workbench itself {memory.peak_main:.0f} MB",
        )
        yield from again(workbench, path, model_work(workbench) - before)
        if not given:
            yield from changed(workbench, folder / "changed.pdf", before)


def again(workbench: Workbench, path: Path, work: int) -> Iterator[Figure]:
    """The same bytes under another name."""
    times = []
    for number in range(7):
        began = time.perf_counter()
        workbench.library.add([Upload(f"copy-{number}.pdf", path)])
        times.append((time.perf_counter() - began) * 1000)
    megabytes = path.stat().st_size / 1e6
    yield Figure(
        "re-upload unchanged",
        round(statistics.median(times), 1),
        "ms",
        "<= 50",
        f"{megabytes:.1f} MB, {work} texts embedded the first time, none again",
    )


def changed(workbench: Workbench, path: Path, before: int) -> Iterator[Figure]:
    """A new version in which 1 % of the pages say more."""
    first = model_work(workbench) - before
    write_pdf(path, PAGES, changed=CHANGED)
    began = time.perf_counter()
    (receipt,) = workbench.library.add([Upload(NAME, path)])
    workbench.jobs.wait([receipt.document_id or ""], LONGEST_S)
    seconds = time.perf_counter() - began
    fresh = model_work(workbench) - before - first
    yield Figure(
        "re-upload with 1 % changed, share of model work",
        round(100 * fresh / first, 2),
        "%",
        "<= 3",
        f"{fresh} of {first} texts embedded; version {receipt.version} done after {seconds:.2f} s",
    )
