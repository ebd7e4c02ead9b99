"""A film's decoded frame to pixels: upright, with square pixels, in sRGB, as small as was asked for."""

import math
from fractions import Fraction
from typing import Final, cast

import numpy as np
from av.buffer import Buffer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

from damsight_encoders.content import Picture
from damsight_encoders.decode.high_dynamic_range import (
    HYBRID_LOG_GAMMA,
    PERCEPTUAL_QUANTIZER,
    WIDE_PRIMARIES,
    to_standard_range,
)
from damsight_encoders.decode.scenes import THUMBNAIL_SIDE, Thumbnail
from damsight_encoders.errors import MediaError

_UNSPECIFIED: Final = 2
_HIGH_DEFINITION_LINES: Final = 720
_WIDEST_PIXEL: Final = 8
_WHITE: Final = 255


class FramePictures:
    """Makes pictures of one film's frames.

    Args:
        aspect: A pixel's width by its height; none or what cannot be counts as 1.
        at_least: Keep the shorter side at so many pixels or more where the original has them.
        max_pixels: Of a frame, as shown.
        media_format: The film's.
    """

    def __init__(self, aspect: Fraction | None, *, at_least: int, max_pixels: int, media_format: str) -> None:
        plausible = aspect is not None and Fraction(1, _WIDEST_PIXEL) <= aspect <= _WIDEST_PIXEL
        self._aspect = aspect if plausible and aspect is not None else Fraction(1)
        self._at_least = at_least
        self._max_pixels = max_pixels
        self._media_format = media_format
        # Each keeps its tables from one frame to the next.
        self._small, self._full = VideoReformatter(), VideoReformatter()

    def thumbnail(self, frame: VideoFrame) -> Thumbnail:
        """Return the frame at the size at which scenes are compared; neither upright nor square."""
        return _as_srgb(self._small, frame, THUMBNAIL_SIDE, THUMBNAIL_SIDE)

    def picture(self, frame: VideoFrame) -> Picture:
        """Return the frame.

        Raises:
            MediaError: It has more pixels than are allowed.
        """
        shown = self._shown(frame)
        if shown[0] * shown[1] > self._max_pixels:
            raise MediaError(
                "too_many_pixels",
                f"a frame of the {self._media_format} has {shown[0]:,} x {shown[1]:,} pixels and the limit is "
                f"{self._max_pixels:,}; raise the encoding limit max_pixels if that is wanted",
            )
        scale = min(1.0, self._at_least / min(shown))
        width, height = (max(1, math.ceil(side * scale)) for side in shown)
        pixels = _standard(frame, _as_srgb(self._full, frame, width, height))
        pixels, is_on_its_side = _upright(frame, pixels)
        return Picture(
            pixels=pixels,
            original_size=(shown[1], shown[0]) if is_on_its_side else shown,
            media_format=self._media_format,
        )

    def _shown(self, frame: VideoFrame) -> tuple[int, int]:
        """Width and height with square pixels, as stored: the side that has too few gets more."""
        if self._aspect >= 1:
            return max(1, round(frame.width * self._aspect)), frame.height
        return frame.width, max(1, round(frame.height / self._aspect))


def _as_srgb(reformatter: VideoReformatter, frame: VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    has_alpha = any(component.is_alpha for component in frame.format.components)
    scaled = reformatter.reformat(
        frame,
        width=width,
        height=height,
        format="rgba" if has_alpha else "rgb24",
        src_colorspace=_matrix(frame),
        interpolation="AREA",
        threads=1,
    )
    pixels = cast("NDArray[np.uint8]", scaled.to_ndarray())
    if not has_alpha:
        return pixels
    opacity = pixels[:, :, 3:].astype(np.float32) / _WHITE
    return np.rint(pixels[:, :, :3] * opacity + _WHITE * (1 - opacity)).astype(np.uint8)


def _matrix(frame: VideoFrame) -> int | None:
    """What to take an untold matrix for, as players do: BT.709 for high definition, else BT.601, JPEG's too."""
    if frame.colorspace != _UNSPECIFIED or frame.format.is_rgb:
        return None
    is_jpeg = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    high = frame.height >= _HIGH_DEFINITION_LINES and not is_jpeg
    return int(Colorspace.ITU709 if high else Colorspace.ITU601)


def _standard(frame: VideoFrame, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    is_high = frame.color_trc in (PERCEPTUAL_QUANTIZER, HYBRID_LOG_GAMMA) and frame.color_primaries == WIDE_PRIMARIES
    return to_standard_range(pixels, frame.color_trc) if is_high else pixels


def _upright(frame: VideoFrame, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], bool]:
    """Apply the display matrix (ISO/IEC 14496-12, 8.3.2), mirrors too, to the nearest quarter turn.

    Also tells whether width and height changed places.
    """
    matrix = _display_matrix(frame)
    if matrix is None:
        return pixels, False
    a, b, c, d = (int(matrix[place]) for place in (0, 1, 3, 4))
    is_on_its_side = abs(b) + abs(c) > abs(a) + abs(d)
    if is_on_its_side:
        pixels, across, down = pixels.transpose(1, 0, 2), c, b
    else:
        across, down = a, d
    pixels = pixels[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]
    return np.ascontiguousarray(pixels), is_on_its_side


def _display_matrix(frame: VideoFrame) -> NDArray[np.int32] | None:
    try:
        data = cast("Buffer | None", frame.side_data.get("DISPLAYMATRIX"))
    except ValueError:
        # Beside data of a type that this version does not know, nothing can be had.
        return None
    matrix = np.frombuffer(bytes(data), dtype=np.int32) if data is not None else None
    return matrix if matrix is not None and matrix.size == 9 else None  # noqa: PLR2004 - three by three
