"""Turn pixels upright as EXIF's orientation says (CIPA DC-008, tag 0x0112)."""

import numpy as np
from numpy.typing import NDArray

from damsight_encoders.content import Box

_ON_ITS_SIDE = (5, 6, 7, 8)


def turn_upright(pixels: NDArray[np.uint8], box: Box | None, orientation: int) -> tuple[NDArray[np.uint8], Box | None]:
    """Return the upright pixels, (height, width, 3), and the box of them that the original covers.

    Args:
        pixels: As stored, (height, width, 3).
        box: In the stored pixels' coordinates, or None for all of them.
        orientation: 1 to 8; anything else counts as 1.
    """
    if orientation in _ON_ITS_SIDE:
        pixels = pixels.transpose(1, 0, 2)
        box = box and (box[1], box[0], box[3], box[2])
    left_right, up_down = _FLIPS.get(orientation, (False, False))
    height, width = pixels.shape[:2]
    if left_right:
        pixels = pixels[:, ::-1]
        box = box and (width - box[2], box[1], width - box[0], box[3])
    if up_down:
        pixels = pixels[::-1]
        box = box and (box[0], height - box[3], box[2], height - box[1])
    return np.ascontiguousarray(pixels), box


def is_on_its_side(orientation: int) -> bool:
    """Tell whether upright width and height are the stored height and width."""
    return orientation in _ON_ITS_SIDE


_FLIPS = {
    2: (True, False),
    3: (True, True),
    4: (False, True),
    6: (True, False),
    7: (True, True),
    8: (False, True),
}
"""After the transposition of 5 to 8: mirror left to right, top to bottom."""
