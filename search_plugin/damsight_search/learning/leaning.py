"""Orders what was found by how near it is to a person's profile, within a bound. Pure.

The order is by relevance + `MOST` * nearness, with nearness from 0 to 1 over what was found. So of two hits whose
relevance differs by more than `MOST` none overtakes the other, whatever the person liked.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from damsight_search.plan import Plan
from damsight_search.ports import Answer, Found
from damsight_search.relevance.fusion import LegRank, Ranked
from damsight_search.relevance.leg_scores import cosine_of

MOST = 0.1
"""What the profile adds to a hit's relevance at most."""

LEG: Final = "personal"


def without_strays(answer: Answer) -> Answer:
    """Return the answer without those in its total that nothing but the profile brought.

    Args:
        answer: The index's, with each leg's own raw scores.
    """
    strays = sum(hit.scores.keys() == {LEG} for hit in answer.found)
    return replace(answer, total=max(0, answer.total - strays)) if strays else answer


def leaned(ranked: Sequence[Ranked], found: Sequence[Found], plan: Plan) -> list[Ranked]:
    """Return the same candidates in the order that leans towards the profile; exact ones stay pinned.

    Args:
        ranked: The most relevant first.
        found: All hits, with their scores.
        plan: With the profile, or without: then nothing changes.
    """
    if plan.leaning is None:
        return list(ranked)
    there = {one.asset_id for one in ranked}
    told = {hit.asset_id: hit.scores[LEG] for hit in found if LEG in hit.scores and hit.asset_id in there}
    similarity = plan.leaning.similarity
    cosines = {asset_id: cosine_of(score, similarity) for asset_id, score in told.items()}
    if not cosines:
        return list(ranked)
    least, widest = min(cosines.values()), max(cosines.values())
    ranks = {asset_id: rank for rank, asset_id in enumerate(sorted(cosines, key=lambda one: (-cosines[one], one)), 1)}
    nearness = {
        asset_id: (cosine - least) / (widest - least) if widest > least else 1.0 for asset_id, cosine in cosines.items()
    }
    ordered = sorted(
        ranked, key=lambda one: (not _is_exact(one), -one.relevance - MOST * nearness.get(one.asset_id, 0.0))
    )
    return [
        _with_leg(
            one, LegRank(LEG, ranks[one.asset_id], (1.0 + cosines[one.asset_id]) / 2.0, MOST * nearness[one.asset_id])
        )
        if one.asset_id in nearness
        else one
        for one in ordered
    ]


def _with_leg(one: Ranked, leg: LegRank) -> Ranked:
    relevance = min(1.0, one.relevance + leg.contribution)
    told = leg._replace(contribution=relevance - one.relevance)
    return one._replace(relevance=relevance, legs=(*one.legs, told))


def _is_exact(one: Ranked) -> bool:
    return any(leg.leg == "exact" for leg in one.legs)
