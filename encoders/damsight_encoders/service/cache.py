"""Keeps the vectors of the last texts: people search for the same words, and page through the same search."""

import sys
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float32]
_ENTRY_BYTES: Final = 320
"""Of Python's own around an entry: the table's slot, the array's and the key's heads. Measured, rounded up."""


class VectorCache:
    """Least recently used goes first. For one thread: the service's event loop.

    Args:
        most_bytes: Of vectors, keys and what Python adds; 0 keeps nothing.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Hashable, tuple[Row, int]] = OrderedDict()
        self._held = 0

    @property
    def held_bytes(self) -> int:
        """What is kept now, in bytes."""
        return self._held

    def get(self, key: tuple[str, ...]) -> Row | None:
        """Return the vector, or None; what was asked for stays longer."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: tuple[str, ...], vector: Row) -> None:
        """Keep a copy: a row of a batch would keep the whole batch in memory."""
        size = vector.nbytes + sum(map(sys.getsizeof, key)) + _ENTRY_BYTES
        if size > self._most:
            return
        self._forget(key)
        self._kept[key] = (vector.copy(), size)
        self._held += size
        while self._held > self._most:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: Hashable) -> None:
        _, size = self._kept.pop(key, (None, 0))
        self._held -= size
