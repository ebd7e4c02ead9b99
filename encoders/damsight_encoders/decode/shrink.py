"""Pictures at no more than the size that was asked for: a file's parts are many."""

from dataclasses import replace

import numpy as np
from PIL import Image

from damsight_encoders.content import Box, Picture


def shrunk(picture: Picture, at_least: int) -> Picture:
    """Average whole blocks of pixels, the shorter side staying at ``at_least`` or more."""
    height, width = picture.pixels.shape[:2]
    factor = min(width, height) // max(1, at_least)
    if factor <= 1:
        return picture
    box = picture.box or (0.0, 0.0, float(width), float(height))
    pixels = np.asarray(Image.fromarray(picture.pixels).reduce(factor))
    smaller: Box = (box[0] / factor, box[1] / factor, box[2] / factor, box[3] / factor)
    whole: Box = (0.0, 0.0, float(pixels.shape[1]), float(pixels.shape[0]))
    return replace(picture, pixels=pixels, box=None if smaller == whole else smaller)
