"""Keeps what was worked out recently, for some minutes and not too much of it."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any


class Recently:
    """A small memory. Safe to use from many threads.

    Args:
        seconds: After which a thing is worked out again.
        most: Things; beyond them the longest kept are dropped.
        clock: Seconds, never going back.
    """

    def __init__(self, seconds: float, *, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._keeping = Lock()

    def get(self, key: Hashable, work_out: Callable[[], Any]) -> Any:
        """Return what is kept; or work it out, which two at once may both do."""
        with self._keeping:
            at, kept = self._kept.get(key, (float("-inf"), None))
        if self._clock() - at < self._seconds:
            return kept
        worked_out = work_out()
        with self._keeping:
            self._kept.pop(key, None)
            self._kept[key] = (self._clock(), worked_out)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return worked_out

    def drop(self, chosen: Callable[[Any], bool]) -> None:
        """Forget what has a chosen key."""
        with self._keeping:
            for key in [key for key in self._kept if chosen(key)]:
                del self._kept[key]
