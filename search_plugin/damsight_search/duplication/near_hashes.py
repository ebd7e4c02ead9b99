"""Which of very many perceptual hashes are near, without comparing each with each. Pure.

Two near hashes share a whole piece (`damsight_schemas.perceptual_hash`), so only those in one bucket of a piece are
compared. For n hashes that are spread evenly these are 8 n^2 / 512 pairs: some 150 million for 100,000.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from damsight_schemas.perceptual_hash import BANDS, NEAR

Hashes = NDArray[np.uint64]
Pairs = NDArray[np.int64]
"""Shape (n, 2): positions, the smaller first."""

_BITS = 8
_ROWS = 256


def near_pairs(hashes: Hashes, *, most: int) -> tuple[Pairs, bool]:
    """Return the pairs of near hashes, each once and in order, and whether these are all.

    Args:
        hashes: Shape (n,), each different: equal ones are the caller's to put together, for they are quadratically
            many pairs.
        most: About how many pairs are collected before it ends.
    """
    collected: list[Pairs] = []
    count = 0
    for band in range(BANDS):
        for pairs in _of_band(hashes, band):
            collected.append(pairs)
            count += len(pairs)
            if count >= most:
                return _ordered(collected), False
    return _ordered(collected), True


def _of_band(hashes: Hashes, band: int) -> Iterator[Pairs]:
    pieces = _pieces(hashes, band)
    order = np.argsort(pieces, kind="stable")
    starts = np.flatnonzero(np.diff(pieces[order])) + 1
    for bucket in np.split(order, starts):
        for start in range(0, len(bucket) - 1, _ROWS):
            pairs = _within(hashes, bucket[start:], band)
            if len(pairs):
                yield pairs


def _within(hashes: Hashes, bucket: NDArray[np.int64], band: int) -> Pairs:
    """Return the near pairs of a bucket's first rows with all that follow them."""
    rows = bucket[:_ROWS]
    differing = hashes[rows][:, None] ^ hashes[bucket][None, :]
    near = np.triu(np.bitwise_count(differing) <= NEAR, 1)
    one, other = np.nonzero(near)
    # A pair that shares an earlier piece too was told there.
    fresh = np.ones(len(one), dtype=np.bool_)
    for earlier in range(band):
        fresh &= _pieces(differing[one, other], earlier) != 0
    return np.sort(np.stack([rows[one[fresh]], bucket[other[fresh]]], axis=1), axis=1)


def _pieces(hashes: Hashes, band: int) -> Hashes:
    return (hashes >> np.uint64(_BITS * band)) & np.uint64(2**_BITS - 1)


def _ordered(collected: list[Pairs]) -> Pairs:
    if not collected:
        return np.empty((0, 2), dtype=np.int64)
    pairs = np.concatenate(collected)
    ordered: Pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return ordered
