"""The readers' processes: what crashes, hangs, swells or is cancelled costs one document and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from reportlab.pdfgen import canvas

from core.errors import (
    CorruptDocument,
    EmptyDocument,
    LimitExceeded,
    ReadCancelled,
    ReaderCrashed,
    ReaderTimeout,
    UnsupportedFormat,
)
from core.reading.pool import ReaderPool
from core.reading.protocol import MEGABYTE, Limits
from core.records import Attachment, DocumentHead, Page
from core.settings import Settings

BADLY = """
import ctypes, os, sys, time
from pathlib import Path
from storage.records import Attachment, Block, BlockKind, DocumentHead, Page


def read(path, name, ctx):
    what = path.read_text().split()[0]
    yield DocumentHead("text")
    yield page(1)
    if what == "exit":
        os._exit(7)
    if what == "segfault":
        ctypes.string_at(0)
    if what == "hang":
        time.sleep(600)
    if what == "swell":
        held = []
        while True:
            held.append(bytearray(64 * 1024 * 1024))
    if what == "recurse":
        def deeper(n):
            return deeper(n + 1)
        deeper(0)
    if what == "raise":
        raise KeyError("nobody expected this")
    if what == "print":
        os.write(1, b"a library prints to standard output" * 1000)
        print("and so does this")
        sys.stdout.flush()
    if what == "network":
        import socket
        socket.create_connection(("127.0.0.1", 9))
    if what == "program":
        import subprocess
        subprocess.run(["true"])
    if what == "surrogate":
        yield page(2, "half a character \\ud83d and the rest")
    if what == "endless":
        for number in range(2, 1_000_000):
            yield page(number, "word " * 2000)
    if what == "attach":
        inside = ctx.findings / "inside.txt"
        inside.write_text("inside")
        (ctx.findings / "link.txt").symlink_to("/etc/hostname")
        yield Attachment("inside.txt", str(inside))
        yield Attachment("outside.txt", str(path))
        yield Attachment("link.txt", str(ctx.findings / "link.txt"))
        yield Attachment("up.txt", str(ctx.findings / ".." / path.name))
    if what == "environment":
        yield page(2, " ".join(sorted(os.environ)))


def page(number, text="some text"):
    return Page(number, (Block(BlockKind.PARAGRAPH, text, 0, len(text)),))


def silent(path, name, ctx):
    yield DocumentHead("code")
    yield Page(1, ())
"""


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., ReaderPool]]:
    """Makes pools whose reader for text behaves as badly as the text says."""
    folder = tmp_path_factory.mktemp("badly")
    (folder / "badly.py").write_text(textwrap.dedent(BADLY))
    before = os.environ.get("PYTHONPATH", "")
    made: list[ReaderPool] = []

    def pool(workers: int = 1, **limits: float) -> ReaderPool:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), before])
        readers = {"text": "badly:read", "code": "badly:silent"}
        made.append(ReaderPool(Settings(), workers, limits=Limits(**limits), readers=readers))  # type: ignore[arg-type]
        return made[-1]

    yield pool
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def bad(make: Callable[..., ReaderPool]) -> Callable[[], ReaderPool]:
    """A pool shared by the tests of this file."""
    shared = make(memory_bytes=600 * MEGABYTE, page_seconds=20, unpacked_bytes=64 * MEGABYTE)

    def get() -> ReaderPool:
        return shared

    return get


def order(tmp_path: Path, what: str) -> Path:
    path = tmp_path / f"{what}.txt"
    path.write_text(f"{what} is what the reader of this text does, and it is written as prose.\n")
    return path


@pytest.fixture(autouse=True)
def reachable(make: Callable[..., ReaderPool]) -> None:
    """The environment is put back after each test; processes that start later need the folder again."""
    import importlib.util

    assert importlib.util.find_spec("badly") is None, "only readers' processes may find it"


def read(pool: ReaderPool, path: Path, **options: object) -> list[DocumentHead | Page | Attachment]:
    return list(pool.read(path, path.name, findings=path.parent / "findings", **options))  # type: ignore[arg-type]


def fine(pool: ReaderPool, tmp_path: Path) -> bool:
    return len(read(pool, order(tmp_path, "nothing"))) == 2


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("exit", ReaderCrashed),
        ("segfault", ReaderCrashed),
        ("swell", (LimitExceeded, ReaderCrashed)),
        ("recurse", CorruptDocument),
        ("raise", CorruptDocument),
        ("network", CorruptDocument),
        ("program", CorruptDocument),
    ],
)
def test_a_reader_that_fails_costs_one_document(
    bad: Callable[[], ReaderPool], tmp_path: Path, what: str, error: type[Exception]
) -> None:
    pool = bad()
    reading = pool.read(order(tmp_path, what), "a.txt", findings=tmp_path / "findings")
    assert isinstance(next(reading), DocumentHead)
    assert isinstance(next(reading), Page)  # what came before the failure is not lost
    with pytest.raises(error) as caught:
        next(reading)
    assert str(caught.value).count(".") >= 2  # a sentence and a next step
    assert "Traceback" not in str(caught.value)
    assert fine(pool, tmp_path)


def test_a_reader_that_hangs_is_stopped(make: Callable[..., ReaderPool], tmp_path: Path) -> None:
    pool = make(page_seconds=1.0)
    with pytest.raises(ReaderTimeout, match="stood still"):
        read(pool, order(tmp_path, "hang"))
    slow = make(read_seconds=1.0)
    with pytest.raises(ReaderTimeout, match="QUELLWERK_READ_TIMEOUT_S"):
        read(slow, order(tmp_path, "hang"))
    assert fine(pool, tmp_path)


def test_what_libraries_print_does_not_reach_the_frames(bad: Callable[[], ReaderPool], tmp_path: Path) -> None:
    assert len(read(bad(), order(tmp_path, "print"))) == 2


def test_odd_text_arrives_as_valid_text(bad: Callable[[], ReaderPool], tmp_path: Path) -> None:
    page = read(bad(), order(tmp_path, "surrogate"))[-1]
    assert isinstance(page, Page)
    assert page.text.encode("utf-8").startswith(b"half a character")


def test_a_document_without_text_is_empty(bad: Callable[[], ReaderPool], tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("import os\nprint(os.getcwd())\n")
    with pytest.raises(EmptyDocument):
        read(bad(), path)


def test_files_outside_the_findings_are_left_out(bad: Callable[[], ReaderPool], tmp_path: Path) -> None:
    found = read(bad(), order(tmp_path, "attach"))
    assert [item.name for item in found if isinstance(item, Attachment)] == ["inside.txt"]


def test_secrets_of_the_environment_stay_outside(
    make: Callable[..., ReaderPool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make()
    monkeypatch.setenv("QUELLWERK_API_KEY", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    page = read(pool, order(tmp_path, "environment"))[-1]
    assert isinstance(page, Page)
    assert "PATH" in page.text
    assert "SECRET" not in page.text
    assert "API_KEY" not in page.text


def test_cancelling_ends_the_reading_and_the_process(make: Callable[..., ReaderPool], tmp_path: Path) -> None:
    pool = make()
    cancel = threading.Event()
    reading = pool.read(order(tmp_path, "hang"), "a.txt", findings=tmp_path / "findings", cancel=cancel)
    next(reading)
    next(reading)
    (pid,) = pool.pids
    cancel.set()
    with pytest.raises(ReadCancelled):
        next(reading)
    assert not psutil.pid_exists(pid)
    assert fine(pool, tmp_path)


def test_closing_a_reading_early_ends_it(make: Callable[..., ReaderPool], tmp_path: Path) -> None:
    pool = make()
    reading = pool.read(order(tmp_path, "endless"), "a.txt", findings=tmp_path / "findings")
    for _ in range(3):
        next(reading)
    (pid,) = pool.pids
    reading.close()  # type: ignore[attr-defined]
    assert not psutil.pid_exists(pid)
    assert fine(pool, tmp_path)


def test_a_reader_waits_for_whoever_reads_it(make: Callable[..., ReaderPool], tmp_path: Path) -> None:
    """The pipe is the bound: a reader that is not asked on stops writing, and that is no time-out."""
    pool = make(page_seconds=2.0)
    reading = pool.read(order(tmp_path, "endless"), "a.txt", findings=tmp_path / "findings")
    next(reading)
    (pid,) = pool.pids
    process = psutil.Process(pid)
    deadline = time.monotonic() + 60
    used = -1.0
    while used != (used := process.cpu_times().user):  # until it stands still
        assert time.monotonic() < deadline
        time.sleep(2.1)
    assert isinstance(next(reading), Page)
    reading.close()  # type: ignore[attr-defined]


def test_workers_are_kept_and_bounded(make: Callable[..., ReaderPool], tmp_path: Path) -> None:
    pool = make(workers=2)
    first = order(tmp_path, "nothing")
    readings = [pool.read(first, "a.txt", findings=tmp_path / str(number)) for number in range(2)]
    for reading in readings:
        next(reading)
    used = set(pool.pids)
    assert len(used) == 2
    waiting = threading.Event()
    waiting.set()
    with pytest.raises(ReadCancelled):  # no third one, and waiting for one can be cancelled
        next(pool.read(first, "a.txt", findings=tmp_path / "3", cancel=waiting))
    for reading in readings:
        assert len(list(reading)) == 1
    assert fine(pool, tmp_path)
    assert set(pool.pids) == used


def test_warming_starts_no_more_than_are_needed(make: Callable[..., ReaderPool], tmp_path: Path) -> None:
    pool = make(workers=1)
    pool.warm()
    assert fine(pool, tmp_path)
    pool.warm()
    assert fine(pool, tmp_path)
    assert pool.kind(order(tmp_path, "nothing"), "a.txt") == "text"
    assert len(pool.pids) == 2  # one reads, one draws


def test_looking_does_not_wait_for_reading(make: Callable[..., ReaderPool], tmp_path: Path) -> None:
    pool = make()
    reading = pool.read(order(tmp_path, "endless"), "a.txt", findings=tmp_path / "findings")
    next(reading)
    assert pool.kind(order(tmp_path, "nothing"), "a.txt") == "text"
    reading.close()  # type: ignore[attr-defined]


def test_a_closed_pool_leaves_nothing(
    make: Callable[..., ReaderPool], tmp_path: Path, no_leaks: Callable[[], None]
) -> None:
    pool = make(workers=2)
    pool.warm()
    path = order(tmp_path, "endless")
    reading = pool.read(path, "a.txt", findings=tmp_path / "findings")
    next(reading)
    pool.close()
    pool.close()
    with pytest.raises(ReaderCrashed):
        list(reading)
    with pytest.raises(ReaderCrashed):
        pool.kind(path, "a.txt")
    no_leaks()


def test_a_list_of_records_is_no_document(pool: ReaderPool, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "one"}\n{"text": "two"}\n')
    assert pool.kind(path, "a.jsonl") == "jsonl"
    with pytest.raises(UnsupportedFormat):
        read(pool, path)


PARENT = """
import sys
from pathlib import Path
from core.reading.pool import ReaderPool
from core.settings import Settings

pool = ReaderPool(Settings(), 1)
reading = pool.read(Path(sys.argv[1]), "a.pdf", findings=Path(sys.argv[2]))
next(reading)
print(*pool.pids, flush=True)
sys.stdin.read()
"""


@pytest.mark.crash
def test_workers_die_with_their_parent(tmp_path: Path, root: Path) -> None:
    sheet = canvas.Canvas(str(tmp_path / "a.pdf"), invariant=1)
    for number in range(3000):
        sheet.drawString(72, 700, f"Page {number} of many, so that the reader is still at work.")
        sheet.showPage()
    sheet.save()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "a.pdf"), str(tmp_path / "findings")],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    worker = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.wait(timeout=30)
    _, alive = psutil.wait_procs([worker], timeout=30)
    assert not alive
    parent.stdout.close()
    if parent.stdin:
        parent.stdin.close()


def test_workers_import_nothing_of_the_workbench(root: Path) -> None:
    code = (
        "import sys, core.reading.worker, core.reading.pdf, core.reading.sniff, core.reading.limits; "
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True).stdout
    heavy = {"streamlit", "chromadb", "dbos", "tantivy", "sqlalchemy", "llama_index", "docling", "rapidocr", "fastapi"}
    assert not heavy & set(loaded.split())
