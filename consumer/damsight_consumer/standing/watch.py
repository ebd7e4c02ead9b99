"""Every standing search at once over one arrived asset. Pure, and made for a thousand of them in a millisecond.

What an asset's owner-to-be may not see is not looked at further: principals come first. Terms are looked up, vectors
are multiplied with one matrix a leg, equal conditions are asked once; what is left is a few candidates.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
from numpy.typing import NDArray

from damsight_consumer.standing.arrival import Arrival
from damsight_consumer.standing.conditions import Test, compiled
from damsight_consumer.standing.legs import LegFound, NamesLeg, VectorsLeg, WordsLeg, vector_legs
from damsight_consumer.standing.postings import Numbers, Postings
from damsight_schemas.search import Leg
from damsight_schemas.standing import StandingQuery

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Match:
    """An asset that a standing search looks for.

    Attributes:
        relevance: 0..1, as the legs agree; 1 where filters alone decide, or the asset is named.
        legs: Which found it.
    """

    query: StandingQuery
    asset_id: str
    revision: int
    relevance: float
    legs: tuple[Leg, ...]


class Watch:
    """Standing searches, ready to be asked. It does not change; any thread may ask.

    Args:
        queries: Each of the spaces of the assets' vectors (`damsight_consumer.standing.legs.is_of`).

    Raises:
        ValueError: A clause cannot be evaluated here.
    """

    def __init__(self, queries: Sequence[StandingQuery] = ()) -> None:
        self._queries = tuple(queries)
        self._owners = Postings((name, number) for number, query in enumerate(queries) for name in query.principals)
        self._conditions = _Conditions(queries)
        self._legs: list[NamesLeg | WordsLeg | VectorsLeg] = [
            NamesLeg(queries), WordsLeg(queries), *vector_legs(queries)
        ]  # fmt: skip
        self._asked = np.asarray([_legs_asked(query) for query in queries], dtype=np.int64)
        self._all = np.asarray([query.agree == "all" for query in queries], dtype=np.bool_)

    def __len__(self) -> int:
        return len(self._queries)

    def matches(self, arrival: Arrival) -> list[Match]:
        """Return the searches that look for an asset, each once."""
        permitted = np.zeros(len(self._queries), dtype=np.bool_)
        permitted[self._owners.under(arrival.values("acl"))] = True
        if not permitted.any():
            return []
        found = [leg.found(arrival) for leg in self._legs]
        candidates = permitted & self._enough(found)
        if not candidates.any():
            return []
        candidates &= self._conditions.met(arrival, candidates)
        matches = (self._match(int(number), arrival, found) for number in np.flatnonzero(candidates))
        return [match for match in matches if _is_told(match)]

    def _enough(self, found: Iterable[LegFound]) -> Flags:
        said = np.zeros(len(self._queries), dtype=np.int64)
        by_kind: dict[str, Flags] = {}
        for leg in found:
            # A name stands for its words: the exact leg is not asked for besides the keyword leg.
            kind = "keyword" if leg.leg == "exact" else leg.leg
            met = by_kind.setdefault(kind, np.zeros(len(self._queries), dtype=np.bool_))
            met[leg.searches] = True
        for met in by_kind.values():
            said += met
        enough: Flags = (self._asked == 0) | np.where(self._all, said >= self._asked, said > 0)
        return enough

    def _match(self, number: int, arrival: Arrival, found: Iterable[LegFound]) -> Match:
        query = self._queries[number]
        said: dict[Leg, float] = {}
        for leg in found:
            own = leg.said[leg.searches == number]
            if len(own):
                said[leg.leg] = float(own.max())
        return Match(query, arrival.asset_id, arrival.revision, relevance_of(query, said), tuple(said))


class _Conditions:
    """The filters of all searches; equal ones are asked once for an asset."""

    def __init__(self, queries: Sequence[StandingQuery]) -> None:
        places: dict[bytes, int] = {}
        self._tests: list[Test] = []
        pairs: list[tuple[int, int]] = []
        for number, query in enumerate(queries):
            for clause in query.filters:
                key = orjson.dumps(clause, option=orjson.OPT_SORT_KEYS)
                if key not in places:
                    places[key] = len(self._tests)
                    self._tests.append(compiled(clause))
                pairs.append((number, places[key]))
        self._searches: Numbers = np.asarray([number for number, _ in pairs], dtype=np.int64)
        self._places: Numbers = np.asarray([place for _, place in pairs], dtype=np.int64)

    def met(self, arrival: Arrival, candidates: Flags) -> Flags:
        """Return the searches whose filters all hold; those that are no candidates may be either."""
        asked = candidates[self._searches]
        met = np.ones(len(self._tests), dtype=np.bool_)
        for place in np.unique(self._places[asked]):
            met[place] = self._tests[place](arrival)
        kept = np.ones(len(candidates), dtype=np.bool_)
        kept[self._searches[~met[self._places]]] = False
        return kept


def relevance_of(query: StandingQuery, said: Mapping[Leg, float]) -> float:
    """Return how relevant an asset is, 0..1, by what its legs say.

    Args:
        query: That they are of.
        said: By each leg that found it; see `damsight_schemas.standing.StandingQuery`.
    """
    if not said or "exact" in said:
        return 1.0
    if query.agree == "sum" and query.among is not None:
        weights: dict[Leg, float] = {"keyword": query.words_weight, **{one.leg: one.weight for one in query.vectors}}
        evidence = sum(weights[leg] * nats for leg, nats in said.items())
        return 1.0 / (1.0 + query.among * math.exp(-evidence))
    relevance = min(said.values()) if query.agree == "all" else max(said.values())
    return min(1.0, max(0.0, relevance))


def _legs_asked(query: StandingQuery) -> int:
    return len({vector.leg for vector in query.vectors}) + bool(query.words)


def _is_told(match: Match) -> bool:
    return match.relevance >= match.query.at_least and match.asset_id not in match.query.without
