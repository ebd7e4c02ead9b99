"""The pages of a TIFF, as scanners and fax machines write them."""

import time
from typing import Final

from PIL import ImageFile

from damsight_encoders.content import Content, Part, Position
from damsight_encoders.decode.image import DECODER_ERRORS, read_picture, refusal, require_pixels
from damsight_encoders.decode.shrink import shrunk
from damsight_encoders.decode.tiff_directories import NEW_SUBFILE_TYPE, chained_directories
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits

_MOST_PAGES: Final = 10_000
_NO_PAGE: Final = 0b101  # TIFF 6.0, NewSubfileType: a smaller copy of another picture, or a mask for one


def page_places(data: bytes) -> list[int]:
    """Return which of the directories, counted from 0, are pages."""
    return [
        place
        for place, directory in enumerate(chained_directories(data, _MOST_PAGES))
        if not _first_number(directory.get(NEW_SUBFILE_TYPE)) & _NO_PAGE
    ]


def pages(image: ImageFile.ImageFile, data: bytes, places: list[int], limits: EncodingLimits, at_least: int) -> Content:
    """Decode pages up to the limits; one that cannot be decoded leaves the others.

    Raises:
        MediaError: None can be.
    """
    give_up_at = time.monotonic() + limits.max_decode_s
    parts: list[Part] = []
    failure: MediaError | None = None
    for number, place in enumerate(places[: limits.max_pages], start=1):
        try:
            image.seek(place)
            require_pixels(*image.size, limits)
            picture = read_picture(image, "TIFF", limits, at_least=at_least)
        except DECODER_ERRORS as error:
            failure = failure or refusal(data, "TIFF", error)
        except MediaError as error:
            failure = failure or error
        else:
            parts.append(Part(Position("page", number), shrunk(picture, at_least)))
        if time.monotonic() > give_up_at:
            break
    if not parts:
        raise failure or MediaError("broken", "the TIFF has no page that can be decoded; replace the file")
    return Content(cover=parts[0].picture, parts=tuple(parts), pages=len(places))


def _first_number(values: object) -> int:
    return int(values[0]) if isinstance(values, tuple) and values else 0
