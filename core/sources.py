"""Where a citation comes from: the page as a picture with the passage marked, or the passage in its context."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidRequest, NotFound
from core.ingest.stores import Stores
from core.library import Library
from core.reading.pool import ReaderPool
from core.reading.registry import DRAWN
from core.records import Block, Chunk, Document, Page
from storage.errors import RowNotFound

AROUND = 4  # blocks of context on each side


@dataclass(frozen=True, slots=True)
class Context:
    """A passage between what stands before and after it. Block texts are the document's own."""

    document: Document
    chunk: Chunk
    before: tuple[Block, ...]
    passage: tuple[Block, ...]
    after: tuple[Block, ...]
    has_page_image: bool
    label: str = ""  # what a person calls the page: a sheet's name


class Sources:
    """Looks passages up in the parse cache and draws pages through the readers' processes."""

    def __init__(self, library: Library, stores: Stores, readers: ReaderPool) -> None:
        self._library = library
        self._stores = stores
        self._readers = readers

    def chunk(self, chunk_id: str) -> Chunk:
        """One chunk. Raises NotFound."""
        found = self._stores.chunks.get(chunk_id)
        if found is None:
            raise NotFound("This passage is no longer in the library.", "Its document was deleted or replaced.")
        return found

    def page_image(
        self,
        document_id: str,
        page: int,
        *,
        chunk_id: str | None = None,
        quote: str | None = None,
        width_px: int = 1100,
    ) -> bytes:
        """A page of a PDF or image as PNG, `width_px` wide, with the passage (or the quote in it) marked.

        Raises NotFound for an unknown document, page or chunk, InvalidRequest for a document without page pictures.
        """
        document = self._library.document(document_id)
        if document.kind not in DRAWN:
            raise InvalidRequest(f"“{document.name}” has no page pictures.", "Look at its text instead.")
        if not 1 <= page <= (document.pages or 1):
            raise NotFound(f"“{document.name}” has no page {page}.", f"It has {document.pages or 1}.")
        if not 100 <= width_px <= 4000:
            raise InvalidRequest(f"A width of {width_px} pixels cannot be drawn.", "Ask for 100 to 4000.")
        find, hint = quote or "", None
        if chunk_id is not None:
            chunk = self.chunk(chunk_id)
            find = find or chunk.text
            hint = _range_on(chunk, page)
        return self._readers.render(self._readable(document), page, width_px=width_px, find=find, hint=hint)

    def context(self, chunk_id: str) -> Context:
        """The blocks of a passage and a few on either side. Raises NotFound."""
        chunk = self.chunk(chunk_id)
        document = self._library.document(chunk.document_id)
        try:
            version = self._stores.catalog.version(chunk.version_id)
        except RowNotFound as error:
            raise NotFound("This passage is no longer in the library.") from error
        first = max(1, chunk.section - 1)
        pages = list(self._stores.cache.pages(version.readable_hash, first, chunk.section_end + 2 - first))
        before, passage, after = _around(pages, chunk)
        label = next((page.label for page in pages if page.number == chunk.section), "")
        return Context(document, chunk, before, passage, after, document.kind in DRAWN, label)

    def _readable(self, document: Document) -> Path:
        return self._stores.files.path(self._stores.catalog.version(document.version_id).readable_hash)


def _range_on(chunk: Chunk, page: int) -> tuple[int, int] | None:
    """The chunk's characters on one of its pages; None if it is not on that page."""
    if not chunk.section <= page <= chunk.section_end:
        return None
    start = chunk.start if page == chunk.section else 0
    end = chunk.end if page == chunk.section_end else 1 << 30
    return start, end


def _around(pages: list[Page], chunk: Chunk) -> tuple[tuple[Block, ...], tuple[Block, ...], tuple[Block, ...]]:
    before: list[Block] = []
    passage: list[Block] = []
    after: list[Block] = []
    for page in pages:
        for block in page.blocks:
            if (page.number, block.end) <= (chunk.section, chunk.start):
                before.append(block)
            elif (page.number, block.start) >= (chunk.section_end, chunk.end):
                after.append(block)
            else:
                passage.append(block)
    return tuple(before[-AROUND:]), tuple(passage), tuple(after[:AROUND])
