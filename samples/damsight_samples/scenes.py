"""Composes scenes at camera resolution: a few pictograms on photograph-like ground, for measuring speed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

# Common sensor formats, in pixels, from 4 to 12 megapixels.
CAMERA_SIZES = ((2448, 1632), (2592, 1944), (3264, 2448), (3000, 4000), (4000, 3000), (3888, 2592))
_MOST_PICTOGRAMS = 6


@dataclass(frozen=True)
class Scene:
    """A composed picture (RGB), the rows of the pictograms in it, and a JPEG quality that cameras use."""

    picture: Image.Image
    rows: tuple[int, ...]
    quality: int


def compose_scene(pictograms: Sequence[Image.Image], *, seed: int) -> Scene:
    """One scene; the same seed and pictograms give the same picture.

    Sensor grain over soft shapes makes JPEGs of 1.5 to 5 MB, as cameras write; flat colour would not.
    """
    chance = random.Random(seed)  # noqa: S311 - a reproducible draw, nothing secret
    noise = np.random.default_rng(seed)
    width, height = chance.choice(CAMERA_SIZES)
    picture = Image.fromarray(_ground(width, height, noise))
    rows = tuple(chance.sample(range(len(pictograms)), min(chance.randint(2, _MOST_PICTOGRAMS), len(pictograms))))
    for row in rows:
        _place(picture, pictograms[row], chance)
    grain = noise.integers(-11, 12, size=(height, width, 1), dtype=np.int16)
    noisy = np.clip(np.asarray(picture).astype(np.int16) + grain, 0, 255).astype(np.uint8)
    return Scene(picture=Image.fromarray(noisy), rows=rows, quality=chance.randint(86, 93))


def _ground(width: int, height: int, noise: np.random.Generator) -> NDArray[np.uint8]:
    """Out-of-focus shapes in muted colours at three scales, each blown up to the frame."""
    total = np.full((height, width, 3), noise.uniform(70, 180, size=3), dtype=np.float32)
    for cells, light, colour in ((3, 70, 30), (12, 40, 18), (60, 20, 8)):
        size = (cells, round(cells * width / height) + 1)
        small = noise.normal(0, light / 2, size=(*size, 1)) + noise.normal(0, colour, size=(*size, 3))
        pixels = np.clip(small + 128, 0, 255).astype(np.uint8)
        layer = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(layer, dtype=np.float32) - 128
    muted: NDArray[np.uint8] = np.clip(total, 0, 255).round().astype(np.uint8)
    return muted


def _place(picture: Image.Image, pictogram: Image.Image, chance: random.Random) -> None:
    side = round(min(picture.size) * chance.uniform(0.2, 0.55))
    drawn = pictogram.resize((side, round(side * pictogram.height / pictogram.width)), Image.Resampling.BICUBIC)
    drawn = drawn.rotate(chance.uniform(-20, 20), resample=Image.Resampling.BICUBIC, expand=True)
    drawn = drawn.filter(ImageFilter.GaussianBlur(chance.uniform(0, 3)))
    left = chance.randint(0, max(0, picture.width - drawn.width))
    top = chance.randint(0, max(0, picture.height - drawn.height))
    picture.paste(drawn, (left, top), drawn)
