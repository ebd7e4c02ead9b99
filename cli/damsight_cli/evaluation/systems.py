"""What stands side by side: each leg alone, reciprocal rank fusion of the same legs, and the product's own fusion."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from damsight_cli.evaluation.asking import Asked
from damsight_cli.evaluation.measures import Rankings
from damsight_schemas.search import Leg
from damsight_search.relevance.fusion import RANK_CONSTANT, Candidate, is_calibrated, weighed

FUSED: Final = "fused"
RRF: Final = "rrf"
# A whole id, file name or title is no way of searching that is compared: it is pinned in both fusions.
_PINNED: Leg = "exact"
# More than weights can sum to, and exact hits can count.
_ABOVE = 1e6


def legs_of(asked: Sequence[Asked]) -> list[Leg]:
    """Return the legs that brought something for any of the queries, but for the exact one."""
    brought = {seen.leg for one in asked for candidate in one.candidates for seen in candidate.legs}
    return [leg for leg in dict.fromkeys(leg for one in asked for leg in one.weights) if leg in brought - {_PINNED}]


def systems(asked: Sequence[Asked]) -> dict[str, Rankings]:
    """Return each system's rankings, in the order of the queries; the legs first."""
    told: dict[str, Rankings] = {leg: [_by_leg(one.candidates, leg) for one in asked] for leg in legs_of(asked)}
    told[RRF] = [_by_ranks(one) for one in asked]
    told[FUSED] = [one.fused for one in asked]
    return told


class Reweighed:
    """One query, ready to be ranked under any weights of its legs: fast, for hundreds of weights are tried.

    Both fusions order by a sum that is linear in the weights: of evidence where it is calibrated, else of ranks.
    """

    def __init__(self, one: Asked, legs: Sequence[Leg]) -> None:
        candidates = sorted(one.candidates, key=lambda candidate: candidate.asset_id)
        self._ids = [candidate.asset_id for candidate in candidates]
        self._first = np.array([_pinned_above(candidate) for candidate in candidates])
        self._parts = np.zeros((len(candidates), len(legs)))
        columns, calibrated = {leg: column for column, leg in enumerate(legs)}, is_calibrated(candidates)
        for row, candidate in enumerate(candidates):
            for seen in candidate.legs:
                if seen.leg in columns:
                    by_rank = 1.0 / (RANK_CONSTANT + seen.rank)
                    self._parts[row, columns[seen.leg]] = seen.evidence if calibrated else by_rank

    def ranked(self, weights: NDArray[np.float64], most: int) -> list[str]:
        """Return the first ids under weights, shape (legs,); ties go by the id."""
        scores = self._parts @ weights + self._first
        return [self._ids[place] for place in np.argsort(-scores.round(9), kind="stable")[:most]]


def _pinned_above(candidate: Candidate) -> float:
    """Return what lifts an exact hit above all others, the first of them the most."""
    ranks = [seen.rank for seen in candidate.legs if seen.leg == _PINNED]
    return _ABOVE - ranks[0] if ranks else 0.0


def _by_leg(candidates: Sequence[Candidate], leg: Leg) -> list[str]:
    ranked = [(seen.rank, one.asset_id) for one in candidates for seen in one.legs if seen.leg == leg]
    return [asset_id for _, asset_id in sorted(ranked)]


def _by_ranks(one: Asked) -> list[str]:
    """Fuse by ranks alone, all legs alike: without evidence that is what the product itself does."""
    bare = [
        Candidate(candidate.asset_id, tuple(seen._replace(evidence=None) for seen in candidate.legs))
        for candidate in one.candidates
    ]
    return [hit.asset_id for hit in weighed(bare, dict.fromkeys(one.weights, 1.0))]
