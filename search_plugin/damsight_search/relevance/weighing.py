"""Readies a plan for its fusion: the legs' weights, and the calibration with the queries' vectors centred for it."""

from dataclasses import dataclass, field, replace

from damsight_schemas.search import SearchRequest
from damsight_search.plan import Plan, VectorLeg
from damsight_search.relevance.calibration import Calibration
from damsight_search.relevance.calibrations import Calibrations
from damsight_search.relevance.weights import Weights, kind_of, with_weights


@dataclass(frozen=True, slots=True)
class Weighing:
    """Weighs the legs of plans.

    Attributes:
        calibrations: Tells what is known of the legs' scores now; none: legs are fused by their ranks.
        weights: By the kind of query, over the defaults.
    """

    calibrations: Calibrations | None = None
    weights: Weights = field(default_factory=dict)

    def weighed(self, plan: Plan, request: SearchRequest, *, has_picture: bool) -> Plan:
        """Return a plan with its weights and its calibration."""
        kind = kind_of(request, has_text=bool(plan.text), has_picture=has_picture)
        return self.calibrated(with_weights(plan, request, kind, self.weights))

    def known(self) -> Calibration | None:
        """Return what is known of the legs' scores now; none where nothing is."""
        return self.calibrations.now() if self.calibrations else None

    def calibrated(self, plan: Plan) -> Plan:
        """Return a plan with the calibration there is, if any."""
        calibration = self.known()
        return centred(plan, calibration) if calibration else plan


UNCALIBRATED = Weighing()


def centred(plan: Plan, calibration: Calibration) -> Plan:
    """Return a plan whose query vectors are without what they share with all queries, where that is known."""
    return replace(plan, vectors=tuple(_centred(leg, calibration) for leg in plan.vectors), calibration=calibration)


def _centred(leg: VectorLeg, calibration: Calibration) -> VectorLeg:
    known = calibration.of(leg.leg, leg.mode)
    return replace(leg, vector=known.centred(leg.vector, leg.mode)) if known else leg
