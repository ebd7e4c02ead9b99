"""From the legs' raw scores to evidence in nats, where the search's calibration knows every leg. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from damsight_schemas.search import Leg
from damsight_search.calibration import LARGEST, Calibration
from damsight_search.plan import NEAREST, Plan, VectorLeg


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the scores say.

    Attributes:
        nats: By leg, in the order of the scores; empty where the search is not calibrated.
        among: How many assets were searched, about; none where it is not calibrated.
    """

    nats: Mapping[Leg, Sequence[float]] = field(default_factory=dict)
    among: float | None = None


NO_EVIDENCE = Evidence()


def evidence(scores: Mapping[Leg, Sequence[float]], plan: Plan) -> Evidence | None:
    """Return what raw scores say; none where a leg is not calibrated.

    Words are their own evidence: their score is 0..1 already and is that share of the most that any leg can say.

    Args:
        scores: Of each leg's window, the best first.
        plan: With its calibration.
    """
    calibration = plan.calibration
    if calibration is None or not all(calibration.knows(leg.leg, leg.mode) for leg in plan.vectors):
        return None
    by_vectors = {leg.leg: _surprisals(leg, scores.get(leg.leg, ()), calibration) for leg in plan.vectors}
    by_words: dict[Leg, list[float]] = {
        leg: [LARGEST * min(1.0, max(0.0, score)) for score in scores[leg]]
        for leg in ("keyword", "exact")
        if leg in scores
    }
    return Evidence({**by_words, **by_vectors}, _among(by_vectors, calibration))


def _surprisals(leg: VectorLeg, scores: Sequence[float], calibration: Calibration) -> list[float]:
    cosines = 2.0 * np.asarray(scores, dtype=np.float64) - 1.0
    told: list[float] = calibration.legs[leg.leg].surprisals(leg.vector, leg.mode, cosines).tolist()
    return told


def _among(by_vectors: Mapping[Leg, Sequence[float]], calibration: Calibration) -> float:
    """Return about how many assets were searched: filters and rights leave fewer than there are.

    A leg that is not full brought all of them. Of a full one, the last is as surprising as one in that many is, so the
    number follows from it; where many are relevant that is too many, and never more than there are.
    """
    searched = [_searched(nats, calibration.legs[leg].population) for leg, nats in by_vectors.items()]
    return max(searched, default=float(calibration.assets))


def _searched(nats: Sequence[float], population: int) -> float:
    if len(nats) < NEAREST:
        return float(max(1, len(nats)))
    return min(float(population), NEAREST * math.exp(nats[-1]))
