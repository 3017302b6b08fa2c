"""docling's backends for Word and PowerPoint, with three habits changed. Pinned to docling-slim 2.142.1.

- docling cuts a paragraph at every change of bold, italic or link and drops the blanks between, so that `ital` + `ic`
  and `world` + `,` cannot be put together again. Here a paragraph is one run of text: formatting is nothing to search.
- Pictures are left undecoded: nothing of them is used, and image decoders need not see foreign bytes for that.
- LibreOffice is never started, whether it is installed or not.
"""

from __future__ import annotations

from typing import Any

from docling.backend.mspowerpoint_backend import MsPowerpointDocumentBackend
from docling.backend.msword_backend import MsWordDocumentBackend


class PlainWord(MsWordDocumentBackend):  # type: ignore[misc, unused-ignore]
    """Word documents with whole paragraphs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.docx_to_pdf_converter = None
        self.docx_to_pdf_converter_init = True  # "looked for, not there"

    def _iter_paragraph_content(self, paragraph: Any) -> list[tuple[str, Any, Any]]:
        content = super()._iter_paragraph_content(paragraph)
        return [("".join(text for text, _, _ in content), None, None)]

    def _is_rich_table_cell(self, cell: Any) -> bool:
        tables = cell._tc.iterchildren("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}tbl")
        return next(tables, None) is not None

    def _get_image_from_relationship(self, *_args: Any, **_kwargs: Any) -> None:
        return None


class PlainSlides(MsPowerpointDocumentBackend):  # type: ignore[misc, unused-ignore]
    """Presentations without their pictures."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pptx_to_pdf_converter_init = True

    def _handle_pictures(self, *_args: Any, **_kwargs: Any) -> None:
        return None
