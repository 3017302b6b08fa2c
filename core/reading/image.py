"""Images by OCR: one page, or one page per frame of a TIFF. A point of such a page is a pixel of the upright image."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import CorruptDocument, EmptyDocument, LimitExceeded
from core.reading.limits import check_pixels
from core.reading.ocr import Picture, read_picture
from core.reading.protocol import Found, Limits, ReadContext
from storage.records import DocumentHead, Page

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")


def read_image(path: Path, _name: str, ctx: ReadContext) -> Iterator[Found]:
    """The head and a page per frame.

    Raises EmptyDocument when nothing can be read on any of them, CorruptDocument, LimitExceeded.
    """
    frames = count_frames(path, ctx.limits)
    yield DocumentHead("image", "", frames, _metadata(path))
    spoken = ctx.start_page > 1
    for index in range(ctx.start_page - 1, frames):
        try:
            page = _page(path, index, ctx.limits)
        except CorruptDocument as error:
            if frames == 1:
                raise
            page = Page(index + 1, (), error=str(error))
        spoken = spoken or bool(page.blocks) or bool(page.error)
        yield page
    if not spoken:
        raise EmptyDocument(
            "No text was found in this image.", "If there is some, add a sharper or larger picture of it."
        )


def count_frames(path: Path, limits: Limits) -> int:
    """How many pages an image has. Raises CorruptDocument, LimitExceeded."""
    with opened(path, limits) as image:
        # the frames of an animation show nearly the same; those of a TIFF are pages
        frames = int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1
    if frames > limits.pages:
        raise LimitExceeded(
            f"This image has {frames:,} pages; {limits.pages:,} are allowed.",
            "Split it, or raise QUELLWERK_MAX_PAGES.",
        )
    return frames


def opened(path: Path, limits: Limits) -> Image.Image:
    """The image, its size checked and nothing of it unpacked yet. Raises CorruptDocument, LimitExceeded."""
    Image.MAX_IMAGE_PIXELS = None  # our own limit below is the one that counts
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(path, formats=FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, TypeError, EOFError) as error:
        raise _damaged() from error
    check_pixels(*image.size, limits)
    return image


def upright(path: Path, index: int, limits: Limits) -> Image.Image:
    """A frame as it is meant to be seen: turned as EXIF says, on white, RGB. Raises CorruptDocument, LimitExceeded."""
    with opened(path, limits) as image:
        try:
            if index:
                image.seek(index)
            check_pixels(*image.size, limits)
            turned = ImageOps.exif_transpose(image)
            return _flat(turned)
        except (OSError, ValueError, SyntaxError, TypeError, EOFError, IndexError, KeyError) as error:
            raise _damaged() from error


def as_picture(image: Image.Image) -> Picture:
    """An RGB image as recognition wants it."""
    return np.ascontiguousarray(np.asarray(image, dtype=np.uint8)[:, :, ::-1])


def _page(path: Path, index: int, limits: Limits) -> Page:
    image = upright(path, index, limits)
    size = (float(image.width), float(image.height))
    return read_picture(as_picture(image), index + 1, size)


def _flat(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, dtype=np.float64)
        span = float(values.max() - values.min()) or 1.0
        return Image.fromarray(((values - values.min()) * (255.0 / span)).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(white, seen).convert("RGB")
    return image.convert("RGB")


def _metadata(path: Path) -> dict[str, str]:
    try:
        with Image.open(path, formats=FORMATS) as image:
            return {"format": str(image.format), "pixels": f"{image.width} × {image.height}"}
    except (OSError, ValueError, SyntaxError):
        return {}


def _damaged() -> CorruptDocument:
    return CorruptDocument("This image is damaged or cut short.", "Save it again as PNG or JPEG and add that copy.")
