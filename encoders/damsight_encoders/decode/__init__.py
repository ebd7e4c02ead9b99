"""A file's bytes to pixels, sound and words, trusting nothing in them."""

from damsight_encoders.decode.image import PillowDecoder
from damsight_encoders.decode.media import FileDecoder

__all__ = ["FileDecoder", "PillowDecoder"]
