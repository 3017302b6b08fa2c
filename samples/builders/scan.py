"""Paint the field sheet as an office scanner would deliver it: grey paper, slightly turned, with noise and a fold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SOURCE = Path(__file__).resolve().parent.parent / "source" / "messblatt.txt"
FONTS = Path("/usr/share/fonts/truetype/dejavu")
WIDTH, HEIGHT = 1240, 1754  # A4 at 150 dpi


def field_sheet(path: Path) -> None:
    """Write the scan as an 8-bit grey PNG; raises OSError when the DejaVu fonts are not installed."""
    page = _page(SOURCE.read_text(encoding="utf-8"))
    page = page.rotate(1.1, resample=Image.Resampling.BICUBIC, fillcolor=236)
    pixels = np.asarray(page.filter(ImageFilter.GaussianBlur(0.7)), dtype=np.float32)
    random = np.random.default_rng(20190117)
    shade = (
        np.linspace(0, -14, WIDTH, dtype=np.float32)[None, :] + np.linspace(4, -6, HEIGHT, dtype=np.float32)[:, None]
    )
    pixels = pixels + shade + random.normal(0, 5, pixels.shape).astype(np.float32)
    pixels[HEIGHT // 2 - 1 : HEIGHT // 2 + 2] -= 18  # the fold
    specks = random.integers(0, (HEIGHT, WIDTH), size=(220, 2))
    pixels[specks[:, 0], specks[:, 1]] = 70
    # Sixteen shades of grey are what a cheap scanner keeps, and a quarter of the bytes.
    grey = (np.clip(pixels, 0, 255) // 16 * 17).astype(np.uint8)
    Image.fromarray(grey).save(path, optimize=True, dpi=(150, 150))


def _page(text: str) -> Image.Image:
    page = Image.new("L", (WIDTH, HEIGHT), 244)
    draw = ImageDraw.Draw(page)
    plain = ImageFont.truetype(FONTS / "DejaVuSansMono.ttf", 26)
    bold = ImageFont.truetype(FONTS / "DejaVuSansMono-Bold.ttf", 34)
    hand = ImageFont.truetype(FONTS / "DejaVuSerif-Italic.ttf", 40)
    top = 130
    for line in text.splitlines():
        if line.startswith(("MESSBLATT", "Kestach")):
            draw.text((120, top), line, fill=40, font=bold)
            top += 12
        elif line.startswith("Abgelesen"):
            label, name = line.split(":")
            top += 60
            draw.text((120, top), label + ":", fill=48, font=plain)
            draw.text((640, top - 22), name.strip(), fill=70, font=hand)
            draw.line((610, top + 34, 980, top + 34), fill=90, width=2)
        else:
            draw.text((120, top), line, fill=48, font=plain)
            if line.startswith("Quelle"):
                draw.line((120, top + 38, 1080, top + 38), fill=80, width=2)
        top += 46
    return page
