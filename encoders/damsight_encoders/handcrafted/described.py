"""A handcrafted encoder behind the port ImageEncoder: a description of one picture, carried out on many."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from damsight_encoders.content import Picture
from damsight_encoders.ports import Prepared, Vectors
from damsight_encoders.preprocess import prepare_picture, resample_pillow
from damsight_encoders.steps import ImageSteps
from damsight_schemas.space import Space

Describe = Callable[[Prepared], NDArray[np.float32]]
"""Maps a prepared picture to (dimensions,) float32 of length 1. Any thread."""


class DescribedEncoder:
    """Implements ImageEncoder on the CPU.

    Args:
        describe: The description.
        steps: Resize before it.
        name: The space's model is ``handcrafted/<name>``.
        revision: Of the algorithm: another one gives other vectors.
        dimensions: Of each vector.
    """

    def __init__(self, describe: Describe, *, steps: ImageSteps, name: str, revision: str, dimensions: int) -> None:
        self._describe = describe
        self._steps = steps
        self._space = Space(
            model=f"handcrafted/{name}", revision=revision, dimensions=dimensions, modalities=("image",)
        )

    @property
    def space(self) -> Space:
        """The space of pictures alone."""
        return self._space

    @property
    def input_size(self) -> int:
        """The side in pixels of what is described."""
        return self._steps.input_size

    @property
    def steps(self) -> ImageSteps:
        """What `prepare` does, as data: remote clients do the same."""
        return self._steps

    def prepare(self, picture: Picture) -> Prepared:
        """Resize. CPU, safe in any thread."""
        return prepare_picture(picture, self._steps, resample_pillow)

    def encode_images(self, prepared: list[Prepared]) -> Vectors:
        """Return one vector a picture, in order."""
        vectors = np.empty((len(prepared), self._space.dimensions), dtype=np.float32)
        for number, picture in enumerate(prepared):
            vectors[number] = self._describe(picture)
        return vectors


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vector, which is not all zeros, at length 1."""
    return vector / np.linalg.norm(vector)
