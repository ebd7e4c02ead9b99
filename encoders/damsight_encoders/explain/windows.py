"""Where a picture shows what was looked for, by looking at its parts: for any encoder of pictures, local or remote."""

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from damsight_encoders.content import Picture
from damsight_encoders.errors import EncoderError
from damsight_encoders.explain.heat import seen_by_model, to_unit
from damsight_encoders.ports import Heat, ImageEncoder, TextEncoder, Towards
from damsight_encoders.steps import ImageSteps
from damsight_schemas.space import Space

_SIDE: Final = 0.5
"""Of a window, in shorter sides of the picture."""
_LONGEST: Final = 3
"""Windows end to end along a side, at most: in a long strip they are long too."""
_PER_WINDOW: Final = 4
"""Steps in which one window's side is passed."""
_SMALLEST: Final = 8
_FLAT: Final = 1e-6
_FIDELITY: Final = 4
"""Of what is decoded, to the model's input: each window then has twice the pixels that the model sees."""


class WindowExplainer:
    """Implements Explainer: windows are encoded as pictures, and a pixel is as hot as those around it are near.

    The sliding window of object detection, with the encoder as the judge; as the crops that ReCLIP scores (Subramanian
    et al. 2022, arXiv:2204.05991), without its box proposals. It asks nothing of the network's inside.

    Args:
        encoder: Of pictures; with words too, these can be looked for.
    """

    def __init__(self, encoder: ImageEncoder) -> None:
        self._encoder = encoder
        words: Any = encoder if hasattr(encoder, "encode_texts") else None
        self._words: TextEncoder | None = words

    @property
    def space(self) -> Space:
        """The space that vectors to explain are of."""
        return self._encoder.space

    @property
    def at_least(self) -> int:
        """To decode the shorter side with, in pixels."""
        return _FIDELITY * self._encoder.input_size

    def explain(self, picture: Picture, towards: Towards) -> Heat:
        """Return (height, width) float32, 0 to 1, of the picture's pixels. The same picture gives the same map.

        Raises:
            EncoderError: Words are given, and the encoder takes pictures alone; or what the encoder itself raises.
        """
        wanted = vector_of(towards, self._words, self.space)
        windows = list(_windows(picture, getattr(self._encoder, "steps", None)))
        parts = [self._encoder.prepare(_part(picture, window)) for window in windows]
        near = self._encoder.encode_images(parts) @ wanted
        return to_unit(_average(windows, _weights(near), picture.pixels.shape[:2]))


def vector_of(towards: Towards, words: TextEncoder | None, space: Space) -> NDArray[np.float32]:
    """Return the vector to look for.

    Raises:
        EncoderError: Words are given, and nothing encodes them; or a vector of another length.
    """
    if isinstance(towards, str):
        if words is None:
            raise EncoderError(f"{space.model} encodes pictures alone; explain it by another picture, not by words")
        vector: NDArray[np.float32] = words.encode_texts([towards], purpose="query")[0]
        return vector
    if towards.shape != (space.dimensions,):
        raise EncoderError(f"a vector of {space} has the shape ({space.dimensions},), and this one {towards.shape}")
    return towards


Window = tuple[int, int, int, int]
"""top, bottom, left, right in whole pixels."""


def _windows(picture: Picture, steps: ImageSteps | None) -> Iterator[Window]:
    left, top, right, bottom = _inside(picture, steps)
    half = round(_SIDE * min(right - left, bottom - top))
    height, width = (max(_SMALLEST, half, math.ceil(extent / _LONGEST)) for extent in (bottom - top, right - left))
    for row in _starts(bottom - top, height):
        for column in _starts(right - left, width):
            yield top + row, min(bottom, top + row + height), left + column, min(right, left + column + width)


def _inside(picture: Picture, steps: ImageSteps | None) -> tuple[int, int, int, int]:
    height, width = picture.pixels.shape[:2]
    left, top, right, bottom = seen_by_model(picture, steps)
    begin_x, begin_y = min(width - 1, max(0, round(left))), min(height - 1, max(0, round(top)))
    end_x, end_y = max(begin_x + 1, min(width, round(right))), max(begin_y + 1, min(height, round(bottom)))
    return begin_x, begin_y, end_x, end_y


def _starts(extent: int, side: int) -> list[int]:
    room = extent - side
    if room <= 0:
        return [0]
    return [round(start) for start in np.linspace(0, room, math.ceil(room * _PER_WINDOW / side) + 1)]


def _part(picture: Picture, window: Window) -> Picture:
    top, bottom, left, right = window
    pixels = np.ascontiguousarray(picture.pixels[top:bottom, left:right])
    return Picture(pixels, (right - left, bottom - top), picture.media_format)


def _weights(near: NDArray[np.float32]) -> NDArray[np.float32]:
    """Make the near ones count more, whatever the model's own scale: SigLIP's cosines differ by hundredths."""
    spread = float(near.std())
    if spread < _FLAT:
        return np.zeros_like(near)
    weights: NDArray[np.float32] = np.exp((near - near.max()) / spread).astype(np.float32)
    return weights


def _average(windows: list[Window], weights: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    total, count = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    for (top, bottom, left, right), weight in zip(windows, weights, strict=True):
        hill = np.outer(_hill(bottom - top), _hill(right - left))
        total[top:bottom, left:right] += weight * hill
        count[top:bottom, left:right] += hill
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0)


def _hill(length: int) -> NDArray[np.float32]:
    """A window's middle says more of where than its rim."""
    return np.sin(np.pi * (np.arange(length) + 0.5) / length).astype(np.float32)
