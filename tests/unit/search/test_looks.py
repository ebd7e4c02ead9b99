"""How examples become one query vector, and how parts are cut out of pictures."""

import numpy as np
import pytest

from damsight_encoders.content import Picture
from damsight_schemas.search import Box
from damsight_search.vectors.crops import cut_out, shorter_side
from damsight_search.vectors.looks import Look, aversion, combined, mode_of

EAST = np.array([1.0, 0.0], dtype=np.float32)
NORTH = np.array([0.0, 1.0], dtype=np.float32)


def test_weights_count_among_the_wanted_and_among_the_unwanted() -> None:
    """The weighted average at length 1: only proportions matter."""
    wanted = combined([Look(EAST, "picture", 6.0), Look(NORTH, "picture", 2.0)], [])
    assert wanted == pytest.approx(np.array([3.0, 1.0]) / np.sqrt(10))
    assert combined([Look(EAST, "text", 0.1)], []) == pytest.approx(EAST)
    turned = combined([Look(EAST, "picture")], [Look(NORTH, "picture", 50.0)])
    assert turned == pytest.approx(np.array([1.0, -0.5]) / np.sqrt(1.25))


def test_what_cancels_out_has_no_vector() -> None:
    """Nothing to go by is nothing, and never a vector of zeros or of no numbers."""
    assert combined([], []) is None
    assert combined([Look(EAST, "text"), Look(-EAST, "text")], []) is None
    assert combined([], [Look(EAST, "text")]) == pytest.approx(-EAST)


def test_pictures_among_the_wanted_make_the_mode() -> None:
    """Words alone are told apart from pictures, and from words with pictures; what is unwanted counts only alone."""
    words, picture = Look(EAST, "text"), Look(NORTH, "picture")
    assert mode_of([words], [picture]) == "text"
    assert mode_of([words, picture], []) == "picture"
    assert mode_of([], [picture]) == "picture"


def test_only_what_is_of_one_mode_is_compared() -> None:
    """Words lie apart from pictures, so that a picture would always be nearer to an unwanted picture than to words."""
    words, picture, other = Look(EAST, "text"), Look(EAST, "picture"), Look(NORTH, "picture")
    assert aversion("image_vector", [words], [other]) is None
    assert aversion("image_vector", [words], []) is None
    both = aversion("image_vector", [words, picture], [other])
    assert both is not None
    assert both.turns_from(np.array([0.6, 0.8], dtype=np.float32))
    assert not both.turns_from(np.array([0.8, 0.6], dtype=np.float32))


def numbered(height: int, width: int, *, box: tuple[float, float, float, float] | None = None) -> Picture:
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[..., 0], pixels[..., 1] = np.meshgrid(range(width), range(height))
    return Picture(pixels, (width * 4, height * 4), "PNG", box)


def test_a_part_is_cut_out_where_the_box_says() -> None:
    """Fractions of the upright picture, widened to whole pixels, with the part's own original size."""
    part = cut_out(numbered(40, 80), Box(x=0.25, y=0.5, width=0.5, height=0.25))
    assert part.pixels.shape == (10, 40, 3)
    assert part.pixels[0, 0].tolist() == [20, 20, 0]
    assert part.original_size == (160, 40)
    assert cut_out(numbered(40, 80), Box(x=0, y=0, width=1, height=1)).pixels.shape == (40, 80, 3)


def test_the_smallest_part_is_still_a_pixel() -> None:
    """A box between two pixels, or at the last of them, is none the less a picture."""
    for x in (0.0, 0.5, 0.999999):
        part = cut_out(numbered(3, 5), Box(x=x, y=x, width=1e-7, height=1e-7))
        assert part.pixels.shape == (1, 1, 3)
        assert part.original_size == (1, 1)


def test_fractions_are_of_what_the_original_covers() -> None:
    """A JPEG that was decoded smaller ends in rows that are only partly filled: they do not count."""
    part = cut_out(numbered(10, 10, box=(0.0, 0.0, 8.0, 8.0)), Box(x=0.5, y=0.5, width=0.5, height=0.5))
    assert part.pixels[0, 0].tolist() == [4, 4, 0]
    assert part.pixels.shape == (4, 4, 3)


def test_a_small_part_needs_a_large_picture() -> None:
    """The whole is decoded so large that the part has what the encoder reads."""
    assert shorter_side(None, 448) == 448
    assert shorter_side(Box(x=0, y=0, width=0.1, height=0.5), 448) == 4480
