"""PDF documents by their text layer, page by page; a page without usable text goes to OCR."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from core.errors import CorruptDocument, EmptyDocument, LimitExceeded, PasswordNeeded
from core.reading.blocks import Style, folded, page_blocks
from core.reading.furniture import REACH, Edges, edges, furniture
from core.reading.layout import Line, ordered
from core.reading.pdf_layer import TextLayer
from core.reading.protocol import Found, ReadContext
from core.reading.wording import cleaned
from storage.records import DocumentHead, Page

SAMPLE = 32
"""Pages looked at before the first one is read, spread over the document: for sizes of type and the words in use."""

MAX_OUTLINE = 20_000
SCARCE = 120
"""Characters. A page with fewer may be a scan with a number or a stamp on it."""

MANY_PATHS = 20
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_MADE_UP = re.compile(
    r"\.(docx?|tex|dvi|indd|pptx?|xlsx?|pdf)$|^(untitled|anonymous|microsoft|unbenannt|document\d*$)", re.IGNORECASE
)
_USABLE = 0.75
"""Share of a page's characters that must make sense, else its text layer counts as garbage."""


def read_pdf(path: Path, _name: str, ctx: ReadContext) -> Iterator[Found]:
    """The head, then pages from `ctx.start_page` on.

    Raises PasswordNeeded, CorruptDocument, EmptyDocument, LimitExceeded. A page that cannot be read is yielded with
    its `error`.
    """
    with open_pdf(path, ctx.password) as document:
        count = len(document)
        if count == 0:
            raise EmptyDocument("This PDF has no pages.", "Check where it came from and add it again.")
        if count > ctx.limits.pages:
            raise LimitExceeded(
                f"This document has {count:,} pages; {ctx.limits.pages:,} are allowed.",
                "Split it, or raise QUELLWERK_MAX_PAGES.",
            )
        style, first = _style(document)
        yield DocumentHead("pdf", _title(document, first), count, _metadata(document))
        yield from _pages(document, style, ctx)


def open_pdf(path: Path, password: str | None) -> pdfium.PdfDocument:
    """The document, open. Raises PasswordNeeded (missing or wrong) and CorruptDocument."""
    try:
        return pdfium.PdfDocument(path, password=password)
    except pdfium.PdfiumError as error:
        if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            if password:
                raise PasswordNeeded("The password does not open this PDF.", "Give the right one.") from error
            raise PasswordNeeded("This PDF is protected by a password.", "Give the password and try again.") from error
        if error.err_code == pdfium_c.FPDF_ERR_SECURITY:
            raise PasswordNeeded(
                "This PDF is encrypted in a way that cannot be opened here.", "Save a copy without protection."
            ) from error
        raise CorruptDocument(
            "This PDF is damaged or cut short.", "Get it again from where it came, or print it to a new PDF."
        ) from error


def _pages(document: pdfium.PdfDocument, style: Style, ctx: ReadContext) -> Iterator[Page]:
    """Each page once its next two neighbours have been looked at, for their headers and footers."""
    count = len(document)
    first = ctx.start_page - 1
    window: dict[int, _Drawn | None] = {}
    for index in range(max(0, first - REACH), min(first, count)):
        window[index] = _drawn(document, index)
    ahead = max(0, first)
    for index in range(first, count):
        while ahead <= min(index + REACH, count - 1):
            window[ahead] = _drawn(document, ahead)
            ahead += 1
        around = {number: drawn.edges for number, drawn in window.items() if drawn is not None}
        yield _page(document, index, window[index], around, style)
        window.pop(index - REACH, None)


class _Drawn:
    """A page's lines, before it is known which of them are furniture."""

    __slots__ = ("edges", "height", "lines", "scarce", "width")

    def __init__(self, layer: TextLayer) -> None:
        self.width, self.height = layer.width, layer.height
        self.lines: list[Line] = ordered(layer.runs()) if usable(layer.chars) else []
        self.scarce = sum(len(line.text) for line in self.lines) < SCARCE
        self.edges: Edges = edges(self.lines, self.height)


def _drawn(document: pdfium.PdfDocument, index: int) -> _Drawn | None:
    try:
        with TextLayer.of(document, index) as layer:
            return _Drawn(layer)
    except pdfium.PdfiumError:
        return None


def _page(
    document: pdfium.PdfDocument, index: int, drawn: _Drawn | None, around: Mapping[int, Edges], style: Style
) -> Page:
    number, label = index + 1, _label(document, index)
    if drawn is None:
        return Page(number, (), label=label, error=f"Page {number} is damaged and could not be read.")
    if (not drawn.lines and has_pictures(document, index)) or (drawn.scarce and is_scan(document, index)):
        from core.reading.ocr import read_pdf_page

        return read_pdf_page(document, index, label)
    gone = furniture(index, around)
    lines = [line for line in drawn.lines if id(line) not in gone]
    blocks = tuple(page_blocks(lines, style, index))
    return Page(number, blocks, round(drawn.width, 2), round(drawn.height, 2), label)


_SIGN = re.compile(r"[^\W_]")
_MEANINGLESS = re.compile("[\ufffd\ue000-\uf8ff\x00\x01\x03-\x08\x0e-\x1b]")
_LETTERS = re.compile(r"[A-Za-zÀ-ÿ]{3,}")
_VOWELS = frozenset("aeiouyAEIOUY") | frozenset(map(chr, range(0xC0, 0x100)))


def usable(chars: str) -> bool:
    """Whether a text layer is worth reading: has letters or digits, and most of its characters mean something."""
    if not _SIGN.search(chars):
        return False
    if len(_MEANINGLESS.findall(chars)) > (1 - _USABLE) * len("".join(chars.split())):
        return False
    words = _LETTERS.findall(chars)
    return len(words) < 30 or sum(map(_VOWELS.isdisjoint, words)) < 0.6 * len(words)


def has_pictures(document: pdfium.PdfDocument, index: int) -> bool:
    """Whether anything is drawn on a page that OCR could read: an image, or outlines in number."""
    page = document[index]
    try:
        paths = 0
        for item in page.get_objects(max_depth=3):
            if item.type in (pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_SHADING, pdfium_c.FPDF_PAGEOBJ_TEXT):
                return True
            paths += item.type == pdfium_c.FPDF_PAGEOBJ_PATH
            if paths >= MANY_PATHS:
                return True
        return False
    finally:
        page.close()


def is_scan(document: pdfium.PdfDocument, index: int) -> bool:
    """Whether an image covers most of the page: then a few words of text layer are a stamp on a scan."""
    page = document[index]
    try:
        area = page.get_width() * page.get_height()
        for item in page.get_objects(filter=(pdfium_c.FPDF_PAGEOBJ_IMAGE,), max_depth=3):
            left, bottom, right, top = item.get_bounds()
            if (right - left) * (top - bottom) > 0.5 * area:
                return True
        return False
    except pdfium.PdfiumError:
        return False
    finally:
        page.close()


# -- the document as a whole -------------------------------------------------------------------------------------------


def _style(document: pdfium.PdfDocument) -> tuple[Style, list[Line]]:
    """Sizes, words and outline of the document, from a sample that is the same at every reading; and page 1's lines."""
    count = len(document)
    step = max(1, count / SAMPLE)
    indices = sorted({int(number * step) for number in range(min(SAMPLE, count))})
    sizes: Counter[float] = Counter()
    larger: Counter[float] = Counter()
    known: set[str] = set()
    first: list[Line] = []
    for index in indices:
        drawn = _drawn(document, index)
        for line in drawn.lines if drawn is not None else ():
            sizes[round(line.size * 2) / 2] += len(line.text)
            if len(line.text) <= 120 and any(character.isalpha() for character in line.text):
                larger[round(line.size * 2) / 2] += 1
            known.update(word.lower() for word in _WORDS.findall(line.text))
        if index == 0 and drawn is not None:
            first = drawn.lines
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    ladder = sorted((size for size in larger if size >= 1.12 * body and size >= body + 0.7), reverse=True)
    headings: list[float] = []
    for size in ladder:
        if not headings or headings[-1] - size > 0.6:
            headings.append(size)
    title = _largest(first, body)
    return Style(body, tuple(headings[:5]), frozenset(known), _outline(document), folded(title)), first


def _largest(lines: list[Line], body: float) -> str:
    """What is set largest on the first page, if it is larger than the text."""
    lettered = [line for line in lines if any(character.isalpha() for character in line.text)]
    size = max((line.size for line in lettered), default=0.0)
    if size < 1.3 * body:
        return ""
    top = [line for line in lettered if line.size >= size - 0.4]
    return cleaned(" ".join(line.text for line in top[:4]))[:300]


def _outline(document: pdfium.PdfDocument) -> dict[int, dict[str, int]]:
    outline: dict[int, dict[str, int]] = {}
    try:
        for number, entry in enumerate(document.get_toc(max_depth=8)):
            if number >= MAX_OUTLINE:
                break
            target = entry.get_dest()
            index = target.get_index() if target else None
            title = folded(entry.get_title())
            if index is not None and len(title) > 1:
                outline.setdefault(index, {}).setdefault(title, entry.level + 1)
    except (pdfium.PdfiumError, ValueError, UnicodeDecodeError):
        return outline  # a damaged outline is no reason to refuse the text
    return outline


def _title(document: pdfium.PdfDocument, first: list[Line]) -> str:
    """The title in the metadata unless a program made it up, else what is largest on the first page."""
    said = cleaned(_metadata(document).get("title", ""))
    if said and not re.search(
        r"\.(docx?|tex|dvi|indd|pptx?|xlsx?|pdf)$|^(untitled|microsoft|unbenannt|document\d*$)", said, re.I
    ):
        return said[:300]
    sizes = sorted(line.size for line in first)
    return _largest(first, sizes[len(sizes) // 2]) if sizes else ""


def _metadata(document: pdfium.PdfDocument) -> dict[str, str]:
    try:
        found = document.get_metadata_dict(skip_empty=True)
    except (pdfium.PdfiumError, UnicodeDecodeError):
        return {}
    return {key.lower(): str(value)[:1000] for key, value in found.items() if str(value).strip()}


def _label(document: pdfium.PdfDocument, index: int) -> str:
    try:
        label = cleaned(document.get_page_label(index))[:40]
    except (pdfium.PdfiumError, UnicodeDecodeError):
        return ""
    return "" if label == str(index + 1) else label
