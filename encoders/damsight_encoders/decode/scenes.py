"""Keep one frame a scene, as few as tell a film, in bounded memory.

Frames come in any order. One is kept where it differs from its neighbours in time, or where they are far away; when
there are too many, the one that is most like a neighbour goes.
"""

import bisect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from damsight_encoders.content import Picture

THUMBNAIL_SIDE: Final = 32
_BINS: Final = 8
_AREAS: Final = 4
_SCENE_CHANGE: Final = 0.18
_ALIKE_FOR_S: Final = 10.0
_ALIKE_SHARE: Final = 2.0
_FLAT: Final = 4.0
_DARK: Final = 24.0
_LIGHT: Final = 231.0
_SAMPLES_A_SIDE: Final = 128

Thumbnail = NDArray[np.uint8]
"""(THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3) uint8, sRGB."""


@dataclass(frozen=True)
class Scene:
    """A kept frame.

    Attributes:
        seconds: From the film's start.
        signature: See `signature_of`.
        is_blank: It is all black or all white.
        picture: The frame.
    """

    seconds: float
    signature: NDArray[np.float32]
    is_blank: bool
    picture: Picture


class Scenes:
    """The frames that are kept of one film.

    Args:
        most: How many may be kept.
        duration_s: Of the film, in seconds. Frames are kept though they look alike where they are far apart: ten
            seconds, or twice the time that each would have if they were spread evenly.
    """

    def __init__(self, most: int, duration_s: float) -> None:
        self._most = most
        self._duration_s = duration_s
        self._longest_gap_s = max(_ALIKE_FOR_S, _ALIKE_SHARE * duration_s / most)
        self._scenes: list[Scene] = []
        self.offered = 0

    def offer(self, seconds: float, thumbnail: Thumbnail, take: Callable[[], Picture]) -> None:
        """Look at a frame; it is taken in full only where it is kept."""
        self.offered += 1
        signature = signature_of(thumbnail)
        place = bisect.bisect_left([scene.seconds for scene in self._scenes], seconds)
        if any(
            seconds == scene.seconds or self._tells_as_much(scene, seconds, signature)
            for scene in self._scenes[max(0, place - 1) : place + 1]
        ):
            return
        self._scenes.insert(place, Scene(seconds, signature, _is_blank(thumbnail), take()))
        if len(self._scenes) > self._most:
            del self._scenes[min(range(len(self._scenes)), key=self._loss)]

    def chosen(self) -> list[Scene]:
        """The kept frames in order of time; blank ones only where there are no others."""
        return [scene for scene in self._scenes if not scene.is_blank] or self._scenes[:1]

    def _tells_as_much(self, scene: Scene, seconds: float, signature: NDArray[np.float32]) -> bool:
        near = abs(scene.seconds - seconds) < self._longest_gap_s
        return near and change(scene.signature, signature) < _SCENE_CHANGE

    def _loss(self, number: int) -> float:
        """What goes lost with a frame: nothing with a blank one, most with one that would leave too long a gap."""
        scene = self._scenes[number]
        if scene.is_blank:
            return 0.0
        neighbours = self._scenes[max(0, number - 1) : number] + self._scenes[number + 1 : number + 2]
        loss = min((change(scene.signature, other.signature) for other in neighbours), default=1.0)
        start = self._scenes[number - 1].seconds if number else 0.0
        end = self._scenes[number + 1].seconds if number + 1 < len(self._scenes) else self._duration_s
        return loss + (end - start > self._longest_gap_s)


def signature_of(thumbnail: Thumbnail) -> NDArray[np.float32]:
    """Return histograms of each colour channel in each of a frame's sixteen areas, summing to 1.

    Local histograms as in Nagasaka and Tanaka, "Automatic video indexing and full-video search for object
    appearances" (1992), each value shared between its two nearest bins, so that noise at a bin's edge is no change.
    """
    places = thumbnail.astype(np.float32) * ((_BINS - 1) / 255.0)
    low = np.minimum(places.astype(np.int64), _BINS - 2)
    share = places - low
    bins = (low + _OFFSETS).ravel()
    counted = np.bincount(bins, weights=1.0 - share.ravel(), minlength=_LENGTH)
    counted += np.bincount(bins + 1, weights=share.ravel(), minlength=_LENGTH)
    return (counted / thumbnail.size).astype(np.float32)


def change(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return how much two frames differ, from 0 to 1: half the sum of their histograms' differences."""
    return float(np.abs(one - other).sum()) / 2


def telling(picture: Picture) -> float:
    """Return how much a frame shows: the entropy of its grey values times the strength of its edges.

    Black, white and fades have little of the first, blurred frames little of the second.
    """
    step = max(1, min(picture.pixels.shape[:2]) // _SAMPLES_A_SIDE)
    grey = picture.pixels[::step, ::step].mean(axis=2, dtype=np.float32)
    shares = np.bincount(grey.astype(np.int64).ravel(), minlength=256) / grey.size
    present = shares[shares > 0]
    entropy = float(-(present * np.log2(present)).sum())
    across, down = np.abs(np.diff(grey, axis=1)), np.abs(np.diff(grey, axis=0))
    edges = float(across.mean() if across.size else 0.0) + float(down.mean() if down.size else 0.0)
    return entropy * float(np.log1p(edges))


def _is_blank(thumbnail: Thumbnail) -> bool:
    grey = thumbnail.mean(axis=2)
    return bool(grey.std() < _FLAT and not _DARK <= grey.mean() <= _LIGHT)


def _offsets() -> NDArray[np.int64]:
    """Where each value's histogram begins: by the area that it is in, and by its channel."""
    place = np.arange(THUMBNAIL_SIDE) * _AREAS // THUMBNAIL_SIDE
    area = place[:, None, None] * _AREAS + place[None, :, None]
    return (area * 3 + np.arange(3)[None, None, :]) * _BINS


_OFFSETS: Final = _offsets()
_LENGTH: Final = _AREAS * _AREAS * 3 * _BINS
