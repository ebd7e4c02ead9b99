"""The cut-off: what is too likely to be chance is left out, and "nothing relevant" is an answer. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from damsight_schemas.search import CutOff, Leg, SearchRequest
from damsight_search.plan import Plan
from damsight_search.relevance.fusion import Candidate, Placed, Ranked, is_calibrated, most_unseen

AUTO = 0.056
"""The relevance that "auto" asks for: about 17 unrelated assets may have as much evidence by chance.

Chosen on the sample library's judged and unanswerable queries so that nine in ten hits of those without an answer are
left out; the half that it was measured on was not kept blind (docs/decisions/0010-calibration.md).
"""


@dataclass(frozen=True, slots=True)
class Cut:
    """What the cut-off did.

    Attributes:
        at_least: The relevance that a candidate needed; 0 where nothing is cut.
        kept: The candidates that are relevant enough.
        refused: The ids of the others.
        calibrated: Relevance comes of scores, so that one can say it of what lies outside of the window too. By ranks
            alone, nothing outside of it has any.
        seen: What each leg says of each candidate.
        plan: That they were found by.
    """

    at_least: float
    kept: Sequence[Ranked]
    refused: Sequence[str] = ()
    calibrated: bool = False
    seen: Sequence[Candidate] = ()
    plan: Plan | None = None

    @property
    def told(self) -> CutOff | None:
        """As the answer tells it; none where nothing was asked to be cut."""
        return CutOff(at_least=self.at_least, dropped=len(self.refused)) if self.at_least else None

    def nothing_unseen(self, full: Collection[Leg]) -> bool:
        """Tell whether no asset outside of the window can be relevant enough.

        In each leg that had more to bring, such a one stands below the leg's weakest; in the others it does not stand.
        """
        if not self.calibrated or self.plan is None:
            return True
        return most_unseen(self.seen, self.plan.weights, full) < self.at_least


def cut(given: Sequence[Placed], seen: Sequence[Candidate], plan: Plan, request: SearchRequest) -> Cut:
    """Cut what is not relevant enough; "auto" cuts nothing where the search is not calibrated."""
    calibrated = is_calibrated(seen)
    at_least = request.min_relevance
    if at_least == "auto":
        at_least = AUTO if calibrated else 0.0
    kept = [one.ranked() for one in given if one.relevance >= at_least]
    refused = [one.candidate.asset_id for one in given if one.relevance < at_least]
    return Cut(at_least, kept, refused, calibrated, seen, plan)
