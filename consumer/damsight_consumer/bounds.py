"""Bounds on memory: what is read ahead, and what waits between two stages, counted in bytes."""

import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Generic, TypeVar

from damsight_consumer.errors import AbandonedError
from damsight_consumer.records import Lane

Item = TypeVar("Item")

# In seconds: how soon those who wait for leave ask again.
LOOK_S = 0.02


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
    """A queue between two stages. Each lane has room of its own, in bytes, so that a full one never holds up another.

    A put never waits: a stage asks for room before it makes anything, and not with something in hand.

    Args:
        limit: Of each lane, in bytes.
        admits: Asked before something of a lane is taken: whether it may be begun now. It must not wait.
        lively: Tells whether live events come at all: only then are the backfill's own bounds kept.
    """

    def __init__(
        self,
        limit: int,
        *,
        admits: Callable[[Lane], bool] = lambda _: True,
        lively: Callable[[], bool] = lambda: True,
    ) -> None:
        self._limit = limit
        self._lively = lively
        self._admits = admits
        self._lanes = {lane: _Room[Item]() for lane in Lane}
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: Item, size: int, lane: Lane) -> None:
        """Add an item; a closed queue drops it.

        Args:
            item: What.
            size: In bytes.
            lane: Which way it came.
        """
        self.put_all([(item, size)], lane)

    def put_all(self, items: Sequence[tuple[Item, int]], lane: Lane) -> None:
        """Add several items, each with its size; who takes is woken once."""
        with self._changed:
            if self._closed:
                return
            room = self._lanes[lane]
            room.items.extend(items)
            room.held += sum([size for _, size in items])
            self._changed.notify_all()

    def take(
        self,
        most: int,
        most_bytes: int,
        *,
        backfill: int | None = None,
        backfill_bytes: int | None = None,
        quiet_backfill: int | None = None,
        lanes: Collection[Lane] = tuple(Lane),
    ) -> Sequence[Item]:
        """Wait for an item, and return it with others of its lane that are there, up to a number and a size.

        The first lane that has something goes first. Lanes are not mixed: what is urgent must not wait until a batch
        that it fills up with something else is done.

        Args:
            most: How many.
            most_bytes: Of all of them, where they are several.
            backfill: How many of the backfill lane, where that is fewer: whatever is live waits until they are done.
            backfill_bytes: The same in bytes.
            quiet_backfill: How many while no live events come: the next one waits until these are done.
            lanes: Only of these.

        Returns:
            At least one item; nothing once the queue is closed and empty.
        """
        with self._changed:
            while (lane := self._next_lane(lanes)) is None:
                if self._closed and not self._waiting(lanes):
                    return []
                # What is not admitted now may be a moment later, without anybody saying so.
                self._changed.wait(LOOK_S if self._waiting(lanes) else None)
            if lane is Lane.BACKFILL and self._lively():
                most, most_bytes = min(most, backfill or most), min(most_bytes, backfill_bytes or most_bytes)
            elif lane is Lane.BACKFILL:
                most = min(most, quiet_backfill or most)
            return self._lanes[lane].take(most, most_bytes)

    def has_room(self, lane: Lane) -> bool:
        """Tell whether more should be made; an empty lane has room for anything."""
        with self._changed:
            room = self._lanes[lane]
            return self._closed or not room.items or room.held <= self._limit

    def wake(self) -> None:
        """Have what waits for leave ask again."""
        with self._changed:
            self._changed.notify_all()

    def _waiting(self, lanes: Collection[Lane]) -> bool:
        return any(self._lanes[lane].items for lane in lanes)

    def _next_lane(self, lanes: Collection[Lane]) -> Lane | None:
        waiting = (lane for lane, room in self._lanes.items() if lane in lanes and room.items)
        return next((lane for lane in waiting if self._closed or self._admits(lane)), None)

    def close(self) -> None:
        """Take nothing more in; what is there can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def discard(self) -> None:
        """Close, and forget what is there."""
        with self._changed:
            self._lanes = {lane: _Room() for lane in Lane}
        self.close()


class _Room(Generic[Item]):
    """One lane's part of a queue."""

    def __init__(self) -> None:
        self.items: deque[tuple[Item, int]] = deque()
        self.held = 0

    def take(self, most: int, most_bytes: int) -> list[Item]:
        if self.held <= most_bytes and len(self.items) <= most:
            return self._take_all()
        taken: list[Item] = []
        size = 0
        while self.items and len(taken) < most and (not taken or size + self.items[0][1] <= most_bytes):
            item, item_size = self.items.popleft()
            taken.append(item)
            size += item_size
        self.held -= size
        return taken

    def _take_all(self) -> list[Item]:
        taken = [item for item, _ in self.items]
        self.items.clear()
        self.held = 0
        return taken
