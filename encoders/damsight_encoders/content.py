"""What a file is once it is decoded: pictures, parts, sound, words. No vendor but numpy."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""left, top, right, bottom in pixels; fractions allowed."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes:
        pixels: (height, width, 3) uint8, sRGB, upright, alpha on white; it may be decoded smaller than the original
            (see ``original_size``), never larger.
        original_size: (width, height) in pixels of the upright original.
        media_format: As the bytes say, for example "JPEG".
        box: The part of ``pixels`` that the original covers, where it is not the whole: a JPEG decoded at a half, a
            quarter or an eighth ends in a row and a column that are only partly filled.
    """

    pixels: NDArray[np.uint8]
    original_size: tuple[int, int]
    media_format: str
    box: Box | None = None


@dataclass(frozen=True)
class Position:
    """Where a part stands in its media.

    Attributes:
        kind: What it is a part by.
        number: From 1, in the order of the media: the page's own number, or the frame's among those that were taken.
        seconds: Where a frame stands in its video.
    """

    kind: Literal["frame", "page", "slice"]
    number: int
    seconds: float | None = None


@dataclass(frozen=True)
class Part:
    """A frame, a page or a slice."""

    position: Position
    picture: Picture


@dataclass(frozen=True)
class Sound:
    """Decoded sound.

    Attributes:
        samples: (n,) float32, mono, -1 to 1, at ``rate``; cut at the limit.
        rate: Samples a second.
    """

    samples: NDArray[np.float32]
    rate: int


@dataclass(frozen=True)
class Content:
    """What a file holds.

    Attributes:
        cover: The picture that stands for the asset: a still itself, a document's first page, a video's most telling
            frame, a sound's cover art; none where it shows nothing.
        parts: Frames, pages or slices in order; a still, and a document of one page, has none.
        sound: Of a sound or a video, where it was asked for.
        words: The text that a document holds, in reading order; cut at `damsight_schemas.asset.MAX_TEXT_CHARACTERS`.
        duration_s: Of a video or a sound, whole, also where less was looked at.
        pages: Of a document, all, also where fewer were looked at.
    """

    cover: Picture | None
    parts: tuple[Part, ...] = ()
    sound: Sound | None = None
    words: str = ""
    duration_s: float | None = None
    pages: int | None = None
