"""Ends a process whose poll loop stands still, so that another member takes its partitions over."""

import threading
from collections.abc import Callable


class Watchdog:
    """Watches a loop from a thread of its own.

    Args:
        idle_s: Tells how long ago the loop last turned; none while it has not begun.
        limit_s: How long it may stand still.
        on_stall: Called once, with the seconds, when it stood still for longer.
    """

    def __init__(self, idle_s: Callable[[], float | None], limit_s: float, on_stall: Callable[[float], None]) -> None:
        self._idle_s = idle_s
        self._limit_s = limit_s
        self._on_stall = on_stall
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
            if idle is not None and idle > self._limit_s:
                self._on_stall(idle)
                return
