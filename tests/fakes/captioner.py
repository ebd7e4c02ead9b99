"""A captioner without a model: it names the colour that most of a picture has."""

import time

import numpy as np
from PIL import Image

from damsight_encoders.content import Picture
from damsight_encoders.ports import Prepared
from fakes.encoders import COLOURS

_SIDE = 16


class FakeCaptioner:
    """Writes "a picture of red"; of plain white it has nothing to say."""

    def __init__(self, name: str = "fake-captioner@1") -> None:
        self._name = name
        self.batches: list[int] = []
        # Seconds that a picture takes.
        self.pause_s = 0.0

    @property
    def name(self) -> str:
        return self._name

    @property
    def input_size(self) -> int:
        return _SIDE

    def prepare(self, picture: Picture) -> Prepared:
        image = Image.fromarray(picture.pixels)
        return np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.BOX, box=picture.box))

    def describe(self, prepared: list[Prepared]) -> list[str]:
        self.batches.append(len(prepared))
        time.sleep(self.pause_s * len(prepared))
        return [_caption(one) for one in prepared]


def _caption(pixels: Prepared) -> str:
    names, colours = list(COLOURS), np.array(list(COLOURS.values()), dtype=np.float64)
    distances = np.linalg.norm(pixels.reshape(-1, 1, 3) - colours, axis=2)
    commonest = names[int(np.bincount(distances.argmin(axis=1), minlength=len(names)).argmax())]
    return "" if commonest == "white" else f"a picture of {commonest}"
