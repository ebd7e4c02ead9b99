"""A MediaDecoder without a codec: what a small JSON in the bytes tells, or a picture by Pillow.

Colours are those of `fakes.encoders`, so that a fake encoder tells the frames of a described film apart.
"""

import json
from typing import Any, Literal

import numpy as np

from damsight_encoders.content import Content, Part, Picture, Position, Sound
from damsight_encoders.decode.image import PillowDecoder
from damsight_encoders.errors import MediaError
from damsight_schemas.asset import MAX_TEXT_CHARACTERS
from damsight_schemas.connections import EncodingLimits
from fakes.encoders import COLOURS

_START = b'{"media":'
SIDE = 32


class FakeMediaDecoder:
    """Implements MediaDecoder and PictureDecoder; picklable. `described` writes the bytes that it takes."""

    def __init__(self, limits: EncodingLimits | None = None) -> None:
        self._limits = limits or EncodingLimits()
        self._pillow = PillowDecoder(limits)

    def decode_media(self, data: bytes, *, at_least: int, sound_rate: int | None = None) -> Content:
        if not data.startswith(_START):
            return Content(cover=self._pillow.decode(data, at_least=at_least))
        told = json.loads(data)["media"]
        if "refused" in told:
            raise MediaError(told["refused"], f"the fake was told to refuse this as {told['refused']}; publish another")
        parts = tuple(self._parts(told))
        return Content(
            cover=_cover(told, parts),
            parts=parts,
            sound=self._sound(told["hertz"], told["duration_s"], sound_rate),
            words=told["words"][:MAX_TEXT_CHARACTERS],
            duration_s=told["duration_s"],
            pages=len(told["colours"]) if told["kind"] == "page" else None,
        )

    def decode(self, data: bytes, *, at_least: int) -> Picture:
        cover = self.decode_media(data, at_least=at_least).cover
        if cover is None:
            raise MediaError("no_picture", "the file shows nothing; publish one with cover art")
        return cover

    def _parts(self, told: dict[str, Any]) -> list[Part]:
        kind = told["kind"]
        most = self._limits.max_pages if kind == "page" else self._limits.max_frames
        colours = told["colours"][:most]
        # As a real one: a document of one page has no parts, a film of one scene has one frame.
        if kind == "page" and len(colours) == 1:
            return []
        return [
            Part(
                Position(kind, number, (number - 1) * 2.0 if kind == "frame" else None),
                _plain(colour, kind),
            )
            for number, colour in enumerate(colours, 1)
        ]

    def _sound(self, hertz: float | None, duration_s: float | None, rate: int | None) -> Sound | None:
        if hertz is None or rate is None:
            return None
        seconds = min(duration_s or 1.0, self._limits.max_sound_s)
        times = np.arange(round(seconds * rate), dtype=np.float64) / rate
        return Sound(samples=np.sin(2 * np.pi * hertz * times).astype(np.float32), rate=rate)


def described(
    *colours: str,
    kind: Literal["frame", "page", "slice"] = "frame",
    cover: str | None = None,
    words: str = "",
    hertz: float | None = None,
    duration_s: float | None = None,
) -> bytes:
    """Bytes of a media with one part a colour, two seconds apart; ``cover`` is a colour, ``hertz`` a tone."""
    told = {
        "kind": kind,
        "colours": colours,
        "cover": cover or (colours[0] if colours else None),
        "words": words,
        "hertz": hertz,
        "duration_s": duration_s,
    }
    return _START + json.dumps(told).encode() + b"}"


def refused(reason: str) -> bytes:
    """Bytes that are refused for a reason."""
    return _START + json.dumps({"refused": reason}).encode() + b"}"


def _cover(told: dict[str, Any], parts: tuple[Part, ...]) -> Picture | None:
    if parts and told["cover"] == told["colours"][0]:
        return parts[0].picture
    return _plain(told["cover"], told["kind"]) if told["cover"] else None


def _plain(colour: str, kind: str) -> Picture:
    pixels = np.full((SIDE, SIDE, 3), COLOURS[colour], dtype=np.uint8)
    media_format = {"frame": "MP4", "page": "PDF", "slice": "DICOM"}[kind]
    return Picture(pixels=pixels, original_size=(SIDE, SIDE), media_format=media_format)
