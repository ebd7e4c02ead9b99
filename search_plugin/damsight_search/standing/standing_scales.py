"""From a vector leg to the cosines at which an arriving asset matches. Pure."""

import math
from collections.abc import Mapping

import numpy as np

from damsight_schemas.search import Leg
from damsight_search.plan import NEAREST, Mode, VectorLeg
from damsight_search.relevance.calibration import LARGEST, Calibration

Scale = tuple[tuple[float, float], ...]
"""Points (cosine, what it says), rising in both; the first is the floor."""

FLOORS: Mapping[tuple[Mode, Leg], float] = {("text", "caption"): 0.6}
FLOORS_BY_MODE: Mapping[Mode, float] = {"text": 0.35, "picture": 0.85}
"""Where nothing is calibrated: high enough that unrelated assets hardly reach it in any of the models that we know, and
so high that some related ones do not either. An alert that is missing is noticed less than a hundred that are wrong."""

_AT_FLOOR = 0.5
_COSINES = np.linspace(-1.0, 1.0, 4001)
_POINTS = 32


def conservative_scale(leg: VectorLeg) -> Scale:
    """Return the scale of a leg that is not calibrated: half relevant at a high floor, wholly where all is the same."""
    floor = FLOORS.get((leg.mode, leg.leg), FLOORS_BY_MODE[leg.mode])
    return ((floor, _AT_FLOOR), (1.0, 1.0))


def calibrated_scale(leg: VectorLeg, calibration: Calibration) -> Scale:
    """Return how much evidence each cosine is, in nats, from what would be among the nearest of the whole index on.

    A leg that too few assets have to calibrate it says something from its high floor on: as much as to be the first of
    so few by chance.

    Args:
        leg: With the vector that the calibration has centred.
        calibration: Of the live generation.
    """
    known = calibration.of(leg.leg, leg.mode)
    if known is None:
        (floor, _), (same, _) = conservative_scale(leg)
        return ((floor, math.log(NEAREST)), (same, LARGEST / 2))
    nats = known.surprisals(known.reference.cosines(leg.vector), leg.mode, _COSINES)
    # What the search's own leg would not bring from a full index says nothing here, either.
    least = math.log(max(1.0, known.population / NEAREST))
    first = min(int(np.searchsorted(nats, least)), len(nats) - 1)
    last = max(first, min(int(np.searchsorted(nats, nats[-1])), len(nats) - 1))
    places = np.unique(np.linspace(first, last, _POINTS).astype(int))
    return tuple((float(_COSINES[place]), float(nats[place])) for place in places)
