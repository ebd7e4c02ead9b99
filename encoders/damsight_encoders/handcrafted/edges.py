"""Which shapes a picture has: histograms of oriented gradients, and directions of edges over a grid of sixteen.

HOG: Dalal & Triggs 2005, Histograms of Oriented Gradients for Human Detection, as OpenCV computes it. Directions of
Canny's edges: Jain & Vailaya 1996, Image Retrieval Using Color and Shape; by region as MPEG-7's edge histogram has it.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from damsight_encoders.handcrafted.described import DescribedEncoder, unit
from damsight_encoders.ports import Prepared
from damsight_encoders.steps import ImageSteps

_REVISION: Final = "1"
_SIDE: Final = 128
_STEPS: Final = ImageSteps(resize="exact", height=_SIDE, width=_SIDE, resample=2)
_CELL: Final = 16
_ORIENTATIONS: Final = 9
_GRADIENTS: Final = (_SIDE // _CELL - 1) ** 2 * 4 * _ORIENTATIONS
_GRID: Final = 4
_DIRECTIONS: Final = 8
_CANNY: Final = (80.0, 160.0)
_NO_SHAPE: Final = 0.1
"""Stands beside the gradients, whose own length is some units: it holds a picture without any apart from noise."""


def open_edges() -> DescribedEncoder:
    """Make the encoder of shapes."""
    dimensions = _GRADIENTS + 1 + _GRID**2 * _DIRECTIONS
    return DescribedEncoder(describe_edges, steps=_STEPS, name="edges", revision=_REVISION, dimensions=dimensions)


def describe_edges(pixels: Prepared) -> NDArray[np.float32]:
    """Return (1893,) float32 of length 1 for (128, 128, 3) uint8: 1764 of HOG, one for no shape, 128 of edges."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    histograms = cv2.HOGDescriptor(
        (_SIDE, _SIDE), (2 * _CELL, 2 * _CELL), (_CELL, _CELL), (_CELL, _CELL), _ORIENTATIONS
    )
    gradients = np.asarray(histograms.compute(grey), dtype=np.float32).ravel()
    shape = unit(np.append(gradients, np.float32(_NO_SHAPE)))
    return unit(np.concatenate([shape, np.sqrt(_directions(grey))]).astype(np.float32))


def _directions(grey: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return each cell's and direction's share of the edge pixels; none where there is no edge.

    A direction is that of the gradient, from 0 to 180 degrees: light on dark is as dark on light. Each pixel is spread
    linearly over its two neighbouring directions.
    """
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    rows, columns = np.nonzero(cv2.Canny(grey, *_CANNY))
    angle = np.arctan2(down[rows, columns], across[rows, columns]).astype(np.float64) % np.pi
    place = angle / np.pi * _DIRECTIONS
    lower = np.floor(place).astype(np.int64)
    cell = rows // (_SIDE // _GRID) * _GRID + columns // (_SIDE // _GRID)
    total = np.zeros(_GRID**2 * _DIRECTIONS)
    for step, weight in ((0, 1 - (place - lower)), (1, place - lower)):
        total += np.bincount(cell * _DIRECTIONS + (lower + step) % _DIRECTIONS, weight, len(total))
    return total / max(1, len(rows))
