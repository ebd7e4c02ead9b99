"""Every standing search at once over one arrived asset. Pure, and made for a thousand of them in a millisecond.

What an asset's owner-to-be may not see is not looked at further: principals come first. Terms are looked up, vectors
are multiplied with one matrix a leg, equal conditions are asked once; what is left is a few candidates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
from numpy.typing import NDArray

from damsight_consumer.standing.agreeing import Agreeing
from damsight_consumer.standing.arrival import Arrival, Rows
from damsight_consumer.standing.conditions import Test, compiled
from damsight_consumer.standing.legs import LegFound, NamesLeg, WordsLeg, vector_legs
from damsight_consumer.standing.postings import Numbers, Postings
from damsight_schemas.search import Leg
from damsight_schemas.standing import StandingQuery

Flags = NDArray[np.bool_]
# Assets at once; what is computed for them is kept for so long.
_TOGETHER = 64


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
        self._by_text = (NamesLeg(queries), WordsLeg(queries))
        self._by_vectors = vector_legs(queries)
        self._agreeing = Agreeing(queries)

    def __len__(self) -> int:
        return len(self._queries)

    def matches(self, arrivals: Sequence[Arrival]) -> list[Match]:
        """Return the searches that look for some assets, each search once for each asset."""
        matches: list[Match] = []
        for start in range(0, len(arrivals), _TOGETHER):
            some = arrivals[start : start + _TOGETHER]
            cosines = [leg.cosines(some) for leg in self._by_vectors]
            for number, arrival in enumerate(some):
                matches += self._matches(arrival, [leg[number] for leg in cosines])
        return matches

    def _matches(self, arrival: Arrival, cosines: Sequence[Rows | None]) -> list[Match]:
        permitted = np.zeros(len(self._queries), dtype=np.bool_)
        permitted[self._owners.under(arrival.values("acl"))] = True
        if not permitted.any():
            return []
        by_vectors = (leg.found(own) for leg, own in zip(self._by_vectors, cosines, strict=True))
        found = [*(leg.found(arrival) for leg in self._by_text), *by_vectors]
        numbers, relevance = self._agreeing.agreed(found)
        kept = permitted[numbers]
        kept[kept] = self._conditions.met(arrival, numbers[kept])
        return [
            Match(query, arrival.asset_id, arrival.revision, float(worth), _legs_of(found, number))
            for number, worth in zip(numbers[kept].tolist(), relevance[kept], strict=True)
            if arrival.asset_id not in (query := self._queries[number]).without
        ]


class _Conditions:
    """The filters of all searches; equal ones are asked once for an asset."""

    def __init__(self, queries: Sequence[StandingQuery]) -> None:
        places: dict[bytes, int] = {}
        self._tests: list[Test] = []
        self._asked: list[tuple[int, ...]] = []
        for query in queries:
            own = []
            for clause in query.filters:
                key = orjson.dumps(clause, option=orjson.OPT_SORT_KEYS)
                if key not in places:
                    places[key] = len(self._tests)
                    self._tests.append(compiled(clause))
                own.append(places[key])
            self._asked.append(tuple(own))

    def met(self, arrival: Arrival, searches: Numbers) -> Flags:
        """Tell of each of these searches whether all its filters hold."""
        known: dict[int, bool] = {}

        def holds(place: int) -> bool:
            if place not in known:
                known[place] = self._tests[place](arrival)
            return known[place]

        return np.fromiter((all(map(holds, self._asked[number])) for number in searches), np.bool_, len(searches))


def _legs_of(found: Iterable[LegFound], number: int) -> tuple[Leg, ...]:
    return tuple(dict.fromkeys(leg.leg for leg in found if number in leg.searches))
