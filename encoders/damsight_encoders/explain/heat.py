"""From what a model says of its own input to a map of the upright original. Pure, numpy and Pillow alone."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from damsight_encoders.content import Box, Picture
from damsight_encoders.ports import Heat
from damsight_encoders.steps import ImageSteps

_FLAT = 1e-9


def covered(picture: Picture) -> Box:
    """Return the part of the pixels that the original covers."""
    height, width = picture.pixels.shape[:2]
    return picture.box or (0.0, 0.0, float(width), float(height))


def seen_by_model(picture: Picture, steps: ImageSteps | None) -> Box:
    """Return the part of the picture's pixels that is left of it after the model's own resize and crop.

    A crop larger than the resized picture pads it: the box then reaches beyond the pixels.

    Args:
        picture: As decoded.
        steps: Of the encoder; without, it sees the whole.
    """
    left, top, right, bottom = covered(picture)
    if steps is None or steps.crop is None:
        return left, top, right, bottom
    width, height = steps.resized(*picture.original_size)
    across = steps.crop[1] / width * (right - left) / 2
    down = steps.crop[0] / height * (bottom - top) / 2
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    return middle_x - across, middle_y - down, middle_x + across, middle_y + down


def spread(grid: NDArray[np.float32], box: Box, shape: tuple[int, int]) -> Heat:
    """Draw a grid over the part ``box`` of a picture, smoothly; what is outside is as cold as the coldest.

    Args:
        grid: (rows, columns), any scale.
        box: What the grid covers, in pixels of the picture; it may reach beyond.
        shape: (height, width) of the picture.

    Returns:
        (height, width) float32, 0 to 1.
    """
    scaled = to_unit(grid)
    left, top, right, bottom = (round(side) for side in box)
    size = (max(1, right - left), max(1, bottom - top))
    drawn = np.asarray(Image.fromarray(scaled).resize(size, Image.Resampling.BILINEAR))
    heat = np.zeros(shape, dtype=np.float32)
    inside = slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right))
    part = heat[inside]
    above, before = max(0, -top), max(0, -left)
    part[:] = drawn[above : above + part.shape[0], before : before + part.shape[1]]
    return heat


def to_unit(values: NDArray[np.float32]) -> Heat:
    """Stretch to 0..1; what is the same everywhere tells nothing and becomes 0."""
    low, high = float(values.min()), float(values.max())
    if not high - low > _FLAT:
        return np.zeros(values.shape, dtype=np.float32)
    stretched: Heat = ((values - low) / (high - low)).clip(0.0, 1.0).astype(np.float32)
    return stretched
