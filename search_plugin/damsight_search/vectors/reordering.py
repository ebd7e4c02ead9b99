"""Orders a window by its candidates' stored vectors: exactly, by their Manhattan distance; and what is unwanted last.

Both need the vectors themselves, so they cost one request more; a search that asks for neither pays nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from damsight_schemas.search import SearchRequest
from damsight_search.plan import Plan, VectorLeg
from damsight_search.ports import SearchIndex, Vector
from damsight_search.principal import Principals
from damsight_search.relevance.fusion import LegRank, Ranked
from damsight_search.results.page_bodies import vectors_body
from damsight_search.results.window import Window
from damsight_search.vectors.looks import Aversion

Stored = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Reordering:
    """Reorders windows.

    Attributes:
        index: For the stored vectors.
        timeout: As Elasticsearch writes it.
    """

    index: SearchIndex
    timeout: str

    def reordered(
        self, window: Window, plan: Plan, request: SearchRequest, who: Principals, *, turns_from: Aversion | None
    ) -> Window:
        """Return the window in its order; sorted by time or by title, it stays as it is.

        Raises:
            SearchTimeoutError: The vectors were not read in time.
            SearchUnavailableError: The index does not answer.
        """
        exact = request.similarity == "manhattan"
        leg = compared_leg(plan) if exact else None
        if plan.sort.by != "relevance" or not window.ranked or not (leg or turns_from):
            return _without_vectors(window) if exact and leg is None else window
        names = {leg.field} if leg else set()
        stored = self._stored(window.ranked, [*names, *({turns_from.field} if turns_from else set())], who)
        turn = plan.sort.order == "asc"
        ranked = list(reversed(window.ranked)) if turn else list(window.ranked)
        if leg is not None:
            ranked = by_manhattan(ranked, leg, _vectors(stored, leg.field))
        if turns_from is not None:
            ranked = unwanted_last(ranked, turns_from, _vectors(stored, turns_from.field))
        return replace(window, ranked=tuple(reversed(ranked) if turn else ranked))

    def _stored(self, ranked: Sequence[Ranked], names: Sequence[str], who: Principals) -> Stored:
        ids = [one.asset_id for one in ranked]
        body = vectors_body(ids, who, fields=("asset_id", *names), timeout=self.timeout)
        return {found.asset_id: found.source for found in self.index.search(body).found}


def compared_leg(plan: Plan) -> VectorLeg | None:
    """Return the leg whose vectors are compared exactly: of those of whole assets, the one that weighs most."""
    whole = [leg for leg in plan.vectors if leg.leg != "frame"]
    return max(whole, key=lambda leg: plan.weights[leg.leg], default=None)


def by_manhattan(ranked: Sequence[Ranked], leg: VectorLeg, vectors: Mapping[str, Vector]) -> list[Ranked]:
    """Return the candidates by the Manhattan (L1) distance of their vectors to the leg's, the nearest first.

    Exact hits stay pinned, and those without a vector come last. The leg's score becomes 1 / (1 + distance), its rank
    the one by distance; the relevance, and so who is among the candidates, stays.
    """
    distances = {asset_id: float(np.abs(vector - leg.vector).sum()) for asset_id, vector in vectors.items()}
    known = sorted((one for one in ranked if one.asset_id in distances), key=lambda one: distances[one.asset_id])
    ranks = {one.asset_id: rank for rank, one in enumerate(known, start=1)}
    told = [
        one._replace(legs=_told(one, leg, ranks[one.asset_id], 1.0 / (1.0 + distances[one.asset_id])))
        if one.asset_id in ranks
        else one
        for one in ranked
    ]
    last = len(ranked)
    return sorted(told, key=lambda one: (not _is_exact(one), ranks.get(one.asset_id, last)))


def unwanted_last(ranked: Sequence[Ranked], turns_from: Aversion, vectors: Mapping[str, Vector]) -> list[Ranked]:
    """Return the candidates with those last that are nearer to what is unwanted than to what is wanted.

    They are told as no more relevant than those before them. Exact hits stay: they were asked for by name.
    """
    kept: list[Ranked] = []
    turned: list[Ranked] = []
    for one in ranked:
        vector = vectors.get(one.asset_id)
        is_turned = vector is not None and not _is_exact(one) and turns_from.turns_from(vector)
        (turned if is_turned else kept).append(one)
    least = min((one.relevance for one in kept), default=1.0)
    return kept + [_at_most(one, least) for one in turned]


def _told(one: Ranked, leg: VectorLeg, rank: int, score: float) -> tuple[LegRank, ...]:
    return tuple(told._replace(rank=rank, score=score) if told.leg == leg.leg else told for told in one.legs)


def _at_most(one: Ranked, most: float) -> Ranked:
    if one.relevance <= most:
        return one
    share = most / one.relevance
    legs = tuple(leg._replace(contribution=leg.contribution * share) for leg in one.legs)
    return one._replace(relevance=most, legs=legs)


def _is_exact(one: Ranked) -> bool:
    return any(leg.leg == "exact" for leg in one.legs)


def _vectors(stored: Stored, name: str) -> dict[str, Vector]:
    return {
        asset_id: np.asarray(source[name], dtype=np.float32) for asset_id, source in stored.items() if name in source
    }


def _without_vectors(window: Window) -> Window:
    said = "Not ordered by Manhattan distance: nothing was compared by vectors."
    return replace(window, degraded=(*window.degraded, said))
