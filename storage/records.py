"""The vocabulary of Quellwerk: frozen values that cross the layers.

Nothing of ours is imported here, so every layer may use these names. Times are UTC, ISO 8601 with a `Z`; scores state
their range where they are made; pages count from 1; character ranges are half-open `[start, end)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class DocumentStatus(StrEnum):
    """Where a document version stands. The last five are final."""

    QUEUED = "queued"  # accepted, its bytes are safe, nothing read yet
    RUNNING = "running"  # being read, split, embedded or indexed
    SEARCHABLE = "searchable"  # every chunk is indexed, later stages (graph) still to come
    DONE = "done"
    PARTIAL = "partial"  # done, but some chunks or pages failed and are listed
    FAILED = "failed"
    SKIPPED = "skipped"  # the same content is here already; `duplicate_of` says where
    CANCELLED = "cancelled"


FINAL = frozenset(
    {
        DocumentStatus.DONE,
        DocumentStatus.PARTIAL,
        DocumentStatus.FAILED,
        DocumentStatus.SKIPPED,
        DocumentStatus.CANCELLED,
    }
)


class BlockKind(StrEnum):
    """What a piece of text is, as far as the reader can tell."""

    TITLE = "title"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"  # text is GitHub-flavoured Markdown, header row first
    CODE = "code"
    CAPTION = "caption"
    PICTURE = "picture"  # text is a description of a picture


class ChunkState(StrEnum):
    """How far a chunk has come."""

    SPLIT = "split"
    INDEXED = "indexed"
    FAILED = "failed"  # attempts used up; waits in the dead-letter list


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text of one kind on one page.

    `start` and `end` are a half-open range of characters. On a PDF page they count the characters of the page's text
    layer, so that boxes can be computed from them; anywhere else they count the characters of `Page.text`.
    `level` is the depth of a heading (1 is the highest) or of a list item; 0 otherwise.
    """

    kind: BlockKind
    text: str
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page, slide or sheet; or one section of a document that has no pages.

    `number` counts from 1 without gaps within the document. `label` is what a person calls it (a sheet's name, a
    printed page number), if that differs. `method` says how the text was won: `text`, `ocr` or `layout`.
    """

    number: int
    blocks: tuple[Block, ...]
    width: float = 0.0  # points; 0 when the document has no pages
    height: float = 0.0
    label: str = ""
    method: str = "text"
    error: str = ""  # why this page gave no text, if it did not

    @property
    def text(self) -> str:
        """The page as a person would read it: its blocks, separated by a blank line."""
        return "\n\n".join(block.text for block in self.blocks)


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """What a reader knows before the first page. `pages` is None for kinds of document that have no pages."""

    kind: str  # see core/reading/registry.py: pdf, docx, html, email, text, image, record, ...
    title: str = ""
    pages: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file found inside another one (an e-mail's attachment), to be ingested as a document of its own."""

    name: str
    path: str  # a file below the directory that the reader was given for its findings


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage as it is embedded, indexed, retrieved and cited.

    `chunk_id` is derived from the document version, the position and the text, so a repeated step overwrites.
    `page` and `page_end` are None for documents without pages; `section` is the number of the `Page` value in either
    case. `start`/`end` count characters on `section` and `section_end` as in `Block`.
    """

    chunk_id: str
    document_id: str
    version_id: str
    ordinal: int
    text: str
    text_hash: str  # sha256 of the text that is embedded (heading path and text), the key of every cache
    heading: str  # the heading path, outermost first, joined by " › "
    kind: BlockKind
    language: str  # ISO 639-1, "" if unknown
    section: int
    section_end: int
    start: int
    end: int
    page: int | None = None
    page_end: int | None = None
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is listed: its current version's figures. Field names are those of interfaces.md."""

    id: str
    name: str  # the original name, for showing only
    status: DocumentStatus
    kind: str
    size: int  # bytes
    pages: int | None
    chunks: int
    chunks_failed: int
    entities: int
    relations: int
    version: int
    added_at: str
    seconds: float  # work spent on the current version
    title: str = ""
    stage: str = ""  # read, split, embed, index; "" when final
    pages_done: int = 0
    chunks_done: int = 0
    duplicate_of: str | None = None
    error: str | None = None  # one sentence and the next step
    error_type: str | None = None  # the error's class, when there is one
    content_hash: str = ""
    version_id: str = ""
    parent_id: str | None = None
    language: str = ""
    attempts: int = 0  # how often it was given another go
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """One document version's work, as `jobs` prints it. Field names are those of interfaces.md."""

    id: str
    document_id: str
    name: str
    status: str
    stage: str
    chunks_total: int
    chunks_done: int
    chunks_in_flight: int
    chunks_failed: int
    attempts: int
    error: str | None
    eta_seconds: float | None
    pages_total: int | None = None
    pages_done: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one dropped file: accepted (`document_id`), a duplicate, a new version, or refused (`error`)."""

    name: str
    status: DocumentStatus
    document_id: str | None = None
    duplicate_of: str | None = None
    version: int = 1
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that a retriever found. `score` is comparable within one result list only; higher is better."""

    rank: int
    score: float
    chunk: Chunk
    document: str  # the document's name
    document_kind: str = ""
    found_by: Mapping[str, int] = field(default_factory=dict)  # retriever name -> its rank for this chunk


@dataclass(frozen=True, slots=True)
class Citation:
    """A claim's source: `n` is the number of its chip, `quote` a run of characters of the chunk's text."""

    n: int
    document_id: str
    document: str
    page: int | None
    chunk_id: str
    quote: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An agent's answer. `text` is Markdown with `[n]` markers; `grounded` is the share of its sentences (0 to 1) that
    a citation backs. `trace` lists what was searched, found and used: dicts with `step`, `ms` and details."""

    agent: str
    text: str
    model: str
    grounded: float
    ms: float
    citations: tuple[Citation, ...]
    trace: tuple[Mapping[str, Any], ...] = ()
    answered: bool = True  # False: the documents do not answer


@dataclass(frozen=True, slots=True)
class AnswerPiece:
    """A piece of an answer while it is being made. `type` is `chunk` (text), `sources`, `done` or `error`."""

    type: str
    text: str = ""
    citations: tuple[Citation, ...] = ()
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A kept conversation, newest activity first in lists."""

    id: str
    title: str
    created_at: str
    updated_at: str
    messages: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. An assistant's message keeps the whole answer, citations included, so that a reload loses nothing."""

    id: str
    conversation_id: str
    role: str  # user, assistant
    text: str
    created_at: str
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """What a delete took out of each store."""

    chunks: int = 0
    vectors: int = 0
    keywords: int = 0
    contributions: int = 0
    entities: int = 0
    relations: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `doctor`: an invariant over the stores, whether it holds, and whether it was repaired."""

    name: str
    ok: bool
    detail: str
    repaired: bool = False
