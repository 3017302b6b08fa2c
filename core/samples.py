"""The samples: a small library that an empty data folder is given once."""

from __future__ import annotations

from pathlib import Path

from core.library import Library, Upload
from storage.catalog import Catalog

FOLDER = Path(__file__).resolve().parent.parent / "samples" / "library"
OFFERED = "samples_offered"


def offer_samples(catalog: Catalog, library: Library, folder: Path = FOLDER) -> int:
    """Import the samples if the folder never held a document; deleted samples do not come back.

    Returns how many files were taken in.
    """
    if catalog.fact(OFFERED) is not None or catalog.status_counts() or not folder.is_dir():
        return 0
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    library.add([Upload(path.name, path) for path in files])
    catalog.remember(OFFERED, "yes")
    return len(files)
