"""From what each leg says to one order: a convex combination of calibrated scores, or the fusion of ranks without.

Where every leg that was asked is calibrated, a leg's evidence is its score's surprisal in nats (`calibration`), and a
candidate's is their sum by weight, the largest weight counting as 1 (a convex combination, which beats the fusion of
ranks in and out of domain: Bruch et al., TOIS 2023, arXiv:2210.11934). What a leg did not bring adds nothing, so no leg
takes anything from what another found.

Relevance is 1 / (1 + E), where E is how many unrelated assets would have as much evidence by chance among those that
were searched (the expect value of BLAST; Karlin and Altschul, PNAS 1990): 0.5 is for one, 0.05 for about nineteen.

Where a leg has no calibration yet: reciprocal rank fusion, k = 60 (Cormack, Clarke and Buettcher, SIGIR 2009).
Relevance is then the sum of ``weight / (60 + rank)`` divided by what the first rank in every leg would give: it tells
the agreement of the legs, and no cut-off follows from it.

A hit of the exact leg is pinned: it comes first, with relevance 1, and what the other legs leave to 1 is told as the
exact leg's contribution.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from damsight_schemas.search import Leg
from damsight_search.plan import NEAREST, Plan
from damsight_search.ports import Found
from damsight_search.relevance.evidence import NO_EVIDENCE, evidence

RANK_CONSTANT = 60
_NOT_EXACT = 10**9
Shares = Callable[["Candidate"], list[float]]
"""What each leg adds to a candidate, in the order of its legs."""


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
        evidence: How much the score speaks for relevance, in nats; none where a leg of the search is not calibrated.
    """

    leg: Leg
    rank: int
    score: float
    evidence: float | None = None


class Candidate(NamedTuple):
    """One asset that some leg has in its window.

    Attributes:
        value: What it is sorted by, where that is not relevance.
        among: How many assets were searched, about; none where a leg of the search is not calibrated.
    """

    asset_id: str
    legs: tuple[LegSeen, ...]
    value: str | int | None = None
    among: float | None = None


class Ranked(NamedTuple):
    """One candidate in its place.

    Attributes:
        relevance: 0..1.
        legs: Those that brought it; their contributions add up to the relevance.
        value: What it is sorted by, where that is not relevance.
        duplicates: The same picture, the most relevant first, where they are folded under this one.
    """

    asset_id: str
    relevance: float
    legs: tuple[LegRank, ...] = ()
    value: str | int | None = None
    duplicates: tuple["Ranked", ...] = ()


class Placed(NamedTuple):
    """One candidate in its place. Its legs are told of what is kept alone: most candidates are cut off.

    Attributes:
        relevance: 0..1.
        contributions: Of each of its legs; they add up to the relevance.
    """

    candidate: Candidate
    relevance: float
    contributions: list[float]

    def ranked(self) -> Ranked:
        """Return it with its legs."""
        one, relevance, contributions = self
        legs = [LegRank(*seen[:3], added) for seen, added in zip(one.legs, contributions, strict=True)]
        return Ranked(one.asset_id, relevance, tuple(legs), one.value)


def found_by_frames(candidate: Ranked) -> bool:
    """Tell whether a frame, page or slice brought it."""
    return any(leg.leg == "frame" for leg in candidate.legs)


def fuse(found: Sequence[Found], plan: Plan) -> list[Ranked]:
    """Return the candidates that some leg has in its window, the most relevant first; ties go by the id."""
    return weighed(candidates(found, plan), plan.weights)


def candidates(found: Sequence[Found], plan: Plan) -> list[Candidate]:
    """Return what each leg says of each candidate that is in some leg's window.

    Args:
        found: With each leg's own raw score.
        plan: That they were found by; with its calibration, where there is one.
    """
    windows = {leg: _window(found, leg, plan) for leg in plan.weights}
    scores = {leg: [score for score, _ in window] for leg, window in windows.items()}
    told = evidence(scores, plan) or NO_EVIDENCE
    valued = plan.sort.by != "relevance"
    seen: dict[str, list[LegSeen]] = {}
    for leg, window in windows.items():
        nats: Sequence[float | None] = told.nats.get(leg) or [None] * len(window)
        for rank, ((score, asset_id), one) in enumerate(zip(window, nats, strict=True), 1):
            seen.setdefault(asset_id, []).append(LegSeen(leg, rank, score, one))
    return [
        Candidate(hit.asset_id, tuple(seen[hit.asset_id]), _sort_value(hit) if valued else None, told.among)
        for hit in found
        if hit.asset_id in seen
    ]


def weighed(given: Sequence[Candidate], weights: Mapping[Leg, float]) -> list[Ranked]:
    """Return the candidates under these weights, the most relevant first; ties go by the id.

    Pure: with the candidates of a search at hand, any other weights can be tried without a server.

    Args:
        given: From `candidates`.
        weights: Of each leg that was asked; a leg that is not named has no say.
    """
    return [one.ranked() for one in placed(given, weights)]


def placed(given: Sequence[Candidate], weights: Mapping[Leg, float]) -> list[Placed]:
    """Return the candidates in the order of `weighed`, to be cut before each is told by its legs."""
    told = [one for one in (_heard(one, weights) for one in given) if one.legs]
    calibrated = is_calibrated(told)
    shares = (_surprising if calibrated else _agreeing)(weights)
    rows = [(_exact_rank(one), -sum(parts), one.asset_id, one, parts) for one in told for parts in [shares(one)]]
    return [
        _placed(one, parts, is_exact=rank < _NOT_EXACT, calibrated=calibrated)
        for rank, _, _, one, parts in sorted(rows, key=itemgetter(0, 1, 2))
    ]


def is_calibrated(given: Sequence[Candidate]) -> bool:
    """Tell whether relevance comes of calibrated scores: only then can one say what is relevant enough."""
    # Evidence is there for all legs or for none (`evidence`), and with it how many were searched.
    return bool(given) and all(one.among is not None for one in given)


def most_unseen(given: Sequence[Candidate], weights: Mapping[Leg, float], full: Collection[Leg]) -> float:
    """Return the most relevance that an asset can have which no leg brought.

    Args:
        given: That were brought, calibrated.
        weights: Of each leg that was asked.
        full: The legs that had more to bring: what they did not bring stands below their weakest.
    """
    weakest = {
        leg: min((seen for one in given for seen in one.legs if seen.leg == leg), default=None, key=_evidence)
        for leg in full
    }
    one = Candidate("", tuple(seen for seen in weakest.values() if seen is not None and seen.leg != "exact"))
    among = max((one.among or 0.0 for one in given), default=0.0)
    return relevance_of(sum(_surprising(weights)(one)), among) if one.legs else 0.0


def relevance_of(nats: float, among: float) -> float:
    """Return 1 / (1 + E): the chance that it is no chance, 0..1.

    Args:
        nats: The evidence, the largest weight counting as 1.
        among: How many assets were searched.
    """
    return 1.0 / (1.0 + among * math.exp(-nats))


def _window(found: Sequence[Found], leg: Leg, plan: Plan) -> list[tuple[float, str]]:
    size = plan.text_window if leg in ("exact", "keyword") else NEAREST
    ordered = sorted([(-hit.scores[leg], hit.asset_id) for hit in found if leg in hit.scores])
    return [(-score, asset_id) for score, asset_id in ordered[:size]]


def _evidence(seen: LegSeen) -> float:
    return seen.evidence or 0.0


def _heard(one: Candidate, weights: Mapping[Leg, float]) -> Candidate:
    """Return a candidate with the legs that have a say; most often all of them."""
    heard = [seen for seen in one.legs if seen.leg in weights]
    return one if len(heard) == len(one.legs) else one._replace(legs=tuple(heard))


def _surprising(weights: Mapping[Leg, float]) -> Shares:
    largest = max((weight for leg, weight in weights.items() if leg != "exact"), default=0.0) or 1.0
    share = {leg: 0.0 if leg == "exact" else weight / largest for leg, weight in weights.items()}
    return lambda one: [share[seen.leg] * (seen.evidence or 0.0) for seen in one.legs]


def _agreeing(weights: Mapping[Leg, float]) -> Shares:
    best = (sum(weight for leg, weight in weights.items() if leg != "exact") or 1.0) / (RANK_CONSTANT + 1)
    share = {leg: 0.0 if leg == "exact" else weight / best for leg, weight in weights.items()}
    return lambda one: [share[seen.leg] / (RANK_CONSTANT + seen.rank) for seen in one.legs]


def _placed(one: Candidate, parts: Sequence[float], *, is_exact: bool, calibrated: bool) -> Placed:
    whole = sum(parts)
    relevance = relevance_of(whole, one.among or 0.0) if calibrated else min(1.0, whole)
    factor = relevance / whole if whole else 0.0
    told = [part * factor for part in parts]
    if is_exact:
        rest = 1.0 - sum(told)
        told = [rest if seen.leg == "exact" else part for seen, part in zip(one.legs, told, strict=True)]
        relevance = 1.0
    return Placed(one, relevance, told)


def _exact_rank(one: Candidate) -> int:
    return next((seen.rank for seen in one.legs if seen.leg == "exact"), _NOT_EXACT)


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
