"""The legs of many standing searches over one arrived asset, all at once. Pure.

Each leg says for each search how much speaks for the asset, or that it does not find it.
"""

import base64
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from damsight_consumer.standing.arrival import Arrival, Rows
from damsight_consumer.standing.postings import Numbers, Postings
from damsight_consumer.standing.scales import Scales
from damsight_schemas.search import Leg
from damsight_schemas.space import IndexSpaces, VectorField
from damsight_schemas.standing import MOST_NATS, StandingQuery, StandingVector

# As the search's own minimum_should_match, 2<70%: up to two words both, of more seven in ten, rounded down.
_ALL_OF = 2
_SHARE = 0.7


class LegFound(NamedTuple):
    """What one leg finds.

    Attributes:
        searches: Their numbers.
        said: Of each, how much it says: relevance, 0..1, or evidence in nats, as its search adds them up.
    """

    leg: Leg
    searches: Numbers
    said: NDArray[np.float64]


class WordsLeg:
    """Most of a search's words stand somewhere in the asset: what they say is their average worth.

    As in the search, but for how rare each of them is, which only the server could count.

    Args:
        queries: A search's number is its place.
    """

    def __init__(self, queries: Sequence[StandingQuery]) -> None:
        # A word that several searches look for is looked for once.
        places = {word: place for place, word in enumerate(dict.fromkeys(w for query in queries for w in query.words))}
        ways = [(way, place) for word, place in places.items() for way in word if way]
        self._count = len(places)
        self._single = Postings((way[0], place) for way, place in ways if len(way) == 1)
        self._phrases = [(way, place) for way, place in ways if len(way) > 1]
        self._beginnings = Postings((way[0], number) for number, (way, _) in enumerate(self._phrases))
        pairs = [(number, places[word]) for number, query in enumerate(queries) for word in query.words]
        self._searches = np.asarray([number for number, _ in pairs], dtype=np.int64)
        self._words = np.asarray([place for _, place in pairs], dtype=np.int64)
        self._sizes = np.asarray([len(query.words) for query in queries], dtype=np.float64)
        self._most = np.asarray([MOST_NATS if query.agree == "sum" else 1.0 for query in queries], dtype=np.float64)
        self._needed = np.where(self._sizes <= _ALL_OF, self._sizes, np.floor(self._sizes * _SHARE))

    def found(self, arrival: Arrival) -> LegFound:
        """Return the searches whose words stand there."""
        if not self._count:
            return LegFound("keyword", self._searches, np.empty(0))
        worths = self._worths(arrival)[self._words]
        size = len(self._sizes)
        counts = np.bincount(self._searches[worths > 0], minlength=size)
        met = np.flatnonzero((self._sizes > 0) & (counts >= self._needed))
        average = np.bincount(self._searches, weights=worths, minlength=size)[met] / self._sizes[met]
        return LegFound("keyword", met, average * self._most[met])

    def _worths(self, arrival: Arrival) -> NDArray[np.float64]:
        worths = np.zeros(self._count)
        for term, places in self._single.each(arrival.words):
            worths[places] = np.maximum(worths[places], arrival.words[str(term)])
        for number in self._beginnings.under(arrival.words):
            way, place = self._phrases[number]
            worths[place] = max(worths[place], arrival.worth_of(way))
        return worths


class NamesLeg:
    """The asset is called what a search looks for.

    Args:
        queries: A search's number is its place.
    """

    def __init__(self, queries: Sequence[StandingQuery]) -> None:
        self._names = Postings((query.exact, number) for number, query in enumerate(queries) if query.exact)

    def found(self, arrival: Arrival) -> LegFound:
        """Return the searches that name it."""
        named = self._names.under(set(arrival.exact_names())) if len(self._names) else self._names.under(())
        return LegFound("exact", named, np.ones(len(named)))


class VectorsLeg:
    """The vectors of one leg: those of all searches in one matrix.

    Args:
        leg: Which.
        field: Of the document.
        rows: (search, vector) each; all of the same space.
    """

    def __init__(self, leg: Leg, field: VectorField, rows: Sequence[tuple[int, StandingVector]]) -> None:
        self._leg = leg
        self._field = field
        self._searches = np.asarray([number for number, _ in rows], dtype=np.int64)
        self._matrix: Rows = np.stack([_vector(vector) for _, vector in rows])
        self._floors = np.asarray([vector.floor for _, vector in rows], dtype=np.float32)
        self._scales = Scales([vector.scale for _, vector in rows])

    def cosines(self, arrivals: Sequence[Arrival]) -> list[Rows | None]:
        """Return each asset's cosines with the searches' vectors, shape (searches,); none where it has no such vector.

        All are multiplied at once: to read the searches' vectors takes longer than to compute with them.
        """
        if self._leg == "frame":
            return [None if one.frames is None else (one.frames @ self._matrix.T).max(axis=0) for one in arrivals]
        given = [one.vectors.get(self._field) for one in arrivals]
        there = [row for row in given if row is not None]
        rows = iter(np.stack(there) @ self._matrix.T if there else ())
        return [None if row is None else next(rows) for row in given]

    def found(self, cosines: Rows | None) -> LegFound:
        """Return the searches that an asset is near enough to."""
        if cosines is None:
            return LegFound(self._leg, self._searches[:0], np.empty(0))
        near = np.flatnonzero(cosines >= self._floors)
        return LegFound(self._leg, self._searches[near], self._scales.at(near, cosines[near]))


def vector_legs(queries: Sequence[StandingQuery]) -> list[VectorsLeg]:
    """Return the vector legs of the searches.

    Args:
        queries: A search's number is its place; all are of the same spaces (`is_of`).
    """
    rows: dict[tuple[Leg, VectorField], list[tuple[int, StandingVector]]] = {}
    for number, query in enumerate(queries):
        for vector in query.vectors:
            rows.setdefault((vector.leg, vector.field), []).append((number, vector))
    return [VectorsLeg(leg, field, listed) for (leg, field), listed in rows.items()]


def is_of(query: StandingQuery, spaces: IndexSpaces) -> bool:
    """Tell whether a search's vectors may meet those of assets of these spaces."""
    return all(vector.space == getattr(spaces, vector.field) for vector in query.vectors)


def _vector(told: StandingVector) -> Rows:
    return np.frombuffer(base64.b64decode(told.vector), dtype=">f4").astype(np.float32)
