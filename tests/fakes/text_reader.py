"""A reader without tesseract: words are hidden in a picture's first row, and read from there."""

import numpy as np

from damsight_encoders.content import Picture

_MARK = 251
_WIDTH = 256


def picture_of(words: str) -> Picture:
    """A grey picture whose first row says ``words`` to the fake reader."""
    pixels = np.full((8, _WIDTH, 3), 128, dtype=np.uint8)
    said = words.encode()
    pixels[0, : len(said), 0] = np.frombuffer(said, dtype=np.uint8)
    pixels[0, : len(said), 1] = _MARK
    return Picture(pixels, (_WIDTH, 8), "PNG")


class FakeTextReader:
    """Reads what `picture_of` wrote."""

    def __init__(self) -> None:
        self.read_so_far = 0

    def read(self, picture: Picture) -> str:
        self.read_so_far += 1
        row = picture.pixels[0]
        return row[row[:, 1] == _MARK, 0].tobytes().decode(errors="replace")
