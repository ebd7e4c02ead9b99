"""From each leg's ranks to one order: reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009), k = 60.

Relevance is the sum of ``weight / (60 + rank)`` over the legs that brought a hit, divided by what the first rank in
every leg that was asked would give. So it lies in 0..1, it is 1 for a hit that leads every leg, and it tells the
agreement of the legs, not a probability: that comes with the calibration of raw scores.

A hit of the exact leg is pinned: it comes first, with relevance 1, and what the other legs leave to 1 is told as the
exact leg's contribution.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from damsight_schemas.search import Leg
from damsight_search.bodies import EXACT_BOOST, VECTOR_BOOST
from damsight_search.plan import NEAREST, Plan
from damsight_search.ports import Found

RANK_CONSTANT = 60
_BOOSTS: Mapping[Leg, float] = {"exact": EXACT_BOOST, "keyword": 1.0, "image": VECTOR_BOOST, "caption": VECTOR_BOOST}


class LegRank(NamedTuple):
    """What one leg says of a candidate, as `damsight_schemas.search.LegScore` tells it."""

    leg: Leg
    rank: int
    score: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """One candidate in its place.

    Attributes:
        relevance: 0..1.
        legs: Those that brought it; their contributions add up to the relevance.
        value: What it is sorted by, where that is not relevance.
    """

    asset_id: str
    relevance: float
    legs: tuple[LegRank, ...] = ()
    value: str | int | None = None


def fuse(found: Sequence[Found], plan: Plan) -> list[Ranked]:
    """Return the candidates that some leg has in its window, the most relevant first; ties go by the id."""
    ranks = {leg: _ranks(found, leg, plan) for leg in plan.weights}
    best = sum(weight / (RANK_CONSTANT + 1) for leg, weight in plan.weights.items() if leg != "exact")
    ranked = [_ranked(hit, ranks, plan.weights, best) for hit in found]
    ranked = [candidate for candidate in ranked if candidate.legs]
    return sorted(ranked, key=lambda candidate: (_exact_rank(candidate), -candidate.relevance, candidate.asset_id))


def _ranks(found: Sequence[Found], leg: Leg, plan: Plan) -> dict[str, int]:
    window = plan.text_window if leg in ("exact", "keyword") else NEAREST
    scored = [(-hit.scores[leg], hit.asset_id) for hit in found if leg in hit.scores]
    return {asset_id: rank for rank, (_, asset_id) in enumerate(sorted(scored)[:window], start=1)}


def _ranked(hit: Found, ranks: Mapping[Leg, Mapping[str, int]], weights: Mapping[Leg, float], best: float) -> Ranked:
    legs = []
    for leg, ranking in ranks.items():
        rank = ranking.get(hit.asset_id)
        if rank is not None:
            share = weights[leg] / (RANK_CONSTANT + rank) / best if leg != "exact" else 0.0
            legs.append(LegRank(leg, rank, hit.scores[leg] / _BOOSTS[leg], share))
    relevance = min(1.0, sum(leg.contribution for leg in legs))
    if any(leg.leg == "exact" for leg in legs):
        legs = [_filled(leg, 1.0 - relevance) for leg in legs]
        relevance = 1.0
    return Ranked(hit.asset_id, relevance, tuple(legs), _sort_value(hit))


def _filled(leg: LegRank, rest: float) -> LegRank:
    return leg._replace(contribution=rest) if leg.leg == "exact" else leg


def _exact_rank(candidate: Ranked) -> int:
    exact = [leg.rank for leg in candidate.legs if leg.leg == "exact"]
    return exact[0] if exact else 10**9


def _sort_value(hit: Found) -> str | int | None:
    for name in ("created_at", "title.folded"):
        values = hit.fields.get(name)
        if values:
            return int(values[0]) if name == "created_at" else str(values[0])
    return None


def sorted_by(ranked: Sequence[Ranked], plan: Plan) -> list[Ranked]:
    """Return the candidates in the order that the request asks for; those without a value come last."""
    if plan.sort.by == "relevance":
        return list(ranked) if plan.sort.order == "desc" else list(reversed(ranked))
    valued = [(candidate.value, candidate) for candidate in ranked if candidate.value is not None]
    rest = [candidate for candidate in ranked if candidate.value is None]
    valued.sort(key=itemgetter(0), reverse=plan.sort.order == "desc")
    return [candidate for _, candidate in valued] + rest


def cut_off(ranked: Sequence[Ranked], at_least: float) -> list[Ranked]:
    """Return the candidates of at least this relevance."""
    return [candidate for candidate in ranked if candidate.relevance >= at_least]
