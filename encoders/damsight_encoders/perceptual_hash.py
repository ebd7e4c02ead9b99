"""What a picture looks like in 64 bits: the same picture in another size or file keeps nearly all of them.

Source: Christoph Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010, section 3.2.1: the
signs, about their median, of the lowest frequencies of a discrete cosine transform of 32 x 32 grey values.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from damsight_encoders.content import Picture

_SIDE = 32
# Zauner takes the frequencies 1 to 8 each way; 0 to 7 bear a cut edge better (docs/search.md has what was measured).
_LOWEST = slice(0, 8)
# Of a picture that is flat but for noise every bit is chance, and it would be near to any other such picture.
# In grey levels: the root mean square of what these frequencies draw about the mean.
_FLAT = 0.5
# Halving by whole pixels is quick, and what is left is averaged exactly.
_QUICK = 4 * _SIDE


def perceptual_hash(picture: Picture) -> str | None:
    """Return 16 hex digits; none for a picture that shows nothing: one colour, or hardly more.

    Args:
        picture: Of any size; only what its box covers counts.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(_boxed(picture)), cv2.COLOR_RGB2GRAY)
    while min(grey.shape) >= _QUICK:
        grey = cv2.resize(grey, (grey.shape[1] // 2, grey.shape[0] // 2), interpolation=cv2.INTER_AREA)
    small = cv2.resize(grey.astype(np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    drawn = cv2.dct(small)[_LOWEST, _LOWEST].ravel()
    if float(np.linalg.norm(drawn[1:])) / _SIDE < _FLAT:
        return None
    return np.packbits(drawn > np.median(drawn)).tobytes().hex()


def _boxed(picture: Picture) -> NDArray[Any]:
    if picture.box is None:
        return picture.pixels
    left, top, right, bottom = picture.box
    height, width = picture.pixels.shape[:2]
    rows = slice(min(int(top), height - 1), max(int(top) + 1, round(bottom)))
    return picture.pixels[rows, min(int(left), width - 1) : max(int(left) + 1, round(right))]
