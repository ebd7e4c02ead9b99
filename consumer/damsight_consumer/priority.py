"""Threads that do the most urgent work first."""

import heapq
import itertools
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from typing import Any, TypeVar

from damsight_consumer.bounds import LOOK_S
from damsight_consumer.records import Lane

Result = TypeVar("Result")
_RANK = {lane: rank for rank, lane in enumerate(Lane)}


class PriorityPool:
    """As `concurrent.futures.ThreadPoolExecutor`, but what waits is begun in the order of lanes, then of arrival.

    What is begun is not interrupted, and a film takes as long as a thousand pictures: one thread more begins what is
    live and nothing else, so that live work waits for other live work alone.

    Args:
        threads: How many, beside the one for what is live.
        name: Of the threads.
        admits: Asked before a piece of a lane's work: whether it may be begun now. It must not wait.
    """

    def __init__(self, threads: int, name: str, *, admits: Callable[[Lane], bool] = lambda _: True) -> None:
        self._admits = admits
        self._waiting: list[tuple[int, int, Lane, Future[Any], Callable[[], Any]]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        taken = [frozenset({Lane.LIVE}), *[frozenset(Lane)] * threads]
        self._threads = [
            threading.Thread(target=self._work, args=(lanes,), name=f"{name}_{n}", daemon=True)
            for n, lanes in enumerate(taken)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, lane: Lane, call: Callable[[], Result]) -> Future[Result]:
        """Have something done.

        Raises:
            RuntimeError: The pool is shut down.
        """
        future: Future[Result] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("the pool is shut down")
            heapq.heappush(self._waiting, (_RANK[lane], next(self._numbers), lane, future, call))
            # One alone might be that for what is live, which leaves the rest.
            self._changed.notify_all()
        return future

    def wake(self) -> None:
        """Have what waits for leave ask again."""
        with self._changed:
            self._changed.notify_all()

    def shutdown(self) -> None:
        """Cancel what has not begun, and wait for what has."""
        with self._changed:
            self._closed = True
            cancelled = [future for *_, future, _ in self._waiting]
            self._waiting.clear()
            self._changed.notify_all()
        for future in cancelled:
            future.cancel()
        for thread in self._threads:
            thread.join()

    def _may_begin(self, lanes: Collection[Lane]) -> bool:
        return bool(self._waiting) and self._waiting[0][2] in lanes and self._admits(self._waiting[0][2])

    def _work(self, lanes: Collection[Lane]) -> None:
        while True:
            with self._changed:
                while not self._closed and not self._may_begin(lanes):
                    # What is not admitted now may be a moment later, without anybody saying so.
                    self._changed.wait(LOOK_S if self._waiting and self._waiting[0][2] in lanes else None)
                if not self._waiting:
                    return
                *_, future, call = heapq.heappop(self._waiting)
            _run(future, call)


def _run(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001  whoever reads the future gets it
        future.set_exception(error)
    else:
        future.set_result(result)
