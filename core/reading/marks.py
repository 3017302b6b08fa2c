"""Where a passage stands on its page, and the page drawn with the passage marked. For PDF pages and images."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.errors import InvalidRequest
from core.reading.image import as_picture, count_frames, upright
from core.reading.layout import ordered
from core.reading.limits import check_file
from core.reading.ocr import Sight, drawn, lines_of, recognised
from core.reading.pdf import open_pdf, usable
from core.reading.pdf_layer import TextLayer
from core.reading.protocol import Limits
from core.reading.search_page import Hit, found_on
from core.reading.sniff import sniff
from storage.records import Box

MARK = (1.0, 0.91, 0.36)
"""What the page's colours are multiplied with under a mark: white becomes a warm yellow, black stays black."""

MAX_WIDTH = 4000
MAX_HEIGHT = 12_000
REMEMBERED = 32
"""Pages whose recognised lines are kept, so that a second look at a scan is quick."""

Request = Mapping[str, Any]


def passage_boxes(request: Request) -> list[Box]:
    """The boxes of `find` on a page, one per line, in points. Raises InvalidRequest and the errors below ReadError."""
    path, page, limits = _checked(request)
    if not request.get("find") and not request.get("hint"):
        return []
    if sniff(path, path.name) == "image":
        image = upright(path, page - 1, limits)
        sight = _recognised_image(str(path), page, path.stat().st_mtime_ns, limits)
        return _boxes_in_sight(sight, request, float(image.width), float(image.height))
    with open_pdf(path, request.get("password")) as document:
        with TextLayer.of(document, page - 1) as layer:
            width, height = layer.width, layer.height
            if usable(layer.chars):
                hits = found_on(ordered(layer.runs()), str(request.get("find") or ""), _hint(request), exact_hint=True)
                return _clipped(_merged([_layer_box(layer, hit) for hit in hits]), width, height)
        secret = str(request.get("password") or "")
        return _boxes_in_sight(
            _recognised_page(str(path), page, path.stat().st_mtime_ns, secret), request, width, height
        )


def page_picture(request: Request) -> bytes:
    """A PNG of the page, `width` pixels wide, the passage marked. Raises InvalidRequest, errors below ReadError."""
    path, page, limits = _checked(request)
    wanted = max(50, min(int(request["width"]), MAX_WIDTH))
    boxes = passage_boxes(request)
    if sniff(path, path.name) == "image":
        image = upright(path, page - 1, limits)
        size = float(image.width), float(image.height)
        scale = min(wanted / image.width, MAX_HEIGHT / image.height)
        image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    else:
        image, size = _drawn_page(path, page, request.get("password"), wanted)
    marked = _marked(image, boxes, size)
    out = io.BytesIO()
    marked.save(out, "PNG", compress_level=3)
    return out.getvalue()


def _checked(request: Request) -> tuple[Path, int, Limits]:
    """The file, page number and limits of a request, once the page is known to be there."""
    path, page, limits = Path(str(request["path"])), int(request["page"]), Limits(**request["limits"])
    check_file(path, limits)
    kind = sniff(path, path.name)
    if kind == "pdf":
        with open_pdf(path, request.get("password")) as document:
            pages = len(document)
    elif kind == "image":
        pages = count_frames(path, limits)
    else:
        raise InvalidRequest("Documents of this kind have no page to draw.", "Look at its text instead.")
    if not 1 <= page <= pages:
        raise InvalidRequest(f"There is no page {page}; the document has {pages:,}.", "Ask for one of those.")
    return path, page, limits


def _hint(request: Request) -> tuple[int, int] | None:
    hint = request.get("hint")
    return (int(hint[0]), int(hint[1])) if hint else None


def _layer_box(layer: TextLayer, hit: Hit) -> Box:
    """The box of part of a run, by the places of its first and last character."""
    run = hit.run
    first, last = layer.box(run.start + hit.first), layer.box(run.start + hit.last)
    if first is None or last is None:
        return _share_box(hit)
    left, right = min(first[0], last[0]), max(first[2], last[2])
    return Box(left, min(first[1], last[1]), right, max(first[3], last[3]))


def _share_box(hit: Hit) -> Box:
    """The box of part of a run whose characters' places are not known: as if all were equally wide."""
    run, length = hit.run, max(1, len(hit.run.text))
    width = run.right - run.left
    return Box(run.left + width * hit.first / length, run.top, run.left + width * (hit.last + 1) / length, run.bottom)


def _boxes_in_sight(sight: Sight, request: Request, width: float, height: float) -> list[Box]:
    """The boxes on a recognised page that is shown `width` × `height` points large."""
    hits = found_on(lines_of(sight), str(request.get("find") or ""), _hint(request), exact_hint=False)
    upright = _merged([_share_box(hit) for hit in hits])
    across, down = width / max(1, sight.width), height / max(1, sight.height)
    placed = [sight.unturned(box) for box in upright]
    return _clipped(
        [Box(box.left * across, box.top * down, box.right * across, box.bottom * down) for box in placed], width, height
    )


def _merged(boxes: list[Box]) -> list[Box]:
    """Boxes that continue each other on a line made one."""
    merged: list[Box] = []
    for box in boxes:
        last = merged[-1] if merged else None
        tall = box.bottom - box.top
        if last and abs(last.bottom - box.bottom) < 0.5 * tall and -tall < box.left - last.right < 1.5 * tall:
            box = Box(last.left, min(last.top, box.top), max(last.right, box.right), max(last.bottom, box.bottom))
            merged.pop()
        merged.append(box)
    return merged


def _clipped(boxes: list[Box], width: float, height: float) -> list[Box]:
    """The boxes with a little room around them, inside the page."""
    room = 1.0
    return [
        Box(
            round(max(0.0, box.left - room), 2),
            round(max(0.0, box.top - room), 2),
            round(min(width, box.right + room), 2),
            round(min(height, box.bottom + room), 2),
        )
        for box in boxes
        if box.right > box.left and box.bottom > box.top
    ]


def _drawn_page(path: Path, page: int, password: str | None, wanted: int) -> tuple[Image.Image, tuple[float, float]]:
    with open_pdf(path, password) as document:
        document.init_forms()
        sheet = document[page - 1]
        width, height = sheet.get_size()
        scale = min(wanted / max(width, 1.0), MAX_HEIGHT / max(height, 1.0))
        bitmap = sheet.render(scale=scale, rev_byteorder=True, fill_color=(255, 255, 255, 255))
        image = Image.fromarray(np.ascontiguousarray(bitmap.to_numpy()[:, :, :3]))
        bitmap.close()
        sheet.close()
    return image, (width, height)


def _marked(image: Image.Image, boxes: list[Box], size: tuple[float, float]) -> Image.Image:
    if not boxes:
        return image
    pixels = np.array(image, dtype=np.float32)
    marked = np.zeros(pixels.shape[:2], dtype=bool)  # overlapping boxes must not be darker
    across, down = image.width / max(size[0], 1.0), image.height / max(size[1], 1.0)
    for box in boxes:
        rows = slice(int(box.top * down), int(box.bottom * down) + 1)
        marked[rows, int(box.left * across) : int(box.right * across) + 1] = True
    pixels[marked] *= np.array(MARK, dtype=np.float32)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


@lru_cache(REMEMBERED)
def _recognised_page(path: str, page: int, _changed: int, password: str) -> Sight:
    with open_pdf(Path(path), password or None) as document:
        picture, _ = drawn(document, page - 1)
    return recognised(picture)


@lru_cache(REMEMBERED)
def _recognised_image(path: str, page: int, _changed: int, limits: Limits) -> Sight:
    return recognised(as_picture(upright(Path(path), page - 1, limits)))
