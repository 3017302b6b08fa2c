"""The one door to docling: its backends for declarative formats, without its pipelines, and its failures as ours.

Only the backend of a format is imported, when the first file of that format comes: measured 2.4 s and 170 MB, where
`docling.document_converter` costs 4.1 s and 225 MB because it brings the PDF and image pipelines. For these formats
docling's own SimplePipeline does nothing but call the backend. Nothing is fetched: the options leave remote and local
fetching off, and a stream has no place that relative addresses could be resolved from.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import CorruptDocument, LimitExceeded, ReadError

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument

_BACKENDS = {
    "docx": "core.reading.backends:PlainWord",
    "pptx": "core.reading.backends:PlainSlides",
    "odt": "docling.backend.opendocument_backend:OdtDocumentBackend",
    "odp": "docling.backend.opendocument_backend:OdpDocumentBackend",
    "html": "docling.backend.html_backend:HTMLDocumentBackend",
    "asciidoc": "docling.backend.asciidoc_backend:AsciiDocBackend",
}

_OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    # Text before the first heading is content to us, not furniture; the title is read from the head by ourselves.
    "html": ("HTMLBackendOptions", {"infer_furniture": False, "add_title": False}),
    "asciidoc": ("AsciiDocBackendOptions", {"capture_comments": False}),
    "docx": ("MsWordBackendOptions", {}),
    "pptx": ("MsPowerpointBackendOptions", {}),
}

KIND_NAMES = {
    "docx": "Word document",
    "pptx": "presentation",
    "xlsx": "spreadsheet",
    "odt": "text document",
    "ods": "spreadsheet",
    "odp": "presentation",
    "html": "web page",
    "markdown": "Markdown file",
    "asciidoc": "AsciiDoc file",
    "epub": "book",
    "csv": "table",
    "email": "e-mail",
    "text": "text file",
    "code": "source file",
    "record": "record",
}
"""What a person calls a kind, for the sentences of errors."""

_AGAIN = "Open it in the program it comes from, save it again, and add the saved file."


def _load(entry: str) -> Any:
    module, _, name = entry.partition(":")
    return getattr(import_module(module), name)


@cache
def _backend(kind: str) -> tuple[Any, Any, Any]:
    """docling's format, our choice of backend and its options for a kind; imported once per process."""
    logging.getLogger("docling").setLevel(logging.CRITICAL)  # it logs whole tracebacks of files that are merely broken
    form = _load("docling.datamodel.base_models:InputFormat")(kind)
    if kind not in _OPTIONS:
        return form, _load(_BACKENDS[kind]), None
    options, values = _OPTIONS[kind]
    return form, _load(_BACKENDS[kind]), _load(f"docling.datamodel.backend_options:{options}")(**values)


def convert(kind: str, source: Path | bytes) -> DoclingDocument:
    """docling's reading of a file or of bytes.

    Raises CorruptDocument or LimitExceeded, never an error of docling or of the libraries below it.
    """
    with translated(kind):
        form, backend, options = _backend(kind)
        document = _load("docling.datamodel.document:InputDocument")(
            # Never the user's name for the file: docling would keep and interpret it.
            path_or_stream=BytesIO(source) if isinstance(source, bytes) else source,
            format=form,
            backend=backend,
            backend_options=options,
            filename=f"document.{kind}",
        )
        if not document.valid:
            cause = document._rejection
            raise getattr(cause, "original_error", None) or ValueError(getattr(cause, "message", "not valid"))
        try:
            converted: DoclingDocument = document._backend.convert()
            return converted
        finally:
            document._backend.unload()


@contextmanager
def translated(kind: str) -> Iterator[None]:
    """Turns whatever a library raises on a bad file into one of ours, with the cause chained."""
    what = KIND_NAMES[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libraries warn about oddities in a file; nobody would see it
        try:
            yield
        except ReadError:
            raise
        except MemoryError as error:
            raise LimitExceeded(
                f"Reading this {what} needs more memory than a reader may take.", "Split it into smaller files."
            ) from error
        except RecursionError as error:
            raise CorruptDocument(f"This {what} is nested too deeply to be read.", _AGAIN) from error
        except Exception as error:
            if "ArchiveLimitError" in {cls.__name__ for cls in type(error).__mro__}:
                raise LimitExceeded(
                    f"This {what} unpacks to more data than is allowed.", "Remove large pictures or split the file."
                ) from error
            raise damaged(kind) from error


def damaged(kind: str) -> CorruptDocument:
    """The error for a file that is not readable as what it seems to be."""
    return CorruptDocument(f"This {KIND_NAMES[kind]} is damaged, cut off, or not what it claims to be.", _AGAIN)
