"""A file's bytes to pixels, trusting nothing in them."""

from damsight_encoders.decode.image import PillowDecoder

__all__ = ["PillowDecoder"]
