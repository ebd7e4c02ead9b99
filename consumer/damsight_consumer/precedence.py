"""What is live goes first: while any of it is under way, other lanes begin nothing, but for a step now and then.

Pure: the clock is given.
"""

import threading
import time
from collections.abc import Callable

from damsight_consumer.records import Lane

# In seconds. A live event takes about 0.1 s; one that takes far longer waits for a storage, not for our processors.
HELD_S = 0.5
# Of one turn of a poll loop, which must come round again soon.
LONGEST_WAY_S = 0.5
# So that a backfill goes on, slowly, however much is live.
LONGEST_REST_S = 1.0
# After so long without a live event a backfill may work in larger batches; the next live one waits for one of them.
LIVELY_S = 10.0


class Precedence:
    """Knows what is live and under way. Any thread may call.

    Args:
        held_s: For how long a live event holds up others, in seconds.
        longest_rest_s: For how long a gate stays closed at most, in seconds.
        clock: In seconds; never goes back.
    """

    def __init__(
        self,
        *,
        held_s: float = HELD_S,
        longest_rest_s: float = LONGEST_REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._held_s = held_s
        self._longest_rest_s = longest_rest_s
        self._clock = clock
        self._since: dict[int, float] = {}
        self._last: float | None = None
        self._lock = threading.Lock()
        self._idle = threading.Condition()
        self._listeners: list[Callable[[], None]] = []

    def listen(self, wake: Callable[[], None]) -> None:
        """Have something called when nothing live is left."""
        self._listeners.append(wake)

    def began(self, work: object) -> None:
        """Tell that a live event is under way."""
        with self._lock:
            self._last = self._since[id(work)] = self._clock()

    def ended(self, work: object) -> None:
        """Tell that it is done or given up; one that never began may end."""
        with self._lock:
            was_there = self._since.pop(id(work), None) is not None
            is_last = was_there and not self._since
        if is_last:
            with self._idle:
                self._idle.notify_all()
            for wake in self._listeners:
                wake()

    def is_held(self) -> bool:
        """Tell whether something live began a moment ago and is not done."""
        with self._lock:
            newest = next(reversed(self._since.values()), None)
            return newest is not None and self._clock() - newest < self._held_s

    def is_lively(self) -> bool:
        """Tell whether something live began in the last ten seconds."""
        with self._lock:
            return self._last is not None and self._clock() - self._last < LIVELY_S

    def give_way(self, lane: Lane, at_most_s: float) -> None:
        """Wait while something live is under way, for a thread that serves only this lane; at most so many seconds."""
        if lane is Lane.LIVE:
            return
        until = self._clock() + at_most_s
        with self._idle:
            while self.is_held() and (left := until - self._clock()) > 0:
                self._idle.wait(left)

    def gate(self) -> "Gate":
        """Return a gate for one stage."""
        return Gate(self, self._longest_rest_s, self._clock)


class Gate:
    """One stage's: it must be asked before each step, by one thread at a time."""

    def __init__(self, precedence: Precedence, longest_rest_s: float, clock: Callable[[], float]) -> None:
        self._precedence = precedence
        self._longest_rest_s = longest_rest_s
        self._clock = clock
        self._closed_since: float | None = None

    def admits(self, lane: Lane) -> bool:
        """Tell whether a lane may begin a step now; where it may, it is taken to begin."""
        if lane is Lane.LIVE:
            return True
        if not self._precedence.is_held():
            self._closed_since = None
            return True
        now = self._clock()
        if self._closed_since is None:
            self._closed_since = now
        if now - self._closed_since < self._longest_rest_s:
            return False
        self._closed_since = now
        return True
