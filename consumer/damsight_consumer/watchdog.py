"""Ends a process whose poll loop stands still, or whose Kafka client is dead, so that another member takes over."""

import threading
from collections.abc import Callable


class Watchdog:
    """Watches a loop from a thread of its own.

    Args:
        idle_s: Tells how long ago the loop last turned; none while it has not begun.
        limit_s: How long it may stand still.
        on_stall: Called once, with the seconds, when it stood still for longer.
        is_alive: Tells whether what the loop waits for can still answer; where it cannot, the limit is not awaited.
    """

    def __init__(
        self,
        idle_s: Callable[[], float | None],
        limit_s: float,
        on_stall: Callable[[float], None],
        *,
        is_alive: Callable[[], bool] = lambda: True,
    ) -> None:
        self._idle_s = idle_s
        self._limit_s = limit_s
        self._on_stall = on_stall
        self._is_alive = is_alive
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def close(self) -> None:
        """Watch no longer."""
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._closed.wait(self._limit_s / 10):
            idle = self._idle_s()
            if idle is not None and (idle > self._limit_s or not self._is_alive()):
                self._on_stall(idle)
                return
