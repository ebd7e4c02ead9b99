"""From the legs' raw scores to evidence in nats, where the search's calibration knows every leg. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from damsight_schemas.search import Leg
from damsight_search.calibration import LARGEST, LegCalibration
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
    """Return what raw scores say; none where there is no calibration, or none of a leg that is full.

    Words are their own evidence: their score is 0..1 already and is that share of the most that any leg can say. Of a
    leg that too few assets have to calibrate it, the rank is what is known.

    Args:
        scores: Of each leg's window, the best first.
        plan: With its calibration.
    """
    calibration = plan.calibration
    if calibration is None:
        return None
    nats: dict[Leg, Sequence[float]] = {
        leg: [LARGEST * min(1.0, max(0.0, score)) for score in scores[leg]]
        for leg in ("keyword", "exact")
        if leg in scores
    }
    searched = [1.0] if plan.vectors else [float(calibration.assets)]
    for leg in plan.vectors:
        brought, known = scores.get(leg.leg, ()), calibration.of(leg.leg, leg.mode)
        if known is None and len(brought) >= NEAREST:
            return None
        nats[leg.leg] = _by_scores(leg, brought, known) if known else _by_ranks(brought)
        searched.append(_searched(nats[leg.leg], known.population if known else NEAREST))
    return Evidence(nats, max(searched))


def _by_scores(leg: VectorLeg, scores: Sequence[float], known: LegCalibration) -> list[float]:
    cosines = 2.0 * np.asarray(scores, dtype=np.float64) - 1.0
    told: list[float] = known.surprisals(leg.vector, leg.mode, cosines).tolist()
    return told


def _by_ranks(scores: Sequence[float]) -> list[float]:
    """Return the surprisal of coming so far up among as many by chance."""
    return [math.log((len(scores) + 1) / rank) for rank in range(1, len(scores) + 1)]


def _searched(nats: Sequence[float], population: int) -> float:
    """Return about how many assets a leg searched: filters and rights leave fewer than there are.

    A leg that is not full brought all of them. Of a full one, the last is as surprising as one in that many is, so the
    number follows from it; where many are relevant that is too many, and never more than there are.
    """
    if len(nats) < NEAREST:
        return float(len(nats))
    return min(float(population), NEAREST * math.exp(nats[-1]))
