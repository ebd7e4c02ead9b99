"""The same picture in another file keeps its hash, near enough; another picture does not."""

import io
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from damsight_encoders.content import Picture
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.perceptual_hash import perceptual_hash
from damsight_schemas.perceptual_hash import NEAR, distance, is_perceptual_hash
from examples.photographs import as_picture, photograph

SEEDS = range(6)


def hashed(pixels: NDArray[np.uint8]) -> str:
    told = perceptual_hash(as_picture(pixels))
    assert told is not None
    assert is_perceptual_hash(told)
    return told


def as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def changed(image: Image.Image, how: str) -> Image.Image:
    width, height = image.size
    if how == "jpeg":
        return as_jpeg(image, 30)
    if how == "smaller":
        return image.resize((width // 5, height // 5), Image.Resampling.LANCZOS)
    if how == "larger":
        return image.resize((width * 2, height * 2), Image.Resampling.BICUBIC)
    if how == "cropped":
        return image.crop((width // 100, height // 100, width - width // 100, height - height // 100))
    if how == "brighter":
        return ImageEnhance.Brightness(image).enhance(1.15)
    return ImageEnhance.Contrast(image).enhance(0.7)


@pytest.mark.parametrize("how", ["jpeg", "smaller", "larger", "cropped", "brighter", "duller"])
def test_the_same_picture_stays_near(how: str) -> None:
    """Compressed hard, scaled, cut by a hundredth at each edge, brighter by 15 %, with less contrast."""
    for seed in SEEDS:
        pixels = photograph(400, 300, seed)
        after = hashed(np.asarray(changed(Image.fromarray(pixels), how)))
        assert distance(hashed(pixels), after) <= NEAR


def test_other_pictures_are_far() -> None:
    """Unrelated pictures differ in some half of their bits."""
    hashes = [hashed(photograph(400, 300, seed)) for seed in range(12)]
    assert min(distance(one, other) for one, other in combinations(hashes, 2)) > 2 * NEAR


def test_how_far_a_jpeg_was_decoded_does_not_matter() -> None:
    """A decoder that reads a half or an eighth leaves a part of a row and a column empty: the box tells it."""
    stream = io.BytesIO()
    Image.fromarray(photograph(1203, 905, 3)).save(stream, "JPEG", quality=90)
    decoder = PillowDecoder()
    told = {perceptual_hash(decoder.decode(stream.getvalue(), at_least=side)) for side in (900, 400, 100)}
    assert all(distance(one, other) <= 2 for one in told for other in told if one and other)
    assert None not in told


@pytest.mark.parametrize("noise", [0, 3])
def test_a_picture_that_shows_nothing_has_no_hash(noise: int) -> None:
    """Every blank page would be the same picture as every other."""
    pixels = np.random.default_rng(0).normal(200, noise, (300, 200, 3)).astype(np.uint8)
    assert perceptual_hash(as_picture(pixels)) is None


def test_the_smallest_picture_is_taken() -> None:
    """One pixel, and a box that covers hardly one."""
    pixel = np.zeros((1, 1, 3), np.uint8)
    assert perceptual_hash(as_picture(pixel)) is None
    assert perceptual_hash(Picture(pixel, (8, 8), "JPEG", box=(0.0, 0.0, 0.2, 0.2))) is None
