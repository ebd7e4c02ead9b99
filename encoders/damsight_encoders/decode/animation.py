"""A few frames of an animated picture, with when each is shown."""

import time
from collections.abc import Iterator
from typing import Final

from PIL import ImageFile

from damsight_encoders.content import Content, Part, Picture, Position
from damsight_encoders.decode.colour import shows_nothing
from damsight_encoders.decode.image import DECODER_ERRORS, read_picture
from damsight_encoders.decode.shrink import shrunk
from damsight_schemas.connections import EncodingLimits

_WANTED: Final = 8
_MOST_LOOKED_AT: Final = 2000

_Shown = tuple[float, Picture]


def animation(image: ImageFile.ImageFile, media_format: str, limits: EncodingLimits, at_least: int) -> Content:
    """Take up to eight frames, evenly over those that show anything; the first is the cover.

    The frames are decoded one after the other, as their formats want it, as long as their pixels together stay within
    the limit for one picture (ten frames are always looked at) and the time lasts. What ends early, or is damaged
    after its first frame, gives what came before.
    """
    wanted = min(_WANTED, limits.max_frames)
    taken: list[_Shown] = []
    step = 1
    for number, (seconds, picture) in enumerate(_shown(image, media_format, limits, at_least)):
        if number % step:
            continue
        taken.append((seconds, picture))
        if len(taken) == 2 * wanted:
            taken, step = taken[::2], 2 * step
    if not taken:
        image.seek(0)
        return Content(cover=read_picture(image, media_format, limits, at_least=at_least))
    chosen = [taken[index * len(taken) // min(wanted, len(taken))] for index in range(min(wanted, len(taken)))]
    parts = tuple(
        Part(Position("frame", number, seconds), picture) for number, (seconds, picture) in enumerate(chosen, start=1)
    )
    return Content(cover=parts[0].picture, parts=parts if len(parts) > 1 else ())


def _shown(image: ImageFile.ImageFile, media_format: str, limits: EncodingLimits, at_least: int) -> Iterator[_Shown]:
    """Yield the frames that show anything, and the seconds at which each begins."""
    affordable = max(10, limits.max_pixels // (image.width * image.height))
    give_up_at = time.monotonic() + limits.max_decode_s
    milliseconds = 0.0
    for number in range(min(affordable, _MOST_LOOKED_AT)):
        try:
            image.seek(number)
            image.load()
        except DECODER_ERRORS:
            if number == 0:
                raise
            return
        if not shows_nothing(image):
            yield milliseconds / 1000, shrunk(read_picture(image, media_format, limits, at_least=at_least), at_least)
        milliseconds += float(image.info.get("duration") or 0)
        if time.monotonic() > give_up_at:
            return
