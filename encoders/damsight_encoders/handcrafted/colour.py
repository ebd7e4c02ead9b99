"""Which colours a picture has, and where: histograms in CIE Lab, of the whole and of a grid of nine.

Colour histograms for search: Swain & Ballard 1991, Color Indexing. The grid: Lazebnik, Schmid & Ponce 2006, Beyond Bags
of Features. Square roots of shares, so that the cosine of two vectors is the mean of their histograms' Bhattacharyya
coefficients: Arandjelovic & Zisserman 2012, Three Things Everyone Should Know.
"""

from itertools import product
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from damsight_encoders.handcrafted.described import DescribedEncoder
from damsight_encoders.ports import Prepared
from damsight_encoders.steps import ImageSteps

_REVISION: Final = "1"
_SIDE: Final = 60
_STEPS: Final = ImageSteps(resize="exact", height=_SIDE, width=_SIDE, resample=4)
_LOWEST: Final = np.array([0.0, -110.0, -110.0], dtype=np.float32)
_HIGHEST: Final = np.array([100.0, 110.0, 110.0], dtype=np.float32)
"""L, a, b; sRGB's own colours lie within (a from -87 to 99, b from -108 to 95)."""
_WHOLE_BINS: Final = (5, 9, 9)
_CELL_BINS: Final = (3, 5, 5)
_GRID: Final = 3
_LAYOUT_SHARE: Final = 0.5


def open_colour() -> DescribedEncoder:
    """Make the encoder of colours and their layout."""
    dimensions = int(np.prod(_WHOLE_BINS) + _GRID**2 * np.prod(_CELL_BINS))
    return DescribedEncoder(describe_colour, steps=_STEPS, name="colour", revision=_REVISION, dimensions=dimensions)


def describe_colour(pixels: Prepared) -> NDArray[np.float32]:
    """Return (1080,) float32 of length 1 for (60, 60, 3) uint8: 405 of the whole, 75 of each of nine cells."""
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    size = _SIDE // _GRID
    cells = [
        lab[row * size : (row + 1) * size, column * size : (column + 1) * size]
        for row, column in product(range(_GRID), repeat=2)
    ]
    whole = (1 - _LAYOUT_SHARE) * _histogram(lab, _WHOLE_BINS)
    layout = [_LAYOUT_SHARE / len(cells) * _histogram(cell, _CELL_BINS) for cell in cells]
    vector: NDArray[np.float32] = np.sqrt(np.concatenate([whole, *layout])).astype(np.float32)
    return vector


def _histogram(lab: NDArray[np.float32], bins: tuple[int, int, int]) -> NDArray[np.float64]:
    """Return the share of the pixels near each bin's middle; each pixel is spread linearly over its eight neighbours.

    So a colour on the border of two bins is near to its neighbours on both sides.
    """
    most = np.array(bins) - 1
    place = np.clip((lab.reshape(-1, 3) - _LOWEST) / (_HIGHEST - _LOWEST), 0, 1).astype(np.float64) * most
    lower = np.minimum(place.astype(np.int64), most - 1)
    share = place - lower
    total = np.zeros(int(np.prod(bins)))
    for corner in product((0, 1), repeat=3):
        weight = np.prod(np.where(corner, share, 1 - share), axis=1)
        total += np.bincount(np.ravel_multi_index(tuple((lower + corner).T), bins), weight, len(total))
    return total / len(place)
