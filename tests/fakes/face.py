"""A drawn face that OpenCV's cascades take for one: no picture of a person is in this repository."""

import cv2
import numpy as np
from numpy.typing import NDArray

_SKIN, _HAIR, _SHADOW, _LIPS = 205, 60, 110, 110
# x and y from the middle, half axes, brightness, softness; in pixels of a face 160 wide.
_HEAD = [(0, -20, 78, 98, _HAIR, 3), (0, 0, 62, 82, _SKIN, 0)]
_EACH_SIDE = [
    (27, -20, 17, 10, _SHADOW, 4),
    (27, -33, 17, 4, 80, 2),
    (27, -19, 11, 6, 230, 1),
    (27, -19, 6, 6, 30, 1),
    (9, 18, 5, 4, _SHADOW, 2),
    (35, 12, 14, 12, 220, 5),
]
_MIDDLE = [(0, 2, 7, 18, 225, 4), (0, 42, 24, 7, _LIPS, 2), (0, 65, 20, 6, 180, 4)]


def picture_with_face(
    *, size: tuple[int, int] = (360, 300), centre: tuple[int, int] = (150, 140), scale: float = 1.0
) -> NDArray[np.uint8]:
    """Return a face before a lightly structured wall.

    Args:
        size: (width, height) as it is drawn.
        centre: Of the face, as it is drawn.
        scale: What it is drawn at is resized by this.

    Returns:
        (scale x height, scale x width, 3) uint8.
    """
    width, height = size
    wall = 165 + 10 * np.sin(np.arange(width) / 9)[None, :] + 10 * np.cos(np.arange(height) / 7)[:, None]
    sides = [(sign * x, *rest) for x, *rest in _EACH_SIDE for sign in (-1, 1)]
    for x, y, across, down, brightness, softness in [*_HEAD, *sides, *_MIDDLE]:
        mask = np.zeros((height, width))
        cv2.ellipse(mask, (centre[0] + x, centre[1] + y), (across, down), 0, 0, 360, 1.0, -1)
        if softness:
            mask = cv2.GaussianBlur(mask, (0, 0), softness)
        wall = wall * (1 - mask) + brightness * mask
    drawn = np.repeat(wall.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
    return np.asarray(cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
