"""One decoded picture to a longest side, its shape kept: for what takes pictures of any shape."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from damsight_encoders.content import Picture
from damsight_encoders.preprocess import Resample


def bound_picture(picture: Picture, most: int, resample: Resample) -> NDArray[np.uint8]:
    """Return (height, width, 3) uint8 with no side longer than ``most``; what is smaller keeps its size.

    Args:
        picture: As decoded; only its box is taken.
        most: Of the longer side, in pixels.
        resample: Resizes, bicubic and antialiased.
    """
    height, width = picture.pixels.shape[:2]
    box = picture.box or (0.0, 0.0, float(width), float(height))
    across, down = box[2] - box[0], box[3] - box[1]
    scale = min(1.0, most / max(across, down))
    size = (max(1, round(across * scale)), max(1, round(down * scale)))
    if size == (width, height) and picture.box is None:
        return np.ascontiguousarray(picture.pixels)
    return resample(picture.pixels, size, box, int(Image.Resampling.BICUBIC))
