"""A file of any kind, told by its bytes, to the decoder of its kind."""

import importlib
from typing import Final, Protocol, cast

from damsight_encoders.content import Content, Picture
from damsight_encoders.decode.image import require_size
from damsight_encoders.decode.kinds import Family, Kind, kind_of
from damsight_encoders.decode.sniff import describe
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits


class _Decode(Protocol):
    def __call__(self, data: bytes, limits: EncodingLimits, *, at_least: int) -> Content: ...


class _DecodeWithSound(Protocol):
    def __call__(self, data: bytes, limits: EncodingLimits, *, at_least: int, sound_rate: int | None) -> Content: ...


# By name: a deployable that only ever sees pictures needs neither FFmpeg nor LibRaw.
_SHOWN: Final[dict[Family, str]] = {
    "still": "stills:decode_still",
    "heif": "heif:decode_heif",
    "raw": "raw:decode_raw",
    "photoshop": "photoshop:decode_photoshop",
    "vector": "vector:decode_vector",
    "document": "document:decode_document",
}
_SOUNDING: Final[dict[Family, str]] = {"film": "film:decode_film", "sound": "sound:decode_sound"}


class FileDecoder:
    """Implements MediaDecoder and PictureDecoder for every kind of file that we take: docs/encoders.md lists them.

    Args:
        limits: What is refused, and how much of a long media is looked at.
    """

    def __init__(self, limits: EncodingLimits | None = None) -> None:
        self._limits = limits or EncodingLimits()

    def decode_media(self, data: bytes, *, at_least: int, sound_rate: int | None = None) -> Content:
        """Decode; see the port.

        Raises:
            MediaError: The bytes are nothing that we take, or are beyond a limit; nothing was allocated for it.
        """
        return self._decoded(data, self._limits, at_least, sound_rate)

    def decode(self, data: bytes, *, at_least: int) -> Picture:
        """Decode the one picture that stands for the file: of a document its first page, of a sound its cover art.

        Raises:
            MediaError: As for `decode_media`, and where the file shows nothing.
        """
        # Of what has pages only the first is wanted, but a film's most telling frame is found by looking at many.
        cover = self._decoded(data, self._limits.model_copy(update={"max_pages": 1}), at_least, None, alone=True).cover
        if cover is None:
            raise MediaError("no_picture", "the file holds sound and no picture; choose a picture")
        return cover

    def _decoded(
        self, data: bytes, limits: EncodingLimits, at_least: int, sound_rate: int | None, *, alone: bool = False
    ) -> Content:
        require_size(data, limits)
        kind = kind_of(data)
        if kind is None:
            raise MediaError("unknown_format", f"the bytes are not a picture that we take: {describe(data)}")
        if kind.family in _SOUNDING:
            decode_sounding = cast("_DecodeWithSound", _named(_SOUNDING[kind.family], kind))
            return decode_sounding(data, limits, at_least=at_least, sound_rate=sound_rate)
        if alone and kind.family == "still":
            limits = limits.model_copy(update={"max_frames": 1})
        decode = cast("_Decode", _named(_SHOWN[kind.family], kind))
        return decode(data, limits, at_least=at_least)


def _named(place: str, kind: Kind) -> object:
    module, _, name = place.partition(":")
    try:
        return getattr(importlib.import_module(f"damsight_encoders.decode.{module}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("damsight"):
            raise
        raise MediaError(
            "unsupported",
            f"the file is {kind.name}, and what reads that is not installed here ({error.name}); install "
            f"damsight[encode], or choose another file",
        ) from error
