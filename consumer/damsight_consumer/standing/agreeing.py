"""How the legs of many standing searches agree over one asset: one relevance a search. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from damsight_consumer.standing.legs import LegFound
from damsight_consumer.standing.postings import Numbers
from damsight_schemas.search import Leg
from damsight_schemas.standing import StandingQuery

Figures = NDArray[np.float64]


class Agreed(NamedTuple):
    """The searches that find the asset.

    Attributes:
        searches: Their numbers, rising.
        relevance: 0..1, of each.
    """

    searches: Numbers
    relevance: Figures


class Agreeing:
    """Makes one relevance of what the legs say; see `damsight_schemas.standing.StandingQuery`.

    Args:
        queries: A search's number is its place.
    """

    def __init__(self, queries: Sequence[StandingQuery]) -> None:
        self._at_least = np.asarray([query.at_least for query in queries], dtype=np.float64)
        self._asked = np.asarray([_legs_asked(query) for query in queries], dtype=np.int64)
        self._adds = np.asarray([query.agree == "sum" for query in queries], dtype=np.bool_)
        self._all = np.asarray([query.agree == "all" for query in queries], dtype=np.bool_)
        self._among = np.asarray([query.among or 1.0 for query in queries], dtype=np.float64)
        self._weights = _weights(queries)
        # Where nothing is looked for, the filters decide.
        self._by_filters = np.flatnonzero(self._asked == 0)

    def agreed(self, found: Sequence[LegFound]) -> Agreed:
        """Return the searches that the legs find the asset for, as relevant as each asks for."""
        numbers = np.unique(np.concatenate([self._by_filters, *(leg.searches for leg in found)]))
        evidence, best, worst = np.zeros(len(numbers)), np.zeros(len(numbers)), np.full(len(numbers), np.inf)
        legs, named = np.zeros(len(numbers), dtype=np.int64), self._asked[numbers] == 0
        worded = np.zeros(len(numbers), dtype=np.bool_)
        for leg in found:
            places = np.searchsorted(numbers, leg.searches)
            if leg.leg == "exact":
                named[places] = True
                continue
            evidence[places] += self._weights[leg.leg][leg.searches] * leg.said
            best[places] = np.maximum(best[places], leg.said)
            worst[places] = np.minimum(worst[places], leg.said)
            legs[places] += 1
            worded[places] |= leg.leg == "keyword"
        every, adds = self._all[numbers], self._adds[numbers]
        summed = 1.0 / (1.0 + self._among[numbers] * np.exp(-evidence))
        relevance = np.where(adds, summed, np.clip(np.where(every, worst, best), 0.0, 1.0))
        relevance[named] = 1.0
        # A name stands for the words, which are one of the legs that must all agree.
        enough = legs + (named & ~worded) >= np.where(every, self._asked[numbers], 1)
        told = enough & (relevance >= self._at_least[numbers])
        return Agreed(numbers[told], relevance[told])


def _legs_asked(query: StandingQuery) -> int:
    return len({vector.leg for vector in query.vectors}) + bool(query.words)


def _weights(queries: Sequence[StandingQuery]) -> dict[Leg, Figures]:
    weights: dict[Leg, Figures] = {"keyword": np.asarray([query.words_weight for query in queries], dtype=np.float64)}
    for number, query in enumerate(queries):
        for vector in query.vectors:
            weights.setdefault(vector.leg, np.zeros(len(queries)))[number] = vector.weight
    return weights
