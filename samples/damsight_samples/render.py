"""Puts a pictogram on a background: size, turn, place, colours and JPEG quality, all drawn from one seed."""

import io
import math
import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Colour = tuple[int, int, int]

PALETTE: dict[str, Colour] = {
    "sand": (233, 220, 196),
    "rose": (240, 205, 208),
    "sky": (196, 222, 241),
    "mint": (202, 234, 216),
    "lavender": (219, 210, 240),
    "slate": (112, 128, 144),
    "navy": (38, 52, 92),
    "forest": (47, 92, 70),
    "plum": (97, 56, 104),
    "paper": (247, 246, 241),
    "charcoal": (58, 60, 66),
    "lemon": (246, 238, 182),
    "teal": (64, 138, 142),
    "clay": (176, 112, 86),
}
_SHAPES = ((256, 256), (256, 320), (320, 256), (288, 288), (256, 296), (296, 256))


@dataclass(frozen=True)
class Look:
    """How one picture is made: pixels, degrees, shares of the short side, colours, JPEG quality."""

    size: tuple[int, int]
    share: float
    turn: float
    shift: tuple[float, float]
    pattern: str
    background: str
    colours: tuple[Colour, Colour]
    grain: float
    blur: float
    quality: int


def library_look(chance: random.Random) -> Look:
    """The library's own: calm backgrounds, nearly upright, well inside the frame."""
    background = chance.choice(list(PALETTE))
    base = PALETTE[background]
    return Look(
        size=chance.choice(_SHAPES),
        share=chance.uniform(0.62, 0.82),
        turn=chance.uniform(-9, 9),
        shift=(chance.uniform(-0.05, 0.05), chance.uniform(-0.05, 0.05)),
        pattern=chance.choice(("plain", "linear", "radial")),
        background=background,
        colours=(base, _shade(base, chance.uniform(0.78, 1.22))),
        grain=0.0,
        blur=0.0,
        quality=85,
    )


def foreign_look(chance: random.Random) -> Look:
    """Unlike library and training: other sizes, any colours, noise, blur, and strong JPEG compression."""
    size = chance.randrange(90, 420)
    return Look(
        size=(round(size * chance.uniform(1, 1.3)), round(size * chance.uniform(1, 1.3))),
        share=chance.uniform(0.5, 0.95),
        turn=chance.uniform(-15, 15),
        shift=(chance.uniform(-0.08, 0.08), chance.uniform(-0.08, 0.08)),
        pattern=chance.choice(("plain", "linear", "radial")),
        background="any",
        colours=(_any_colour(chance), _any_colour(chance)),
        grain=chance.uniform(0, 12),
        blur=chance.uniform(0, 1.0) * size / 256,
        quality=chance.randrange(40, 93),
    )


def compose(pictogram: Image.Image, look: Look, chance: random.Random) -> Image.Image:
    """The picture as RGB; `chance` only feeds the grain."""
    width, height = look.size
    picture = Image.fromarray(_background(look))
    side = max(8, round(min(width, height) * look.share))
    scale = side / max(pictogram.size)
    drawn = pictogram.resize(
        (max(1, round(pictogram.width * scale)), max(1, round(pictogram.height * scale))), Image.Resampling.LANCZOS
    )
    drawn = drawn.rotate(look.turn, resample=Image.Resampling.BICUBIC, expand=True)
    left = round((width - drawn.width) / 2 + look.shift[0] * side)
    top = round((height - drawn.height) / 2 + look.shift[1] * side)
    picture.paste(drawn, (left, top), drawn)
    if look.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(look.blur))
    if look.grain:
        picture = _with_grain(picture, look.grain, chance)
    return picture


def as_jpeg(picture: Image.Image, quality: int) -> bytes:
    """The picture's JPEG bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


def _background(look: Look) -> NDArray[np.uint8]:
    width, height = look.size
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    if look.pattern == "linear":
        angle = math.radians(look.turn * 11)
        way = (across - 0.5) * math.cos(angle) + (down - 0.5) * math.sin(angle) + 0.5
    elif look.pattern == "radial":
        way = np.hypot(across - 0.5, down - 0.5) * 1.4
    else:
        way = np.zeros((height, width))
    mix = np.clip(way, 0, 1)[..., None]
    first, second = (np.array(colour, dtype=np.float64) for colour in look.colours)
    mixed: NDArray[np.uint8] = np.clip(first * (1 - mix) + second * mix, 0, 255).round().astype(np.uint8)
    return mixed


def _with_grain(picture: Image.Image, grain: float, chance: random.Random) -> Image.Image:
    noise = np.random.default_rng(chance.getrandbits(32)).normal(0, grain, (picture.height, picture.width, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, round(part * factor)) for part in colour)
    return red, green, blue


def _any_colour(chance: random.Random) -> Colour:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)
