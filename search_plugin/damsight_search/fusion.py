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
from damsight_search.plan import NEAREST, Plan
from damsight_search.ports import Found, Part

RANK_CONSTANT = 60


class LegRank(NamedTuple):
    """What one leg says of a candidate, as `damsight_schemas.search.LegScore` tells it."""

    leg: Leg
    rank: int
    score: float
    contribution: float


class LegSeen(NamedTuple):
    """What one leg found, before the legs are weighed.

    Attributes:
        score: The leg's own raw score.
        evidence: 0..1, how much the score speaks for relevance; none where the leg has no calibration.
    """

    leg: Leg
    rank: int
    score: float
    evidence: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One asset that some leg has in its window.

    Attributes:
        value: What it is sorted by, where that is not relevance.
    """

    asset_id: str
    legs: tuple[LegSeen, ...]
    value: str | int | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """One candidate in its place.

    Attributes:
        relevance: 0..1.
        legs: Those that brought it; their contributions add up to the relevance.
        value: What it is sorted by, where that is not relevance.
        duplicates: The same picture, the most relevant first, where they are folded under this one.
        part: Which frame, page or slice was found, where the frame leg brought it.
    """

    asset_id: str
    relevance: float
    legs: tuple[LegRank, ...] = ()
    value: str | int | None = None
    duplicates: tuple["Ranked", ...] = ()
    part: Part | None = None


def fuse(found: Sequence[Found], plan: Plan) -> list[Ranked]:
    """Return the candidates that some leg has in its window, the most relevant first; ties go by the id."""
    return weighed(candidates(found, plan), plan.weights)


def candidates(found: Sequence[Found], plan: Plan) -> list[Candidate]:
    """Return what each leg says of each candidate that is in some leg's window."""
    seen: dict[str, list[LegSeen]] = {}
    for leg in plan.weights:
        for rank, (score, asset_id) in enumerate(_window(found, leg, plan), start=1):
            seen.setdefault(asset_id, []).append(LegSeen(leg, rank, -score))
    return [
        Candidate(hit.asset_id, tuple(seen[hit.asset_id]), _sort_value(hit)) for hit in found if hit.asset_id in seen
    ]


def weighed(given: Sequence[Candidate], weights: Mapping[Leg, float]) -> list[Ranked]:
    """Return the candidates under these weights, the most relevant first; ties go by the id.

    Pure: with the candidates of a search at hand, any other weights can be tried without a server.

    Args:
        given: From `candidates`.
        weights: Of each leg that was asked; a leg that is not named has no say.
    """
    ranked = [_ranked(candidate, weights) for candidate in given]
    ranked = [one for one in ranked if one.legs]
    return sorted(ranked, key=lambda one: (_exact_rank(one), -one.relevance, one.asset_id))


def _window(found: Sequence[Found], leg: Leg, plan: Plan) -> list[tuple[float, str]]:
    size = plan.text_window if leg in ("exact", "keyword") else NEAREST
    return sorted((-hit.scores[leg], hit.asset_id) for hit in found if leg in hit.scores)[:size]


def _ranked(candidate: Candidate, weights: Mapping[Leg, float]) -> Ranked:
    best = sum(weight for leg, weight in weights.items() if leg != "exact") / (RANK_CONSTANT + 1)
    legs = []
    for seen in candidate.legs:
        if seen.leg in weights:
            share = weights[seen.leg] / (RANK_CONSTANT + seen.rank) / best if seen.leg != "exact" else 0.0
            legs.append(LegRank(seen.leg, seen.rank, seen.score, share))
    relevance = min(1.0, sum(leg.contribution for leg in legs))
    if any(leg.leg == "exact" for leg in legs):
        legs = [_filled(leg, 1.0 - relevance) for leg in legs]
        relevance = 1.0
    return Ranked(candidate.asset_id, relevance, tuple(legs), candidate.value)


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
