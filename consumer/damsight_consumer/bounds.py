"""Bounds on memory: what is read ahead, and what waits between two stages, counted in bytes."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

from damsight_consumer.errors import AbandonedError

Item = TypeVar("Item")


class Reservation:
    """One asset's share of a budget; giving it back twice does no harm."""

    def __init__(self, budget: "ByteBudget") -> None:
        self._budget = budget
        self._held = 0

    def take(self, size: int) -> None:
        """Wait until so many bytes are free, and hold them.

        Raises:
            AbandonedError: The budget was closed meanwhile.
        """
        self._held = self._budget.take(size)

    def give_back(self) -> None:
        """Free what is held."""
        self._budget.give_back(self._held)
        self._held = 0


class ByteBudget:
    """So many bytes may be held at once. What is larger than the whole waits until it can have all of it, alone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._free = limit
        self._closed = False
        self._changed = threading.Condition()

    def reservation(self) -> Reservation:
        """Return an empty share."""
        return Reservation(self)

    def take(self, size: int) -> int:
        """Wait for bytes; returns how many were taken, at most the limit.

        Raises:
            AbandonedError: The budget was closed.
        """
        wanted = min(size, self._limit)
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._free >= wanted)
            if self._closed:
                raise AbandonedError
            self._free -= wanted
        return wanted

    def give_back(self, size: int) -> None:
        """Free bytes."""
        with self._changed:
            self._free += size
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class ByteQueue(Generic[Item]):
    """A queue between two stages, bounded in bytes; a put waits while it is full, and an empty one takes any size."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._items: deque[tuple[Item, int]] = deque()
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: Item, size: int, *, wait: bool = True) -> None:
        """Wait for room and add an item; a closed queue drops it.

        Args:
            item: What.
            size: In bytes.
            wait: False adds it over the limit, for a caller that must not wait and is bounded otherwise.
        """
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._closed or not self._items or self._held + size <= self._limit)
            if not self._closed:
                self._items.append((item, size))
                self._held += size
                self._changed.notify_all()

    def take(self, most: int, most_bytes: int) -> Sequence[Item]:
        """Wait for an item, and return it with all others that are there, up to a number and a size.

        Returns:
            At least one item; nothing once the queue is closed and empty.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._items)
            taken: list[Item] = []
            size = 0
            while self._items and len(taken) < most and (not taken or size + self._items[0][1] <= most_bytes):
                item, item_size = self._items.popleft()
                taken.append(item)
                size += item_size
            self._held -= size
            self._changed.notify_all()
        return taken

    def close(self) -> None:
        """Take nothing more in; what is there can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def discard(self) -> None:
        """Close, and forget what is there."""
        with self._changed:
            self._items.clear()
            self._held = 0
        self.close()
