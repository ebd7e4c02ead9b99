"""Which standing searches hold which term, so that an asset asks about its own terms alone. Pure."""

from collections.abc import Hashable, Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
_NONE: Numbers = np.empty(0, dtype=np.int64)


class Postings:
    """Terms and the numbers that stand under each.

    Args:
        pairs: (term, number); a term that stands under a number twice counts twice.
    """

    def __init__(self, pairs: Iterable[tuple[Hashable, int]]) -> None:
        listed: dict[Hashable, list[int]] = {}
        for term, number in pairs:
            listed.setdefault(term, []).append(number)
        self._lists: Mapping[Hashable, Numbers] = {
            term: np.asarray(numbers, dtype=np.int64) for term, numbers in listed.items()
        }

    def under(self, terms: Iterable[Hashable]) -> Numbers:
        """Return the numbers under any of the terms, one for each time."""
        found = [self._lists[term] for term in terms if term in self._lists]
        return np.concatenate(found) if found else _NONE

    def each(self, terms: Iterable[Hashable]) -> Iterator[tuple[Hashable, Numbers]]:
        """Yield those of the terms that something stands under, with it."""
        return ((term, self._lists[term]) for term in terms if term in self._lists)

    def __len__(self) -> int:
        return len(self._lists)
