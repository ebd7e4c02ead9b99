"""From a vector leg to the cosines at which an arriving asset matches. Pure, but for what a calibration says."""

from collections.abc import Mapping
from typing import Protocol

from damsight_schemas.search import Leg
from damsight_search.plan import Mode, VectorLeg

Scale = tuple[tuple[float, float], ...]
"""Points (cosine, relevance), rising in both; the first is the floor."""

FLOORS: Mapping[tuple[Mode, Leg], float] = {("text", "caption"): 0.6}
FLOORS_BY_MODE: Mapping[Mode, float] = {"text": 0.35, "picture": 0.85}
"""Where nothing is calibrated: high enough that unrelated assets hardly reach it in any of the models that we know, and
so high that some related ones do not either. An alert that is missing is noticed less than a hundred that are wrong."""

_AT_FLOOR = 0.5


class Scales(Protocol):
    """Tells how cosines are read."""

    def scale(self, leg: VectorLeg, at_least: float | None) -> Scale:
        """Return the scale of a leg.

        Args:
            leg: With its vector.
            at_least: The relevance that is asked for; none for the calibrated cut-off.
        """
        ...


class ConservativeScales:
    """Scales without a calibration: half relevant at a high floor, wholly where the vectors are the same."""

    def scale(self, leg: VectorLeg, at_least: float | None) -> Scale:
        """Return the scale of a leg; `at_least` is asked of the relevance that it tells."""
        del at_least
        floor = FLOORS.get((leg.mode, leg.leg), FLOORS_BY_MODE[leg.mode])
        return ((floor, _AT_FLOOR), (1.0, 1.0))
