"""The overlay shows the heat and nothing else in colour."""

import io

import numpy as np
import pytest
from PIL import Image

from damsight_encoders.explain import overlay


def drawn(pixels: np.ndarray, heat: np.ndarray, **options: float) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(overlay(pixels, heat, **options))).convert("RGB"))


def test_hotter_is_lighter_and_keeps_its_place() -> None:
    """Over one grey, lightness grows with every step of heat: nobody needs to see colours to read it."""
    heat = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (8, 1))
    shown = drawn(np.full((8, 64, 3), 128, dtype=np.uint8), heat)
    lightness = shown.astype(float) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness[0]) > 0).all()


def test_a_colour_of_the_picture_is_not_taken_for_heat() -> None:
    """The picture is grey below: a red and a grey of the same luminance look alike where the heat is the same."""
    red = np.full((4, 4, 3), (255, 0, 0), dtype=np.uint8)
    grey = np.full((4, 4, 3), round(255 * 0.2126), dtype=np.uint8)
    heat = np.full((4, 4), 0.5, dtype=np.float32)
    assert np.abs(drawn(red, heat).astype(int) - drawn(grey, heat)).max() <= 1


def test_the_colours_are_infernos() -> None:
    """The table's ends and middle are the published ones (matplotlib's inferno)."""
    heat = np.array([[0.0, 128 / 255, 1.0]], dtype=np.float32)
    shown = drawn(np.zeros((1, 3, 3), dtype=np.uint8), heat, opacity=1.0)
    assert shown[0].tolist() == [[0, 0, 4], [188, 55, 84], [252, 255, 164]]


@pytest.mark.parametrize("heat", [np.zeros((2, 3)), np.full((4, 4), 1.5), np.full((4, 4), np.nan)])
def test_a_heat_that_is_none_is_refused(heat: np.ndarray) -> None:
    """Of another shape, beyond 1, or not a number: ValueError, never a wrong picture."""
    with pytest.raises(ValueError, match="the heat"):
        overlay(np.zeros((4, 4, 3), dtype=np.uint8), heat.astype(np.float32))
