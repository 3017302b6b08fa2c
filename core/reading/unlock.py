"""Opening an encrypted PDF once, so that reading it again and showing its pages never asks for the password."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pypdfium2.raw as pdfium_c

from core.errors import UnsupportedFormat
from core.reading.pdf import open_pdf


def unlocked_copy(request: Mapping[str, Any]) -> str:
    """Write the unlocked PDF to `target` and return that path. Raises PasswordNeeded, UnsupportedFormat."""
    path, target = Path(str(request["path"])), Path(str(request["target"]))
    with path.open("rb") as start:
        is_pdf = b"%PDF-" in start.read(1024)
    if not is_pdf:
        raise UnsupportedFormat("Only PDF files can be unlocked here.", "Save it without a password and add that copy.")
    with open_pdf(path, str(request["password"])) as document, target.open("wb") as file:
        document.save(file, flags=pdfium_c.FPDF_REMOVE_SECURITY)
    return str(target)
