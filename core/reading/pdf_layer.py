"""A page's text layer: its characters, and the runs of words that stand together, with their places.

Places are in points from the top left corner of the page as it is shown (rotation and crop applied), y downwards.
Indices count the characters of pdfium's text layer, as `Block.start` and `Block.end` do.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

HYPHENS = "\ufffe\x02\xad"
"""What pdfium puts, or leaves, where a word is hyphenated at the end of a line."""

_WORD = re.compile(rf"[^\s{HYPHENS}\x00]+[{HYPHENS}]?")
_BOLD = re.compile(r"bold|black|heavy|demi|CMBX|CMSSBX|SFBX|SFSSBX|-Medi\b|NimbusRomNo9L-Medi", re.IGNORECASE)
_MONO = re.compile(
    r"mono|courier|consol|typewriter|CMTT|CMSLTT|CMITT|SFTT|SLTT|inconsol|menlo|NimbusMon|LMTT", re.IGNORECASE
)
_FIXED_PITCH = 1


@dataclass(slots=True)
class Run:
    """Words on one line without a wide gap between them. `size` is the font's size in points."""

    start: int
    end: int
    left: float
    top: float
    right: float
    bottom: float
    text: str = ""
    size: float = 0.0
    bold: bool = False
    mono: bool = False

    @property
    def height(self) -> float:
        """How tall its box is."""
        return self.bottom - self.top


@dataclass(slots=True)
class TextLayer:
    """One page, open. Use as a context manager; nothing of it works after `close`."""

    page: Any
    width: float = 0.0
    height: float = 0.0
    chars: str = ""
    upright: bool = True  # False: some text stands on its side
    _text: Any = None
    _raw: Any = None
    _view: tuple[int, float, float, float, float] = (0, 0.0, 0.0, 0.0, 0.0)
    _rect: Any = field(default_factory=pdfium_c.FS_RECTF)

    @classmethod
    def of(cls, document: pdfium.PdfDocument, index: int) -> TextLayer:
        """The layer of a page; `index` counts from 0. Raises PdfiumError when the page cannot be loaded."""
        page = document[index]
        layer = cls(page)
        layer._text = page.get_textpage()
        layer._raw = layer._text.raw
        layer.width, layer.height = page.get_size()
        layer._view = (page.get_rotation() % 360, *page.get_bbox())
        layer.chars = _characters(layer._text)
        return layer

    def __enter__(self) -> TextLayer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the page."""
        self._text.close()
        self.page.close()

    def box(self, index: int) -> tuple[float, float, float, float] | None:
        """Left, top, right, bottom of a character with its line's full height; None when it has none."""
        rect = self._rect
        if not pdfium_c.FPDFText_GetLooseCharBox(self._raw, index, rect):
            return None
        return self._shown(rect.left, rect.bottom, rect.right, rect.top)

    def _shown(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        rotation, page_left, page_bottom, page_right, page_top = self._view
        if rotation == 0:
            return left - page_left, page_top - top, right - page_left, page_top - bottom
        if rotation == 90:
            return bottom - page_bottom, left - page_left, top - page_bottom, right - page_left
        if rotation == 180:
            return page_right - right, bottom - page_bottom, page_right - left, top - page_bottom
        return page_top - top, page_right - right, page_top - bottom, page_right - left

    def runs(self) -> list[Run]:
        """All runs, in the order of the text layer."""
        runs = list(self._gathered())
        for run in runs:
            run.text = self.chars[run.start : run.end]
            self._font(run)
        return runs

    def _gathered(self) -> Iterator[Run]:
        """Words joined to runs: same line, no gap wider than a word space may become, no step back."""
        box = self.box
        run: Run | None = None
        for match in _WORD.finditer(self.chars):
            start, end = match.span()
            first = box(start)
            last = box(end - 1) if end - start > 1 else first
            if first is None or last is None:
                continue
            # Comparisons instead of min() and max(): this runs for every word of every page.
            left = first[0] if first[0] < last[0] else last[0]
            right = last[2] if last[2] > first[2] else first[2]
            top = first[1] if first[1] < last[1] else last[1]
            bottom = first[3] if first[3] > last[3] else last[3]
            if end - start > 2 and bottom - top > 2 * (right - left):
                self.upright = False  # a word on its side: its own run, so that it disturbs no line
            if run is not None:
                height = bottom - top if bottom - top < run.bottom - run.top else run.bottom - run.top
                shared = (bottom if bottom < run.bottom else run.bottom) - (top if top > run.top else run.top)
                if shared > 0.4 * height and -0.5 * height < left - run.right < 1.15 * height:
                    run.end = end
                    run.right = right if right > run.right else run.right
                    if bottom - top > run.bottom - run.top:
                        run.top, run.bottom = top, bottom
                    continue
                yield run
            run = Run(start, end, left, top, right, bottom)
        if run is not None:
            yield run

    def _font(self, run: Run) -> None:
        """Size, weight and pitch, asked of the middle of the run's first and last word."""
        raw = self._raw
        name = ctypes.create_string_buffer(96)
        flags = ctypes.c_int()
        pdfium_c.FPDFText_GetFontInfo(raw, run.start, name, 96, flags)
        said = name.value.decode("utf-8", "replace")
        bold = bool(_BOLD.search(said)) or pdfium_c.FPDFText_GetFontWeight(raw, run.start) >= 600
        mono = bool(flags.value & _FIXED_PITCH) or bool(_MONO.search(said))
        if bold or mono:
            pdfium_c.FPDFText_GetFontInfo(raw, run.end - 1, name, 96, flags)
            said = name.value.decode("utf-8", "replace")
            bold = bold and (bool(_BOLD.search(said)) or pdfium_c.FPDFText_GetFontWeight(raw, run.end - 1) >= 600)
            mono = mono and (bool(flags.value & _FIXED_PITCH) or bool(_MONO.search(said)))
        run.bold, run.mono = bold, mono
        run.size = max(self._size(run, run.start), self._size(run, run.end - 1))

    def _size(self, run: Run, index: int) -> float:
        """The size a character is shown in; the box decides where a font's own figures make no sense."""
        matrix = pdfium_c.FS_MATRIX()
        size: float = pdfium_c.FPDFText_GetFontSize(self._raw, index)
        if pdfium_c.FPDFText_GetMatrix(self._raw, index, matrix):
            size *= math.hypot(matrix.c, matrix.d)
        return size if 0.5 < size / max(run.height, 0.1) < 2.0 else run.height


def _characters(text: pdfium.PdfTextPage) -> str:
    """The layer's characters, one per index; index i of pdfium is index i here."""
    count: int = text.count_chars()
    chars: str = text.get_text_range() if count > 0 else ""
    if len(chars) == count:
        return chars
    raw = text.raw
    codes = (pdfium_c.FPDFText_GetUnicode(raw, index) for index in range(count))
    return "".join(chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else " " for code in codes)
