"""Puts what waits into one batch: while a batch computes, the next one gathers; who searches goes before a backfill."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from damsight_encoders.errors import EncoderBusyError
from damsight_encoders.ports import Vectors
from damsight_encoders.wire import Priority

_TURNS: Final = 8
"""After so many batches of searches in a row, what is in bulk has one: it is slow then, and never stuck."""
Item = TypeVar("Item")


@dataclass(frozen=True)
class _Waiting(Generic[Item]):
    items: list[Item]
    answer: "asyncio.Future[Vectors]"


class GreedyBatcher(Generic[Item]):
    """Encodes in one thread at a time; nothing ever waits for a batch to fill.

    Interactive requests and those in bulk never share a batch: a query would wait for a whole backfill's batch.

    Args:
        encode: Blocking; runs in a thread of its own.
        most: Items of a batch, except where one request alone has more.
        waiting: Items that may wait, of each priority.
        observe: Told of each batch's size and seconds.
    """

    def __init__(
        self,
        encode: Callable[[list[Item]], Vectors],
        *,
        most: int,
        waiting: int,
        observe: Callable[[int, float], None],
    ) -> None:
        self._encode = encode
        self._most = most
        self._limit = waiting
        self._observe = observe
        self._queues: dict[Priority, deque[_Waiting[Item]]] = {"interactive": deque(), "bulk": deque()}
        self._in_a_row = 0
        self._drain: asyncio.Task[None] | None = None

    async def encode(self, items: list[Item], priority: Priority = "interactive") -> Vectors:
        """Return one vector an item, in order.

        Raises:
            EncoderBusyError: Too much of this priority waits already.
            EncoderError: What the encoder raised; it is raised to every request of the batch.
        """
        queue = self._queues[priority]
        waiting = sum(len(entry.items) for entry in queue)
        if waiting and waiting + len(items) > self._limit:
            raise EncoderBusyError(f"{waiting} inputs wait already (limit {self._limit}); try again later")
        entry = _Waiting(items, asyncio.get_running_loop().create_future())
        queue.append(entry)
        if self._drain is None or self._drain.done():
            self._drain = asyncio.create_task(self._empty_queue())
        return await entry.answer

    async def _empty_queue(self) -> None:
        while batch := self._take():
            started = time.perf_counter()
            together = [item for entry in batch for item in entry.items]
            # gather hands an exception over as a value: the batch fails, the batcher lives.
            outcomes = await asyncio.gather(asyncio.to_thread(self._encode, together), return_exceptions=True)
            self._observe(len(together), time.perf_counter() - started)
            _hand_out(batch, outcomes[0])

    def _take(self) -> list[_Waiting[Item]]:
        """Take from the queue whose turn it is, and from the other where that one is empty."""
        bulk_first = self._in_a_row >= _TURNS
        order: tuple[Priority, Priority] = ("bulk", "interactive") if bulk_first else ("interactive", "bulk")
        for priority in order:
            if batch := self._take_from(self._queues[priority]):
                self._in_a_row = self._in_a_row + 1 if priority == "interactive" else 0
                return batch
        return []

    def _take_from(self, queue: deque[_Waiting[Item]]) -> list[_Waiting[Item]]:
        """Take whole requests, in order, as many as fit; whoever went away meanwhile is left out."""
        batch: list[_Waiting[Item]] = []
        size = 0
        while queue and (not batch or size + len(queue[0].items) <= self._most):
            entry = queue.popleft()
            if not entry.answer.done():
                batch.append(entry)
                size += len(entry.items)
        return batch


def _hand_out(batch: list[_Waiting[Item]], outcome: Vectors | BaseException) -> None:
    start = 0
    for entry in batch:
        end = start + len(entry.items)
        if not entry.answer.done():
            if isinstance(outcome, BaseException):
                entry.answer.set_exception(outcome)
            else:
                entry.answer.set_result(outcome[start:end])
        start = end
