"""Reads the fingerprints of a whole index, by pages, into some 150 bytes an asset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from damsight_search.conditions.filters import Clause
from damsight_search.duplication.duplicate_bodies import scan_body
from damsight_search.duplication.fingerprints import fingerprint, hash_bits
from damsight_search.errors import SearchUnavailableError
from damsight_search.ports import Found, SearchIndex

PAGE = 5000
OnProgress = Callable[[str, int, int], None]
"""Takes the step, how much is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """The fingerprints of many assets, in the order of their ids.

    Attributes:
        ids: Of the assets.
        digests: Shape (n,), the SHA-256 in hex as bytes; empty where it is not known.
        hashes: Shape (n,), the perceptual hashes.
        hashed: Shape (n,), whether there is one.
    """

    ids: list[str]
    digests: NDArray[np.bytes_]
    hashes: NDArray[np.uint64]
    hashed: NDArray[np.bool_]


def scan(index: SearchIndex, filters: Sequence[Clause], on_progress: OnProgress, *, timeout: str) -> Scanned:
    """Read what passes the filters.

    Raises:
        SearchTimeoutError: A page was not read in time.
        SearchUnavailableError: The index does not answer, or not all of it.
    """
    ids: list[str] = []
    pages: list[Scanned] = []
    after: Sequence[object] = ()
    total = 0
    while True:
        answer = index.search(scan_body(filters, size=PAGE, after=after, timeout=timeout))
        if answer.lost_shards:
            raise SearchUnavailableError(
                f"{answer.lost_shards} of {answer.shards} parts of the index did not answer: what is the same as what "
                f"cannot be told of the rest alone."
            )
        total = total or answer.total
        if answer.found:
            pages.append(_page(answer.found))
            ids += pages[-1].ids
            on_progress("reading fingerprints", len(ids), max(total, len(ids)))
        if len(answer.found) < PAGE:
            return _joined(ids, pages)
        after = answer.found[-1].sort


def _page(found: Sequence[Found]) -> Scanned:
    prints = [fingerprint(hit.fields) for hit in found]
    return Scanned(
        ids=[hit.asset_id for hit in found],
        digests=np.array([one.sha256.encode() for one in prints], dtype="S64"),
        hashes=hash_bits(prints),
        hashed=np.array([bool(one.perceptual_hash) for one in prints], dtype=np.bool_),
    )


def _joined(ids: list[str], pages: list[Scanned]) -> Scanned:
    return Scanned(
        ids=ids,
        digests=np.concatenate([one.digests for one in pages] or [np.empty(0, dtype="S64")]),
        hashes=np.concatenate([one.hashes for one in pages] or [np.empty(0, dtype=np.uint64)]),
        hashed=np.concatenate([one.hashed for one in pages] or [np.empty(0, dtype=np.bool_)]),
    )
