"""Pictures with words, rendered as a page would have them."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from damsight_encoders.content import Picture

_FONT = "NotoSans-Regular.ttf"
"""Of Debian's fonts-noto-core, which scripts/system-packages.sh installs with Chromium; Pillow's own has no umlauts."""


def written(*lines: str, size: int = 32) -> Picture:
    """Black on white, a line each line."""
    font = ImageFont.truetype(_FONT, size)
    width = 60 + round(max(font.getlength(line) for line in lines))
    image = Image.new("RGB", (width, 2 * size * (len(lines) + 1)), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((30, size + 2 * size * number), line, fill="black", font=font)
    return as_picture(image)


def as_picture(image: Image.Image) -> Picture:
    return Picture(np.asarray(image.convert("RGB")), image.size, "PNG")
