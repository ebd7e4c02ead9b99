"""Groups what is the same picture. Pure.

Every member of a group is the same as its leader, which is the first of them in the given order. So groups do not
chain: where one is like its neighbour and that one like the next, the ends are not taken for one picture.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from damsight_search.duplication.fingerprints import (
    NOT_KNOWN,
    Fingerprint,
    Pairs,
    look_the_same,
    near_looks,
    same_bytes,
)
from damsight_search.ports import Vector

ReadVectors = Callable[[Sequence[str]], Mapping[str, Vector]]
"""Returns the image vectors of assets, by their ids; those that have none are left out."""


def grouped(ids: Sequence[str], prints: Mapping[str, Fingerprint], read: ReadVectors) -> list[list[int]]:
    """Return the positions of the assets by group, each group's leader first; groups and members keep the order.

    Args:
        ids: Each once; some thousand at most, for they are compared each with each.
        prints: By id; an asset without one is alone.
        read: Called at most once, with those whose hashes are near and whose bytes are not the same.
    """
    known = [prints.get(asset_id, NOT_KNOWN) for asset_id in ids]
    same = same_bytes(known)
    near = np.triu(near_looks(known) & ~same, 1)
    if near.any():
        same |= _confirmed(ids, near, read)
    return _led(same)


def _confirmed(ids: Sequence[str], near: Pairs, read: ReadVectors) -> Pairs:
    """Return which near ones look the same to the model too."""
    asked = np.flatnonzero(near.any(axis=0) | near.any(axis=1)).tolist()
    vectors = read([ids[position] for position in asked])
    same = np.zeros_like(near)
    for one, other in np.argwhere(near).tolist():
        same[one, other] = same[other, one] = look_the_same(vectors.get(ids[one]), vectors.get(ids[other]))
    return same


def _led(same: Pairs) -> list[list[int]]:
    groups: list[list[int]] = []
    free = np.ones(len(same), dtype=np.bool_)
    for position in range(len(same)):
        if free[position]:
            free[position] = False
            members = np.flatnonzero(same[position] & free)
            free[members] = False
            groups.append([position, *members.tolist()])
    return groups
