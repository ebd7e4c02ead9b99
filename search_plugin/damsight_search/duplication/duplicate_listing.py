"""All duplicates of an index: the same bytes, and the same picture in different files.

The fingerprints are read once, in order; near hashes are found by the pieces that they share; and what the hashes
say is confirmed by the image vectors, which are read in batches. Of files with the same bytes one stands for all.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from damsight_schemas.duplicates import DuplicateGroup, DuplicateReport, Same
from damsight_search.conditions.filters import Clause
from damsight_search.duplication.duplicate_scan import OnProgress, Scanned, scan
from damsight_search.duplication.fingerprints import look_the_same
from damsight_search.duplication.near_hashes import near_pairs
from damsight_search.duplication.stars import stars
from damsight_search.ports import SearchIndex
from damsight_search.vectors.image_vectors import image_vectors

MOST_PAIRS = 5_000_000
MOST_OF_ONE_HASH = 64
"""Of files with one hash so many are compared each with each, and the rest with the first alone."""

TIMEOUT = "30s"
_ASSETS_AT_ONCE = 400

Pair = tuple[int, int]
"""Positions among the assets that were scanned, the smaller first."""


class DuplicateListing:
    """Lists duplicates.

    Args:
        index: Where the assets are.
        timeout: Of one request, as Elasticsearch writes it.
    """

    def __init__(self, index: SearchIndex, *, timeout: str = TIMEOUT) -> None:
        self._index = index
        self._timeout = timeout

    def report(
        self, filters: Sequence[Clause], on_progress: OnProgress, *, same_bytes: bool = True, same_looks: bool = True
    ) -> DuplicateReport:
        """Return the duplicates among what passes the filters.

        Args:
            filters: Whose assets; `damsight_search.conditions.filters.permitted`, or `duplicate_bodies.everybodys`.
            on_progress: Told as it goes on.
            same_bytes: List files that are equal.
            same_looks: List pictures that are the same in different files.

        Raises:
            SearchTimeoutError: A request did not end in time.
            SearchUnavailableError: The index does not answer, or not all of it.
        """
        scanned = scan(self._index, filters, on_progress, timeout=self._timeout)
        copies = _copies(scanned)
        groups = [_group("bytes", scanned, one) for one in copies] if same_bytes else []
        complete = True
        if same_looks:
            copies_of = {next(filter(scanned.hashed.item, one), one[0]): one for one in copies}
            pairs, complete = _pairs(scanned, _standing_for_all(scanned, copies_of))
            confirmed = self._confirmed(scanned, pairs, filters, on_progress)
            looks = [[member for one in star for member in copies_of.get(one, [one])] for star in stars(confirmed)]
            groups += [_group("looks", scanned, one) for one in looks]
        return DuplicateReport(assets=len(scanned.ids), groups=sorted(groups, key=_order), complete=complete)

    def _confirmed(
        self, scanned: Scanned, pairs: Sequence[Pair], filters: Sequence[Clause], on_progress: OnProgress
    ) -> Iterator[Pair]:
        done = 0
        for some in _batches(pairs):
            asked = sorted({position for pair in some for position in pair})
            ids = [scanned.ids[position] for position in asked]
            vectors = image_vectors(self._index, ids, filters, timeout=self._timeout)
            for one, other in some:
                if look_the_same(vectors.get(scanned.ids[one]), vectors.get(scanned.ids[other])):
                    yield one, other
            done += len(some)
            on_progress("comparing vectors", done, len(pairs))


def _copies(scanned: Scanned) -> list[list[int]]:
    """Return the positions of the assets that hold the same bytes."""
    known = np.flatnonzero(scanned.digests != b"")
    return [group.tolist() for group in _equal(scanned.digests[known], known) if len(group) > 1]


def _standing_for_all(scanned: Scanned, copies_of: Mapping[int, Sequence[int]]) -> NDArray[np.int64]:
    """Return the positions of the assets with a hash, of the same bytes one alone."""
    kept = scanned.hashed.copy()
    kept[[copy for first, copies in copies_of.items() for copy in copies if copy != first]] = False
    return np.flatnonzero(kept)


def _pairs(scanned: Scanned, standing: NDArray[np.int64]) -> tuple[list[Pair], bool]:
    """Return the pairs of assets whose hashes are equal or near, and whether these are all."""
    by_hash = _equal(scanned.hashes[standing], standing)
    firsts = np.array([group[0] for group in by_hash], dtype=np.int64)
    near, complete = near_pairs(scanned.hashes[firsts], most=MOST_PAIRS)
    pairs = [pair for group in by_hash for pair in _of_one_hash(group.tolist())]
    for one, other in near.tolist():
        pairs += _of_two_hashes(by_hash[one].tolist(), by_hash[other].tolist())
    complete = complete and all(len(group) <= MOST_OF_ONE_HASH for group in by_hash)
    return sorted(pairs), complete


def _of_one_hash(group: list[int]) -> list[Pair]:
    if len(group) <= MOST_OF_ONE_HASH:
        return list(combinations(group, 2))
    return [(group[0], other) for other in group[1:]]


def _of_two_hashes(ones: list[int], others: list[int]) -> list[Pair]:
    if len(ones) * len(others) > MOST_OF_ONE_HASH:
        ones, others = ones[:1], others[:1]
    return [(min(one, other), max(one, other)) for one in ones for other in others]


def _equal(values: NDArray[np.bytes_] | NDArray[np.uint64], positions: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the positions by equal value, in ascending order each."""
    if not len(values):
        return []
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    return np.split(positions[order], starts)


def _batches(pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """Yield the pairs in their order, so many assets' at a time."""
    batch: list[Pair] = []
    assets: set[int] = set()
    for pair in pairs:
        if len(assets) >= _ASSETS_AT_ONCE:
            yield batch
            batch, assets = [], set()
        batch.append(pair)
        assets.update(pair)
    if batch:
        yield batch


def _group(same: Same, scanned: Scanned, positions: Sequence[int]) -> DuplicateGroup:
    ids = [scanned.ids[position] for position in positions]
    return DuplicateGroup(same=same, assets=ids)


def _order(group: DuplicateGroup) -> tuple[bool, int, str]:
    return group.same != "bytes", -len(group.assets), group.assets[0]
