"""The measurements by name. Each runs in a process of its own, so that none inherits another's memory or caches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.figures import Figure, machine

ROOT = Path(__file__).resolve().parent.parent
OUT = Path(__file__).resolve().parent / "out"
LONGEST_S = 3600

BENCHES = {
    "start": "cold start to the first page, memory when idle",
    "pdf": "a 406-page PDF: searchable, memory, again unchanged, again with 1 % changed",
    "search": "100,000 chunks: bulk indexing, search, deleting a document of 1,000",
}

Measure = Callable[[Path], Iterator[Figure]]


def inside(name: str) -> None:
    """Run one measurement in this process and print each figure as a line of JSON."""
    measure: Measure = import_module(f"bench.{name}").measure
    with tempfile.TemporaryDirectory(prefix=f"quellwerk-bench-{name}-", ignore_cleanup_errors=True) as folder:
        for figure in measure(Path(folder)):
            print(json.dumps(figure.as_json()), flush=True)


def figures(names: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Figures of the named measurements (all if none is named), as they come.

    Raises KeyError for an unknown name and RuntimeError, with the log's end, for a measurement that broke.
    """
    for name in names or BENCHES:
        if name not in BENCHES:
            raise KeyError(f"There is no bench “{name}”. There are: {', '.join(BENCHES)}.")
    for name in names or BENCHES:
        yield from _outside(name)


def report(names: Sequence[str] = ()) -> dict[str, Any]:
    """Everything as one JSON document: the machine, then the figures."""
    return {"machine": machine(), "figures": list(figures(names))}


def _outside(name: str) -> Iterator[dict[str, Any]]:
    OUT.mkdir(exist_ok=True)
    log = OUT / f"{name}.log"
    environment = {key: value for key, value in os.environ.items() if key != "QUELLWERK_DATA"}
    with log.open("w", encoding="utf-8") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", "bench", "--inside", name],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert child.stdout
            for line in child.stdout:
                if line.startswith("{"):
                    yield json.loads(line)
            code = child.wait(timeout=LONGEST_S)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    if code:
        end = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
        raise RuntimeError(f"The bench “{name}” ended with {code}.\n{end}")
