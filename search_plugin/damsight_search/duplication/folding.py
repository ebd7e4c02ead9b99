"""Folds a window: of the same picture the most relevant stays, the others stand under it."""

from collections.abc import Sequence
from dataclasses import replace

from damsight_schemas.search import Total
from damsight_search.conditions.filters import permitted
from damsight_search.duplication.duplicates import grouped
from damsight_search.ports import SearchIndex, Vector
from damsight_search.principal import Principals
from damsight_search.results.window import Window
from damsight_search.vectors.image_vectors import image_vectors


class Folding:
    """Folds windows whose hits were read with their fingerprints.

    Args:
        index: For the vectors of those whose hashes are near.
        timeout: As Elasticsearch writes it.
    """

    def __init__(self, index: SearchIndex, *, timeout: str) -> None:
        self._index = index
        self._timeout = timeout

    def fold(self, window: Window, who: Principals) -> Window:
        """Return the window in groups, in the order of their first.

        The total counts groups: exactly where the window holds all there is, else those of the window, "at least".

        Raises:
            SearchTimeoutError: The vectors were not read in time.
            SearchUnavailableError: The index does not answer.
        """

        def read(ids: Sequence[str]) -> dict[str, Vector]:
            return image_vectors(self._index, ids, permitted(who), timeout=self._timeout)

        ranked = window.ranked
        groups = grouped([one.asset_id for one in ranked], window.prints, read)
        folded = tuple(
            ranked[leader]._replace(duplicates=tuple(ranked[other] for other in others)) for leader, *others in groups
        )
        whole = window.total == Total(value=len(ranked), relation="eq")
        total = Total(value=len(folded), relation="eq" if whole else "gte")
        return replace(window, ranked=folded, total=total)
