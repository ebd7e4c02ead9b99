"""What the hits should be like, as one query vector for a space.

Rocchio's relevance feedback (in Salton, The SMART Retrieval System, 1971), with beta 1 and gamma 0.5: the weighted
average of what is wanted, less half the weighted average of what is unwanted, at length 1. Each picture, asset and text
weighs 1 unless the request says more or less; only the proportions matter, for what is wanted and for what is unwanted
each. With nothing wanted, the nearest to the opposite of what is unwanted are found.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from damsight_search.plan import Mode
from damsight_search.ports import Vector

UNLIKE = 0.5
_NEGLIGIBLE = 1e-6


@dataclass(frozen=True, slots=True)
class Look:
    """One picture, asset or text that the hits should be like, or unlike.

    Attributes:
        vector: Shape (dimensions,), L2-normalised.
        mode: Of words, or of the leg's own kind.
        weight: Among the others.
    """

    vector: Vector
    mode: Mode
    weight: float = 1.0


def combined(wanted: Sequence[Look], unwanted: Sequence[Look]) -> Vector | None:
    """Return the query vector; none where there is nothing to go by, or where wanted and unwanted cancel out."""
    total = _average(wanted) if wanted else None
    if unwanted:
        away = _average(unwanted)
        total = -away if total is None else total - UNLIKE * away
    if total is None:
        return None
    length = float(np.linalg.norm(total))
    if length < _NEGLIGIBLE:
        return None
    return (total / length).astype(np.float32)


def mode_of(wanted: Sequence[Look], unwanted: Sequence[Look]) -> Mode:
    """Return what a combination was made of: pictures where there is one among what is wanted, else words."""
    counted = wanted or unwanted
    return "picture" if any(look.mode == "picture" for look in counted) else "text"


@dataclass(frozen=True, slots=True)
class Aversion:
    """What to compare the hits with, so that what is nearer to the unwanted does not come first.

    Attributes:
        field: Of the stored vectors that are compared.
        wanted: Shape (n, dimensions).
        unwanted: Shape (m, dimensions), of the same mode, for scores of words and of pictures are not alike.
    """

    field: str
    wanted: NDArray[np.float32]
    unwanted: NDArray[np.float32]

    def turns_from(self, vector: Vector) -> bool:
        """Tell whether a stored vector is nearer to the nearest of the unwanted than to any of the wanted."""
        return bool((self.unwanted @ vector).max() > (self.wanted @ vector).max())


def aversion(field: str, wanted: Sequence[Look], unwanted: Sequence[Look]) -> Aversion | None:
    """Return what to compare with; none where nothing of one mode is both wanted and unwanted."""
    modes: tuple[Mode, ...] = ("picture", "text")
    for mode in modes:
        sides = [[look.vector for look in looks if look.mode == mode] for looks in (wanted, unwanted)]
        if all(sides):
            return Aversion(field, np.stack(sides[0]), np.stack(sides[1]))
    return None


def _average(looks: Sequence[Look]) -> Vector:
    if len(looks) == 1:
        return looks[0].vector
    weights = np.array([look.weight for look in looks], dtype=np.float64)
    average: Vector = np.average(np.stack([look.vector for look in looks]), axis=0, weights=weights).astype(np.float32)
    return average
