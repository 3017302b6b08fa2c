"""A workbench on a folder of the bench's own, in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.library import Upload
from core.settings import load_settings
from core.workbench import Workbench


@contextmanager
def opened(folder: Path) -> Iterator[Workbench]:
    """Open, ready and warm: a small document went through it once, as the samples do at a real first start."""
    given = {name: value for name, value in os.environ.items() if name.startswith(("QUELLWERK_", "OLLAMA_"))}
    settings = load_settings({**given, "QUELLWERK_DATA": str(folder), "QUELLWERK_SAMPLES": "0"}, dotenv=None)
    workbench = Workbench.open(settings)
    try:
        if not workbench.ready(120):
            raise RuntimeError(f"The workbench did not open: {workbench.status().components}")
        (receipt,) = workbench.library.add([Upload("warm-up.txt", b"A small document that wakes every stage up.")])
        if not workbench.jobs.wait([receipt.document_id or ""], 120):
            raise RuntimeError("The warm-up document did not end.")
        workbench.search.search("What wakes every stage up?")
        workbench.asker.warm()  # else the two seconds after the start, busy loading LlamaIndex, would be measured too
        yield workbench
    finally:
        workbench.close()
