"""How figures, states and kinds are said: one place, so that every page says them alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from core.records import Document, DocumentStatus


@dataclass(frozen=True, slots=True)
class Look:
    """A state's words, colour of the palette and icon."""

    words: str
    color: str
    icon: str


STATES: dict[str, Look] = {
    DocumentStatus.QUEUED: Look("Waiting", "gray", ":material/schedule:"),
    DocumentStatus.RUNNING: Look("Working", "blue", ":material/progress_activity:"),
    DocumentStatus.SEARCHABLE: Look("Searchable", "green", ":material/search:"),
    DocumentStatus.DONE: Look("Ready", "green", ":material/check_circle:"),
    DocumentStatus.PARTIAL: Look("Ready with gaps", "orange", ":material/warning:"),
    DocumentStatus.FAILED: Look("Failed", "red", ":material/error:"),
    DocumentStatus.SKIPPED: Look("Already here", "gray", ":material/content_copy:"),
    DocumentStatus.CANCELLED: Look("Cancelled", "gray", ":material/cancel:"),
}

STAGES = {"read": "Reading", "split": "Splitting", "embed": "Embedding", "index": "Indexing"}

KINDS: dict[str, tuple[str, str]] = {
    "pdf": ("PDF", ":material/picture_as_pdf:"),
    "docx": ("Word", ":material/description:"),
    "odt": ("OpenDocument text", ":material/description:"),
    "pptx": ("PowerPoint", ":material/co_present:"),
    "odp": ("OpenDocument slides", ":material/co_present:"),
    "xlsx": ("Excel", ":material/table_view:"),
    "ods": ("OpenDocument sheet", ":material/table_view:"),
    "csv": ("CSV", ":material/table_rows:"),
    "html": ("Web page", ":material/language:"),
    "markdown": ("Markdown", ":material/notes:"),
    "asciidoc": ("AsciiDoc", ":material/notes:"),
    "epub": ("E-book", ":material/menu_book:"),
    "email": ("E-mail", ":material/mail:"),
    "text": ("Text", ":material/article:"),
    "code": ("Code", ":material/code:"),
    "image": ("Image", ":material/image:"),
    "record": ("Record", ":material/data_object:"),
}

LANGUAGES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}


def state(status: str) -> Look:
    """How a document's state is shown."""
    return STATES.get(status, Look(str(status).capitalize(), "gray", ":material/help:"))


def kind_name(kind: str) -> str:
    """A kind of document in a person's words."""
    return KINDS.get(kind, (kind.upper() or "Document", ""))[0]


def kind_icon(kind: str) -> str:
    """The icon of a kind of document."""
    return KINDS.get(kind, ("", ":material/draft:"))[1]


def language_name(code: str) -> str:
    """A language in English, or its code when it is not one we name."""
    return LANGUAGES.get(code, code)


def count(number: int, one: str, many: str = "") -> str:
    """`1 page`, `1,204 pages`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(number: int) -> str:
    """Bytes in the unit a person would use."""
    value = float(number)
    for unit in ("B", "KB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def duration(seconds: float) -> str:
    """A length of time, roughly."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def moment(text: str) -> datetime | None:
    """A time of a record (UTC, ISO 8601), or None when it is not one."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def ago(text: str, now: datetime | None = None) -> str:
    """How long ago a record's time was."""
    then = moment(text)
    if then is None:
        return ""
    seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    if seconds < 60:
        return "just now"
    for limit, length, word in ((3600, 60, "minute"), (86_400, 3600, "hour"), (30 * 86_400, 86_400, "day")):
        if seconds < limit:
            return f"{count(int(seconds // length), word)} ago"
    return f"{then:%d %b %Y}".lstrip("0")


def progress(document: Document) -> tuple[float, str]:
    """How far a document has come (0 to 1), and in words. Reading counts for a fifth, the passages for the rest."""
    stage = STAGES.get(document.stage, "Working")
    read = document.pages_done / document.pages if document.pages else 0.0
    indexed = document.chunks_done / document.chunks if document.chunks else 0.0
    figures = []
    if document.pages and document.pages_done:
        figures.append(f"page {document.pages_done:,} of {document.pages:,}")
    if document.chunks:
        figures.append(f"{document.chunks_done:,} of {count(document.chunks, 'passage')} indexed")
    return min(1.0, 0.2 * min(read, 1.0) + 0.8 * min(indexed, 1.0)), " · ".join([stage, *figures])


def facts(document: Document) -> str:
    """The line under a document's name: kind, extent, size, age."""
    parts = [kind_name(document.kind)]
    if document.pages:
        parts.append(count(document.pages, "page"))
    if document.chunks:
        parts.append(count(document.chunks, "passage"))
    parts.append(size(document.size))
    if document.version > 1:
        parts.append(f"version {document.version}")
    parts.append(ago(document.added_at))
    return " · ".join(part for part in parts if part)


def printed_page(page: int | None) -> str:
    """`page 3`, or nothing for documents without pages."""
    return f"page {page}" if page else ""
