"""How large to draw what has no pixels of its own."""

import math
from typing import Final

from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits

_MOST_PIXELS: Final = 32_000_000
_LONGEST_SIDE: Final = 30_000


def drawn_size(width: float, height: float, at_least: int, limits: EncodingLimits) -> tuple[int, int]:
    """Return (width, height) in pixels: the shorter side as asked for, less where the whole would be too large.

    Raises:
        MediaError: The size is none that could be drawn.
    """
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise MediaError("broken", f"the size is {width:g} x {height:g}, which is none that could be drawn")
    scale = min(
        at_least / min(width, height),
        _LONGEST_SIDE / max(width, height),
        math.sqrt(min(_MOST_PIXELS, limits.max_pixels)) / math.sqrt(width) / math.sqrt(height),
    )
    return max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))


def size_as_original(own: tuple[float, float], drawn: tuple[int, int]) -> tuple[int, int]:
    """Return its own size in its own units, or what was drawn where that is larger: nothing is larger than itself."""
    if own[0] < drawn[0] or own[1] < drawn[1]:
        return drawn
    return math.ceil(min(own[0], 1e9)), math.ceil(min(own[1], 1e9))
