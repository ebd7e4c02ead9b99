"""From the legs' raw scores to evidence in nats, where the search's calibration knows every leg. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from damsight_schemas.search import Leg
from damsight_search.plan import NEAREST, Plan, VectorLeg
from damsight_search.relevance.calibration import LARGEST, LegCalibration


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
        nats[leg.leg], among = _by_scores(leg, brought, known) if known else (_by_ranks(brought), len(brought))
        searched.append(float(among))
    return Evidence(nats, max(searched))


def _by_scores(leg: VectorLeg, scores: Sequence[float], known: LegCalibration) -> tuple[list[float], float]:
    """Return the surprisals, and about how many assets the leg searched: filters and rights leave fewer than there are.

    A leg that is not full brought all of them. Of a full one, as large a share lies above its last hit as of the kept
    sample does, relevant ones and all; and it searched no more than there are.
    """
    cosines, own = 2.0 * np.asarray(scores, dtype=np.float64) - 1.0, known.reference.cosines(leg.vector)
    nats: list[float] = known.surprisals(own, leg.mode, cosines).tolist()
    if len(scores) < NEAREST:
        return nats, len(scores)
    above = int((own >= cosines[-1]).sum())
    return nats, min(known.population, len(scores) * len(own) / max(1, above))


def _by_ranks(scores: Sequence[float]) -> list[float]:
    """Return the surprisal of coming so far up among as many by chance."""
    return [math.log((len(scores) + 1) / rank) for rank in range(1, len(scores) + 1)]
