"""Encoders without a model: deterministic, quick, and meaningful enough that a test can tell right from wrong.

A picture's vector is its colour histogram; a colour's name lies where pictures of that colour lie. So "red" finds the
red picture, and two pictures of the same colours are near. Other words are told apart by their letters.
"""

import hashlib
import re
import time

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from damsight_encoders.content import Picture
from damsight_encoders.ports import Encoders, Prepared, TextPurpose, Vectors
from damsight_schemas.space import Space

COLOURS: dict[str, tuple[int, int, int]] = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "red": (255, 0, 0),
    "green": (0, 170, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "orange": (255, 140, 0),
    "purple": (128, 0, 128),
    "pink": (255, 150, 180),
    "brown": (120, 70, 20),
    "cyan": (0, 255, 255),
}
_STEPS = 4
_COLOUR_DIMENSIONS = _STEPS**3
_LETTER_DIMENSIONS = 64
_INPUT_SIZE = 16
_WORD = re.compile(r"\w+")


class FakeJointEncoder:
    """A joint encoder by colour histogram; see the module's words.

    Args:
        name: The space's model name, for tests in which two spaces must differ.
    """

    def __init__(self, name: str = "fake-joint") -> None:
        self._space = Space(
            model=name,
            revision="1",
            dimensions=_COLOUR_DIMENSIONS + _LETTER_DIMENSIONS,
            modalities=("image", "text"),
        )
        self.batches: list[int] = []
        # Seconds that a picture takes.
        self.pause_s = 0.0

    @property
    def space(self) -> Space:
        return self._space

    @property
    def input_size(self) -> int:
        return _INPUT_SIZE

    def prepare(self, picture: Picture) -> Prepared:
        image = Image.fromarray(picture.pixels)
        return np.asarray(image.resize((_INPUT_SIZE, _INPUT_SIZE), Image.Resampling.BOX, box=picture.box))

    def encode_images(self, prepared: list[Prepared]) -> Vectors:
        self.batches.append(len(prepared))
        time.sleep(self.pause_s * len(prepared))
        rows = [np.concatenate([_colour_histogram(one), np.zeros(_LETTER_DIMENSIONS)]) for one in prepared]
        return _normalised(rows, self._space.dimensions)

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        return _normalised([_words_and_colours(text) for text in texts], self._space.dimensions)


class FakeTextEncoder:
    """A text encoder by words and letter triples: the same text gives the same vector, similar words are nearer.

    Args:
        name: The space's model name, for tests in which two spaces must differ.
    """

    def __init__(self, name: str = "fake-caption") -> None:
        self._space = Space(model=name, revision="1", dimensions=_LETTER_DIMENSIONS * 4, modalities=("text",))
        self.purposes: list[TextPurpose] = []

    @property
    def space(self) -> Space:
        return self._space

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        self.purposes.append(purpose)
        return _normalised([_letters(text, self._space.dimensions) for text in texts], self._space.dimensions)


def fake_encoders() -> Encoders:
    """Both fakes, as a deployable holds them."""
    return Encoders(joint=FakeJointEncoder(), caption=FakeTextEncoder())


def _colour_histogram(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Share of the pixels near each of 4 x 4 x 4 colours, each pixel spread linearly over its eight neighbours."""
    place = pixels.reshape(-1, 3).astype(np.float64) / 255 * (_STEPS - 1)
    lower = np.minimum(place.astype(int), _STEPS - 2)
    share = place - lower
    histogram = np.zeros((_STEPS, _STEPS, _STEPS))
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(np.array(corner) == 1, share, 1 - share), axis=1)
        red, green, blue = (lower + corner).T
        np.add.at(histogram, (red, green, blue), weight)
    return histogram.reshape(-1) / len(place)


def _words_and_colours(text: str) -> NDArray[np.float64]:
    words = _WORD.findall(text.lower())
    colours = np.zeros(_COLOUR_DIMENSIONS)
    for word in words:
        if word in COLOURS:
            colours += _colour_histogram(np.array([[COLOURS[word]]], dtype=np.uint8))
    others = _letters(" ".join(word for word in words if word not in COLOURS), _LETTER_DIMENSIONS)
    return np.concatenate([colours, others])


def _letters(text: str, dimensions: int) -> NDArray[np.float64]:
    """Signed feature hashing (Weinberger et al. 2009) of words and of letter triples."""
    row = np.zeros(dimensions)
    for word in _WORD.findall(text.lower()):
        marked = f"<{word}>"
        for piece in [marked, *(marked[start : start + 3] for start in range(len(marked) - 2))]:
            digest = int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest(), "big")
            row[digest % dimensions] += 1.0 if digest & (1 << 40) else -1.0
    return row


def _normalised(rows: list[NDArray[np.float64]], dimensions: int) -> Vectors:
    matrix = np.array(rows, dtype=np.float64).reshape(len(rows), dimensions)
    empty = ~matrix.any(axis=1)
    matrix[empty, -1] = 1.0
    return np.ascontiguousarray(matrix / np.linalg.norm(matrix, axis=1, keepdims=True), dtype=np.float32)
