"""How improbable a raw score would be for an unrelated asset: what makes scores of different legs comparable. Pure.

A leg's background is the distribution of the scores that unrelated pairs of a query and an asset reach. It is sampled
from the index itself (`calibration_fitting`). A score's surprisal is the negative natural logarithm of the chance that
an unrelated asset scores as high: 0 nats say nothing, 20 nats are two in a thousand million. It means the same in
every space and mode, which no raw score does.

Three things are taken into account of each query:

- Hubs. The mean of the background queries is subtracted from the query's vector before anything is compared with it:
  what is near to every query is near to none for what it shows (Radovanovic et al., Hubs in space, JMLR 2010).
- Its own background. The query's scores with a kept sample of stored vectors give this query's mean and spread, which
  are averaged with those of all background queries (shrinkage, as the sample may hold assets that it looks for).
- The tail. Scores of unrelated pairs are near to normal in their body and have a heavier tail; a stretch of the scale,
  fitted where one in 50 to one in 500 lie, takes it up.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from damsight_schemas.search import Leg

Vectors = NDArray[np.float32]
Scores = NDArray[np.float64]

LARGEST = 20.0
"""Nats beyond which more surprise says no more."""

# A query that is nearly the mean of all queries has nothing left to be compared by.
_SHORTEST = 0.3
_STEP = 0.01
_DEVIATIONS = np.arange(-8.0, 9.0, _STEP)
_SURPRISALS = np.array([-math.log(0.5 * math.erfc(value / math.sqrt(2.0))) for value in _DEVIATIONS])


@dataclass(frozen=True, slots=True)
class Reference:
    """A sample of assets as one leg holds them.

    Attributes:
        vectors: Shape (parts, dimensions), L2-normalised.
        starts: Shape (assets,), where each asset's parts begin; an asset scores what its best part scores.
    """

    vectors: Vectors
    starts: NDArray[np.intp]

    def cosines(self, vector: Vectors) -> Scores:
        """Return each asset's cosine with a query's vector, shape (assets,)."""
        best = np.maximum.reduceat(self.vectors @ vector, self.starts)
        return np.asarray(best, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Background:
    """What unrelated pairs score, for queries of one mode.

    Attributes:
        centre: The mean of the background queries' vectors, shape (dimensions,).
        mean: Of the cosines of all of them.
        spread: The standard deviation of one query's cosines, on average.
        stretch: How much heavier the tail is than a normal one's; at least 1.
    """

    centre: Vectors
    mean: float
    spread: float
    stretch: float


@dataclass(frozen=True, slots=True)
class LegCalibration:
    """What is known of one leg's scores.

    Attributes:
        space: Of its vectors, as `damsight_schemas.space.Space` writes itself: another model's is never used.
        population: How many assets have such a vector.
        backgrounds: By the mode of a query.
    """

    space: str
    population: int
    reference: Reference
    backgrounds: Mapping[str, Background]

    def centred(self, vector: Vectors, mode: str) -> Vectors:
        """Return a query's vector without what it shares with all queries, L2-normalised."""
        rest = vector - self.backgrounds[mode].centre
        length = float(np.linalg.norm(rest))
        return (rest / length).astype(np.float32) if length >= _SHORTEST else vector

    def surprisals(self, own: Scores, mode: str, cosines: Scores) -> Scores:
        """Return the surprisal of each cosine with a query's vector, in nats, 0 to `LARGEST`.

        Args:
            own: The reference's cosines with that (centred) vector.
            mode: Of the query.
            cosines: To be told.
        """
        background = self.backgrounds[mode]
        mean = (float(own.mean()) + background.mean) / 2.0
        spread = math.sqrt((float(own.var()) + background.spread**2) / 2.0)
        return surprisals((cosines - mean) / (spread * background.stretch))


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is known of a generation's legs.

    Attributes:
        generation: The physical index that it was sampled from, and holds for alone.
        assets: How many that one held then.
        taken_at: Seconds since the epoch.
    """

    generation: str
    assets: int
    taken_at: float
    legs: Mapping[Leg, LegCalibration]

    def of(self, leg: Leg, mode: str) -> LegCalibration | None:
        """Return what is known of a leg's scores for queries of a mode; none where nothing is.

        Where too few assets have frames for a background of their own, they are read as pictures of the same space.
        """
        for name in (leg, "image") if leg == "frame" else (leg,):
            known = self.legs.get(name)
            if known is not None and mode in known.backgrounds:
                return known
        return None


def surprisals(deviations: Scores) -> Scores:
    """Return the surprisal of standard normal deviations, in nats, 0 to `LARGEST`; it never falls as they grow."""
    return np.asarray(np.minimum(np.interp(deviations, _DEVIATIONS, _SURPRISALS), LARGEST), dtype=np.float64)
