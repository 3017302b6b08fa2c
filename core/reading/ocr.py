"""Text of pictures: pages without a text layer, scans, photographs. Offline; the models come with rapidocr."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from core.reading.blocks import Style, page_blocks
from core.reading.layout import Line, ordered
from core.reading.pdf_layer import Run
from storage.records import Block, Box, Page

Picture = NDArray[np.uint8]
"""Height × width × 3, blue green red."""

LONG_SIDE = 2000
"""Pixels that recognition works with; more cost time and tell it nothing. An A4 page is then drawn at 171 dpi."""

MAX_SCALE = 200 / 72
MIN_SCORE = 0.55
SURE = 0.82
"""Mean score of a page that lies the right way up; upside down it is about 0.6."""

MIN_LINES_TO_TURN = 3
_SAME_SIZE = (0.62, 1.45)
"""Heights that differ by less than this are of one size: boxes found in pictures are not exact."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A line of text in a picture, in pixels from the top left. `score` is 0 to 1."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    score: float


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen in a picture of `width` × `height` pixels after it was turned left by `turns` quarters."""

    lines: list[Seen]
    turns: int
    width: int
    height: int

    def unturned(self, box: Box) -> Box:
        """A place in the upright picture as a place in the picture as it was given."""
        if self.turns == 1:
            return Box(self.width - box.bottom, box.left, self.width - box.top, box.right)
        if self.turns == 2:
            return Box(self.width - box.right, self.height - box.bottom, self.width - box.left, self.height - box.top)
        if self.turns == 3:
            return Box(box.top, self.height - box.right, box.bottom, self.height - box.left)
        return box


@cache
def _engine() -> Any:
    """The recogniser, loaded once per process (1.5 s, about 250 MB)."""
    from rapidocr import RapidOCR

    threads = int(os.environ.get("OMP_NUM_THREADS") or 0) or (os.cpu_count() or 1)
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": LONG_SIDE,
            "Global.use_cls": False,  # it turns whole lines of small type upside down; `recognised` turns pages
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def recognised(picture: Picture) -> Sight:
    """All lines of text in a picture, whichever way up it lies."""
    height, width = picture.shape[:2]
    seen = _looked_at(picture)
    tall = sum(1 for line in seen if line.bottom - line.top > 1.5 * (line.right - line.left)) > 0.6 * len(seen)
    if len(seen) < MIN_LINES_TO_TURN or (not tall and _mean(seen) >= SURE):
        return Sight(_legible(seen), 0, width, height)
    if tall and _mean(seen) >= SURE:  # the recogniser turns tall lines a quarter itself, always the same way
        upright = [Seen(s.text, s.top, width - s.right, s.bottom, width - s.left, s.score) for s in seen]
        return Sight(_legible(upright), 1, width, height)
    turns = 3 if tall else 2
    turned = _looked_at(np.ascontiguousarray(np.rot90(picture, turns)))
    if _mean(turned) > _mean(seen):
        return Sight(_legible(turned), turns, width, height)
    return Sight(_legible(seen), 0, width, height)


def lines_of(sight: Sight) -> list[Line]:
    """Lines in reading order, in pixels of the upright picture. `Run.start` counts as the page's text roughly will."""
    seen = sight.lines
    if not seen:
        return []
    usual = median(line.bottom - line.top for line in seen)
    runs = []
    for line in seen:
        height = line.bottom - line.top
        size = usual if _SAME_SIZE[0] < height / usual < _SAME_SIZE[1] else height
        runs.append(Run(0, len(line.text), line.left, line.top, line.right, line.bottom, line.text, 0.72 * size))
    lines = ordered(runs)
    position = 0
    for placed in lines:
        for run in placed.runs:
            run.start, run.end = position, position + len(run.text)
            position = run.end + 1
    return lines


def read_picture(picture: Picture, number: int, size: tuple[float, float], label: str = "") -> Page:
    """A page by OCR; `size` is its width and height in points. Block ranges count the characters of `Page.text`."""
    lines = lines_of(recognised(picture))
    body = median(line.size for line in lines) if lines else 0.0
    larger = sorted({round(line.size) for line in lines if line.size > 1.4 * body}, reverse=True)
    style = Style(body, tuple(float(one) for one in larger[:3]), _words(lines))
    blocks, position = [], 0
    for block in page_blocks(lines, style, number):
        blocks.append(Block(block.kind, block.text, position, position + len(block.text), block.level))
        position += len(block.text) + 2
    return Page(number, tuple(blocks), round(size[0], 2), round(size[1], 2), label, method="ocr")


def read_pdf_page(document: pdfium.PdfDocument, index: int, label: str) -> Page:
    """A page of a PDF by OCR. `index` counts from 0. A page that cannot be drawn has an `error`."""
    try:
        picture, size = drawn(document, index)
    except (pdfium.PdfiumError, ValueError, MemoryError):
        return Page(index + 1, (), label=label, error=f"Page {index + 1} could not be drawn for text recognition.")
    return read_picture(picture, index + 1, size, label)


def drawn(document: pdfium.PdfDocument, index: int) -> tuple[Picture, tuple[float, float]]:
    """A page as a picture for recognition, and its size in points. Raises PdfiumError, ValueError."""
    page = document[index]
    try:
        width, height = page.get_size()
        scale = min(MAX_SCALE, LONG_SIDE / max(width, height, 1.0))
        bitmap = page.render(scale=scale, rev_byteorder=False, fill_color=(255, 255, 255, 255))
        picture = np.ascontiguousarray(bitmap.to_numpy()[:, :, :3])
        bitmap.close()
    finally:
        page.close()
    return picture, (width, height)


def _looked_at(picture: Picture) -> list[Seen]:
    found = _engine()(picture)
    if found is None or found.boxes is None or found.txts is None:
        return []
    seen = []
    for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
        if text.strip():
            xs, ys = corners[:, 0], corners[:, 1]
            seen.append(
                Seen(text.strip(), float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()), float(score))
            )
    return seen


def _legible(seen: Sequence[Seen]) -> list[Seen]:
    return [line for line in seen if line.score >= MIN_SCORE]


def _mean(seen: Sequence[Seen]) -> float:
    """The mean score, by length of text."""
    return sum(line.score * len(line.text) for line in seen) / max(1, sum(len(line.text) for line in seen))


def _words(lines: Sequence[Line]) -> frozenset[str]:
    return frozenset(word.lower() for line in lines for word in line.text.split() if word.isalpha())
