"""The bench measures what it says: its files are what it takes them for, its figures have the agreed form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest

from bench.figures import Figure, MemoryWatch, machine, percentile
from bench.paper import write_pdf
from bench.prose import Writer
from bench.registry import BENCHES


def texts(path: Path) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def test_the_paper_reads_like_a_report(tmp_path: Path) -> None:
    write_pdf(tmp_path / "a.pdf", pages=12, title="Works and days")
    pages = texts(tmp_path / "a.pdf")
    assert len(pages) == 12
    assert all(page.startswith("Works and days") for page in pages)
    assert all(1000 < len(page) < 4000 for page in pages)
    assert len({page[-400:] for page in pages}) == 12


def test_the_same_paper_is_the_same_file(tmp_path: Path) -> None:
    write_pdf(tmp_path / "a.pdf", pages=3)
    write_pdf(tmp_path / "b.pdf", pages=3)
    write_pdf(tmp_path / "c.pdf", pages=3, seed=8)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert texts(tmp_path / "a.pdf") != texts(tmp_path / "c.pdf")


def test_a_changed_page_changes_alone(tmp_path: Path) -> None:
    write_pdf(tmp_path / "a.pdf", pages=9)
    write_pdf(tmp_path / "b.pdf", pages=9, changed=frozenset({4, 7}))
    pairs = zip(texts(tmp_path / "a.pdf"), texts(tmp_path / "b.pdf"), strict=True)
    assert [number for number, (before, after) in enumerate(pairs, 1) if before != after] == [4, 7]


def test_paragraphs_do_not_repeat() -> None:
    writer = Writer(1)
    paragraphs = [writer.paragraph("tram lines", "Saltby", 5) for _ in range(500)]
    assert len(set(paragraphs)) == 500


@pytest.mark.parametrize(("share", "expected"), [(0.5, 51), (0.95, 96), (1.0, 100), (0.0, 1)])
def test_percentile(share: float, expected: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_memory_is_watched_with_children() -> None:
    with MemoryWatch() as watch:
        block = "import sys; held = bytearray(200_000_000); held[::4096] = b'x' * len(held[::4096]); sys.stdin.read()"
        child = subprocess.Popen([sys.executable, "-c", block], stdin=subprocess.PIPE)
        try:
            while watch.peak < watch.peak_main + 150 and child.poll() is None:
                watch._done.wait(0.02)
        finally:
            child.communicate(timeout=30)
    assert watch.peak > watch.peak_main + 150


def test_a_figure_has_the_agreed_fields() -> None:
    assert {"name", "value", "unit", "reach"} <= set(Figure("a", 1.0, "s", "<= 2").as_json())
    assert {"processor", "cores", "memory_gb"} <= set(machine())


def test_an_unknown_bench_is_wrong_usage(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "nonsense"], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert all(name in done.stderr for name in BENCHES)


def test_the_library_bench_runs_on_a_small_library(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "search", "--json"],
        cwd=root,
        env={**os.environ, "BENCH_CHUNKS": "2000"},
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [figure["name"] for figure in found["figures"]] == [
        "bulk indexing of ready vectors",
        "hybrid search, p95",
        "dense search, p95",
        "keyword search, p95",
        "delete a document of 1,000 chunks",
    ]
