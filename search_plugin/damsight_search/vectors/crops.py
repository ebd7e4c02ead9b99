"""A part of a decoded picture, as a picture of its own. Pure."""

import math

import numpy as np

from damsight_encoders.content import Picture
from damsight_encoders.explain.heat import covered
from damsight_schemas.search import Box


def cut_out(picture: Picture, box: Box) -> Picture:
    """Return the part of a picture that a box tells, widened to whole pixels; at least one pixel."""
    height, width = picture.pixels.shape[:2]
    left, top, right, bottom = covered(picture)
    columns = _whole(left + box.x * (right - left), left + (box.x + box.width) * (right - left), width)
    rows = _whole(top + box.y * (bottom - top), top + (box.y + box.height) * (bottom - top), height)
    across, down = picture.original_size
    original = max(1, round(across * box.width)), max(1, round(down * box.height))
    return Picture(np.ascontiguousarray(picture.pixels[rows, columns]), original, picture.media_format)


def shorter_side(box: Box | None, wanted: int) -> int:
    """Return how many pixels the whole picture's shorter side needs, so that the part's has as many as are wanted."""
    return wanted if box is None else math.ceil(wanted / min(box.width, box.height))


def _whole(start: float, end: float, length: int) -> slice:
    first = min(math.floor(start), length - 1)
    return slice(first, max(first + 1, min(length, math.ceil(end))))
