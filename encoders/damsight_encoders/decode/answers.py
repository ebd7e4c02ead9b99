"""What the child of an isolated decoder answers: a header that tells shapes, and after it the raw bytes of each.

The header is JSON under a strict schema, and nothing is reserved for what it tells before that is within the limits.
"""

from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from damsight_encoders.content import Box, Content, Part, Picture, Position, Sound
from damsight_encoders.decode.frames import Channel, FrameError

_Count = Annotated[int, Field(ge=0, le=1 << 40)]
_FromOne = Annotated[int, Field(ge=1, le=1 << 31)]
_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Picture(_Strict):
    width: _FromOne
    height: _FromOne
    original_size: tuple[_FromOne, _FromOne]
    media_format: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,20}$")]
    box: Box | None


class _Part(_Strict):
    kind: Literal["frame", "page", "slice"]
    number: _FromOne
    seconds: _Seconds | None
    picture: _Count


class _Content(_Strict):
    pictures: tuple[_Picture, ...]
    cover: _Count | None
    parts: tuple[_Part, ...]
    samples: _Count | None
    rate: _FromOne | None
    words_bytes: _Count
    duration_s: _Seconds | None
    pages: _Count | None

    @model_validator(mode="after")
    def _speaks_of_its_own(self) -> Self:
        places = [part.picture for part in self.parts] + ([] if self.cover is None else [self.cover])
        if any(place >= len(self.pictures) for place in places) or (self.samples is None) != (self.rate is None):
            raise ValueError("it speaks of what it does not hold")
        return self

    def total_bytes(self) -> int:
        """Of all that follows the header."""
        pixels = sum(picture.width * picture.height for picture in self.pictures)
        return pixels * 3 + (self.samples or 0) * 4 + self.words_bytes


class Refused(_Strict):
    """A MediaError, as the child tells it."""

    reason: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    message: str


class _Answer(_Strict):
    content: _Content | None = None
    refused: Refused | None = None
    failed: str | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("not exactly one of the three")
        return self


def told_of(content: Content) -> tuple[dict[str, object], list[bytes | memoryview]]:
    """Return the header and the bytes that tell what was decoded; a picture that is the cover and a part goes once.

    Raises:
        TypeError: The decoder keeps no promise on shapes and types.
    """
    pictures = _distinct(content)
    places = {id(picture): place for place, picture in enumerate(pictures)}
    words = content.words.encode("utf-8", "replace")
    bodies: list[bytes | memoryview] = [_pixels(picture) for picture in pictures]
    if content.sound is not None:
        bodies.append(_samples(content.sound))
    header: dict[str, object] = {
        "pictures": [_described(picture) for picture in pictures],
        "cover": None if content.cover is None else places[id(content.cover)],
        "parts": [
            {
                "kind": part.position.kind,
                "number": part.position.number,
                "seconds": part.position.seconds,
                "picture": places[id(part.picture)],
            }
            for part in content.parts
        ],
        "samples": content.sound and int(content.sound.samples.size),
        "rate": content.sound and content.sound.rate,
        "words_bytes": len(words),
        "duration_s": content.duration_s,
        "pages": content.pages,
    }
    return {"content": header}, [*bodies, words]


def receive_answer(channel: Channel, most_bytes: int) -> "Content | Refused | str":
    """Receive what was decoded, a refusal, or in words how the decoder failed.

    Raises:
        pydantic.ValidationError: It is none of the three.
        FrameError: It is more than is allowed, or not what it says.
        EOFError: The other side is gone.
        OSError: As for `Channel.send`.
    """
    answer = _Answer.model_validate_json(channel.receive())
    if answer.content is None:
        return answer.refused or answer.failed or ""
    told = answer.content
    if told.total_bytes() > most_bytes:
        raise FrameError(f"{told.total_bytes():,} bytes where {most_bytes:,} are allowed")
    pictures = [_receive_picture(channel, described) for described in told.pictures]
    sound = None if told.samples is None or told.rate is None else _receive_sound(channel, told.samples, told.rate)
    return Content(
        cover=None if told.cover is None else pictures[told.cover],
        parts=tuple(
            Part(Position(part.kind, part.number, part.seconds), pictures[part.picture]) for part in told.parts
        ),
        sound=sound,
        words=_receive_words(channel, told.words_bytes),
        duration_s=told.duration_s,
        pages=told.pages,
    )


def _distinct(content: Content) -> list[Picture]:
    pictures = [part.picture for part in content.parts]
    if content.cover is not None and not any(picture is content.cover for picture in pictures):
        pictures.append(content.cover)
    return pictures


def _described(picture: Picture) -> dict[str, object]:
    height, width = picture.pixels.shape[:2]
    return {
        "width": width,
        "height": height,
        "original_size": picture.original_size,
        "media_format": picture.media_format,
        "box": picture.box,
    }


def _pixels(picture: Picture) -> memoryview:
    pixels = picture.pixels
    if pixels.shape != (*pixels.shape[:2], 3) or pixels.dtype != np.uint8:
        raise TypeError(f"pixels of shape {pixels.shape} and type {pixels.dtype}")
    return np.ascontiguousarray(pixels).data.cast("B")


def _samples(sound: Sound) -> memoryview:
    if sound.samples.ndim != 1 or sound.samples.dtype != np.float32:
        raise TypeError(f"samples of shape {sound.samples.shape} and type {sound.samples.dtype}")
    return np.ascontiguousarray(sound.samples).data.cast("B") if sound.samples.size else memoryview(b"")


def _receive_picture(channel: Channel, described: _Picture) -> Picture:
    pixels: NDArray[np.uint8] = np.empty((described.height, described.width, 3), dtype=np.uint8)
    channel.receive_into(pixels.data.cast("B"))
    return Picture(
        pixels=pixels,
        original_size=described.original_size,
        media_format=described.media_format,
        box=described.box,
    )


def _receive_sound(channel: Channel, count: int, rate: int) -> Sound:
    received = bytearray(count * 4)
    channel.receive_into(memoryview(received))
    samples = np.frombuffer(received, dtype=np.float32)
    if not np.isfinite(samples).all():
        raise FrameError("samples that are no numbers")
    return Sound(samples=samples, rate=rate)


def _receive_words(channel: Channel, length: int) -> str:
    received = bytearray(length)
    channel.receive_into(memoryview(received))
    try:
        return received.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FrameError("words that are no UTF-8") from error
