"""HEIC and HEIF, as telephones take pictures, by libheif."""

from pillow_heif import HeifImageFile

from damsight_encoders.content import Content
from damsight_encoders.decode.image import opened, read_picture, require_pixels
from damsight_schemas.connections import EncodingLimits


def decode_heif(data: bytes, limits: EncodingLimits, *, at_least: int) -> Content:
    """Decode the primary picture; of a burst or a live picture the others are not looked at.

    libheif turns and mirrors by the file's own properties (ISO/IEC 23008-12, 6.5.10 and 6.5.12), which count in the
    place of EXIF's orientation; pillow-heif therefore hands that on as 1.

    Raises:
        MediaError: The bytes are no such picture, or are beyond a limit.
    """
    # The plugin's class by itself: registered, it would change what Pillow opens everywhere else.
    with opened(HeifImageFile, data, "HEIC", limits) as image:
        image.load()
        # libheif learns a size from the coded picture itself, whatever the header said.
        require_pixels(*image.size, limits)
        return Content(cover=read_picture(image, "HEIC", limits, at_least=at_least))
