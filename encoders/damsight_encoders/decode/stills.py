"""Pictures in files that may hold one, an animation, or the pages of a document."""

from damsight_encoders.content import Content
from damsight_encoders.decode.animation import animation
from damsight_encoders.decode.image import opened_still, read_picture
from damsight_encoders.decode.pages import page_places, pages
from damsight_schemas.connections import EncodingLimits


def decode_still(data: bytes, limits: EncodingLimits, *, at_least: int) -> Content:
    """Decode any of Pillow's formats that we take.

    Raises:
        MediaError: The bytes are no such picture, or are beyond a limit.
    """
    with opened_still(data, limits) as (image, media_format):
        places = page_places(data) if media_format == "TIFF" else []
        if len(places) > 1:
            return pages(image, data, places, limits, at_least)
        if media_format != "TIFF" and limits.max_frames > 1 and getattr(image, "is_animated", False):
            return animation(image, media_format, limits, at_least)
        return Content(cover=read_picture(image, media_format, limits, at_least=at_least))
