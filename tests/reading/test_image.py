"""Images: recognised text, frames, orientation, and what is refused."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from core.errors import CorruptDocument, EmptyDocument, LimitExceeded
from core.reading.blocks import folded
from core.reading.image import count_frames, read_image, upright
from core.reading.protocol import Limits, ReadContext
from core.records import DocumentHead, Page


def drawn(text: str, mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (520, 90), "white")
    ImageDraw.Draw(image).text((20, 25), text, font=ImageFont.load_default(30), fill="black")
    return image.convert(mode)


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.png", "P"), ("a.jpg", "CMYK"), ("a.bmp", "L"), ("a.webp", "RGB"), ("a.gif", "P"), ("a.tif", "1")],
)
def test_every_format_is_unpacked_to_the_same_picture(tmp_path: Path, name: str, mode: str) -> None:
    drawn("The lamp was lit at dusk", mode).save(tmp_path / name)
    assert count_frames(tmp_path / name, Limits()) == 1
    shown = upright(tmp_path / name, 0, Limits())
    difference = ImageChops.difference(shown.convert("L"), drawn("The lamp was lit at dusk", "L"))
    assert (shown.mode, shown.size) == ("RGB", (520, 90))
    assert ImageStat.Stat(difference).mean[0] < 6


def test_text_is_read_from_a_picture(tmp_path: Path, read_file: Callable[..., list]) -> None:
    drawn("The lamp was lit at dusk").save(tmp_path / "a.jpg")
    head, page = read_file(tmp_path / "a.jpg", "what it is called does not matter.docx")
    assert isinstance(head, DocumentHead)
    assert (head.kind, head.pages) == ("image", 1)
    assert isinstance(page, Page)
    assert page.method == "ocr"
    assert folded(page.text) == folded("The lamp was lit at dusk")
    assert (page.width, page.height) == (520, 90)


def test_each_frame_of_a_tiff_is_a_page(tmp_path: Path, read_file: Callable[..., list]) -> None:
    frames = [drawn("First sheet of two"), drawn("Second sheet")]
    frames[0].save(tmp_path / "a.tiff", save_all=True, append_images=frames[1:])
    head, *pages = read_file(tmp_path / "a.tiff", start_page=2)
    assert head.pages == 2
    assert [page.number for page in pages] == [2]
    assert [folded(page.text) for page in pages] == ["secondsheet"]


def test_frames_are_limited(tmp_path: Path) -> None:
    frames = [Image.new("1", (8, 8)) for _ in range(4)]
    frames[0].save(tmp_path / "a.tiff", save_all=True, append_images=frames[1:])
    with pytest.raises(LimitExceeded, match="4 pages"):
        count_frames(tmp_path / "a.tiff", Limits(pages=3))


def test_exif_says_which_way_is_up(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 20), "white")
    image.putpixel((0, 0), (255, 0, 0))
    exif = image.getexif()
    exif[0x0112] = 6  # a quarter turn clockwise
    image.save(tmp_path / "a.png", exif=exif)
    shown = upright(tmp_path / "a.png", 0, Limits())
    assert shown.size == (20, 40)
    assert shown.getpixel((19, 0)) == (255, 0, 0)


def test_what_is_transparent_becomes_paper(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert upright(tmp_path / "a.png", 0, Limits()).getpixel((1, 1)) == (255, 255, 255)
    Image.new("I;16", (4, 4), 0).save(tmp_path / "deep.png")
    assert upright(tmp_path / "deep.png", 0, Limits()).mode == "RGB"


def test_a_picture_without_text_says_so(tmp_path: Path, read_file: Callable[..., list]) -> None:
    Image.new("RGB", (200, 100), "lightblue").save(tmp_path / "sky.png")
    with pytest.raises(EmptyDocument, match="No text was found in this image"):
        read_file(tmp_path / "sky.png")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(path: Path, side: int = 60_000) -> Path:
    """A PNG of a few hundred bytes that claims to be 3.6 billion pixels large."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00" * 10_000)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    return path


def test_a_picture_that_would_unpack_to_too_much_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded, match="60,000 × 60,000"):
        list(read_image(bomb(tmp_path / "a.png"), "a.png", ReadContext(Limits(), None, 1, tmp_path)))


def test_a_picture_cut_short_is_damaged(tmp_path: Path) -> None:
    image = Image.effect_noise((300, 300), 80)
    image.save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorruptDocument):
        list(read_image(tmp_path / "a.png", "a.png", ReadContext(Limits(), None, 1, tmp_path)))
