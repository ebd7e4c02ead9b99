"""How far a search reaches: how many there are, which they are, and what follows when the window is used up. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from damsight_schemas.search import Leg, Total
from damsight_search.bodies import words_clause
from damsight_search.plan import NEAREST, Plan
from damsight_search.ports import Answer
from damsight_search.relevance.cutting import Cut
from damsight_search.results.listing import Listing
from damsight_search.results.relevant import Relevant

_BY_WORDS: frozenset[Leg] = frozenset({"exact", "keyword"})


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a search reaches.

    Attributes:
        total: How many there are; "at least" wherever more might be.
        relevant: Which they are.
        beyond: What follows the window; none where the window is all, or the rest is cut off.
        spare: What follows a window that a cursor cannot hold whole; none without words.
    """

    total: Total
    relevant: Relevant
    beyond: Listing | None = None
    spare: Listing | None = None


NO_EXTENT = Extent(Total(value=0, relation="eq"), Relevant())


def extent_of(answer: Answer, plan: Plan, cut: Cut) -> Extent:
    """Return how far a search reaches.

    Args:
        answer: The index's, to the plan's body.
        plan: What was asked.
        cut: What of it is relevant.
    """
    kept = {one.asset_id for one in cut.kept}
    refused = tuple(cut.refused)
    full: list[Leg] = [
        leg.leg for leg in plan.vectors if sum([leg.leg in hit.scores for hit in answer.found]) >= NEAREST
    ]
    more = bool(plan.text) and (answer.relation == "gte" or answer.total > len(kept) + len(refused))
    follows = more and (not refused or (cut.calibrated and _keeps_weakest_words(cut, kept)))
    listing = _listing(plan, cut, refused) if plan.text else None
    whole = not answer.lost_shards and not full and not (more and not follows)
    if refused:
        legs: list[Leg] = [*full, "keyword"] if more else full
        whole = not answer.lost_shards and not follows and cut.nothing_unseen(legs)
        total = Total(value=len(kept), relation="eq" if whole else "gte")
    else:
        sure = whole and answer.relation == "eq"
        total = Total(value=answer.total, relation="eq" if sure else "gte")
    words = words_clause(replace(plan, filters=(), excluded=())) if plan.text and not refused else None
    return Extent(
        total=total,
        relevant=Relevant(tuple(kept), words, (*refused, *plan.excluded), whole=whole),
        beyond=listing if follows else None,
        spare=listing,
    )


def _listing(plan: Plan, cut: Cut, refused: Sequence[str]) -> Listing:
    by_words = sum(any(leg.leg in _BY_WORDS for leg in one.legs) for one in cut.seen)
    return Listing(
        told=by_words,
        floor=min((one.relevance for one in cut.kept), default=1.0),
        at_least=cut.at_least if cut.calibrated else 0.0,
        weights=tuple(plan.weights.items()),
    ).knowing(refused)


def _keeps_weakest_words(cut: Cut, kept: set[str]) -> bool:
    """Tell whether the words' weakest match in the window is relevant enough: if not, nothing beyond it is."""
    scored = [(leg.score, one.asset_id) for one in cut.seen for leg in one.legs if leg.leg == "keyword"]
    return not scored or min(scored)[1] in kept
