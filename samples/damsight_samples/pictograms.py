"""Draws single pictograms with Noto Color Emoji, and tells which characters the font really has."""

from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, features

DEBIAN_FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
_STRIKE = 109  # the one bitmap size in the font
_CANVAS = (136, 128)  # a glyph's advance and height at that size
_NEVER_A_CHARACTER = "\U0010fffd"  # private use: the font can only answer with its "missing" box


class FontUnusableError(RuntimeError):
    """The font file is missing, or Pillow cannot shape its sequences."""


def open_font(path: Path) -> ImageFont.FreeTypeFont:
    """Open the colour font at its bitmap size; FontUnusableError says what to install."""
    if not path.is_file():
        raise FontUnusableError(f"no font at {path}: install Debian's fonts-noto-color-emoji, or pass --font")
    if not features.check("raqm"):
        raise FontUnusableError("this Pillow lacks raqm, which joins emoji sequences: install Pillow's wheel")
    return ImageFont.truetype(str(path), _STRIKE, layout_engine=ImageFont.Layout.RAQM)


def draw(character: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    """The pictogram as RGBA, 136 x 128 pixels, transparent around it."""
    image = Image.new("RGBA", _CANVAS)
    ImageDraw.Draw(image).text((0, 0), character, font=font, embedded_color=True)
    return image


def drawn_characters(characters: Iterable[str], font: ImageFont.FreeTypeFont) -> dict[str, Image.Image]:
    """The characters that the font draws as one picture of their own, in the order given.

    Left out: those it lacks (blank or its "missing" box), sequences that it can only set side by side, and any
    whose picture an earlier character already has.
    """
    seen = {draw(_NEVER_A_CHARACTER, font).tobytes()}
    pictures: dict[str, Image.Image] = {}
    for character in characters:
        if not 0 < font.getlength(character) <= _CANVAS[0] + 2:
            continue
        picture = draw(character, font)
        if picture.getbbox() is None or picture.tobytes() in seen:
            continue
        seen.add(picture.tobytes())
        pictures[character] = picture
    return pictures
