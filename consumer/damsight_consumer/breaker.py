"""A circuit breaker: while a service is in trouble one try at a time finds out when it is over, and the rest wait.

Pure: the clock, the chance and the waiting are given.
"""

import random
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

Result = TypeVar("Result")

# In seconds: how soon those who wait see that the try of another worked.
LOOK_S = 0.1


class Turn:
    """The leave to try once. As a context it is given back when it ends with nothing told, so that nobody waits for it.

    Args:
        breaker: Is told how it went.
        is_probe: It is the one try while the others wait.
    """

    __slots__ = ("_breaker", "_told", "is_probe")

    def __init__(self, breaker: "Breaker", *, is_probe: bool) -> None:
        self._breaker = breaker
        self._told = False
        self.is_probe = is_probe

    def worked(self) -> None:
        """Tell that the service answered: everybody may try."""
        self._told = True
        self._breaker.close()

    def failed(self) -> float:
        """Tell that the service is in trouble.

        Returns:
            Until the next try, in seconds.
        """
        self._told = True
        return self._breaker.open(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._told:
            self._breaker.withdraw(self)


class Breaker:
    """Closed, everybody may try. A try that fails opens it for a while; then one probes, and the others wait for it.

    The waits double with each probe that fails, up to a cap, jittered down by up to a half. Any thread may call.

    Source: M. Nygard, "Release It!", 2nd edition, "Circuit Breaker"; "Exponential Backoff and Jitter", AWS
    Architecture Blog 2015 ("equal jitter").

    Args:
        first_s: The first wait.
        cap_s: The longest one.
        clock: In seconds; never goes back.
        chance: 0 to 1, evenly.
    """

    def __init__(
        self,
        *,
        first_s: float = 0.2,
        cap_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._first_s = first_s
        self._cap_s = cap_s
        self._clock = clock
        self._chance = chance
        self._lock = threading.Lock()
        self._whole_s = 0.0
        self._until = 0.0
        self._probe: Turn | None = None
        self._waiting = 0

    def is_open(self) -> bool:
        """Tell whether taking in more would only make more wait.

        Once the wait is over and nobody is there to probe it tells no, so that what comes next does.
        """
        with self._lock:
            return self._is_open() and (self._probe is not None or self._waiting > 0 or self._clock() < self._until)

    def until_done(
        self,
        attempt: Callable[[], Result],
        trouble: type[Exception] | tuple[type[Exception], ...],
        tell: Callable[[Exception, float], None],
        wait: Callable[[float], None],
    ) -> Result:
        """Try until it works, when it is our turn; trouble of the named kinds is told, any other is raised.

        Args:
            attempt: Asks the service.
            trouble: The service's own.
            tell: Is told of it, with the seconds until the next try.
            wait: As of `wait_turn`.
        """
        while True:
            with self.wait_turn(wait) as turn:
                try:
                    result = attempt()
                except trouble as error:
                    tell(error, turn.failed())
                else:
                    turn.worked()
                    return result

    def wait_turn(self, wait: Callable[[float], None]) -> Turn:
        """Wait until it is our turn to try.

        Args:
            wait: Waits so many seconds, or raises to give up, as `damsight_consumer.patience.Patience.wait` does.
        """
        turn = self.take_turn()
        if turn is not None:
            return turn
        with self._lock:
            self._waiting += 1
        try:
            while (turn := self.take_turn()) is None:
                wait(min(LOOK_S, self.rest_s() or LOOK_S))
        finally:
            with self._lock:
                self._waiting -= 1
        return turn

    def take_turn(self) -> Turn | None:
        """Return a turn where it can be had now."""
        with self._lock:
            if not self._is_open():
                return Turn(self, is_probe=False)
            if self._probe is not None or self._clock() < self._until:
                return None
            self._probe = Turn(self, is_probe=True)
            return self._probe

    def rest_s(self) -> float:
        """Return the seconds until the next probe may begin; 0 where that is now, or one is under way."""
        with self._lock:
            return max(0.0, self._until - self._clock()) if self._is_open() else 0.0

    def close(self) -> None:
        """Let everybody try: a turn worked. What is still under way and fails opens it anew."""
        with self._lock:
            self._whole_s = 0.0
            self._probe = None

    def open(self, turn: Turn) -> float:
        """Let nobody try for a while: a turn failed. Returns the seconds.

        Of tries that were under way when it opened, later failures tell nothing new and change nothing.
        """
        with self._lock:
            if not self._is_open():
                self._rest(self._first_s)
            elif turn is self._probe:
                self._probe = None
                self._rest(self._whole_s * 2)
            return max(0.0, self._until - self._clock())

    def withdraw(self, turn: Turn) -> None:
        """Take a turn back that told nothing; another may have it at once."""
        with self._lock:
            if turn is self._probe:
                self._probe = None

    def _is_open(self) -> bool:
        return self._whole_s > 0

    def _rest(self, whole_s: float) -> None:
        self._whole_s = min(self._cap_s, whole_s)
        self._until = self._clock() + self._whole_s * (0.5 + 0.5 * self._chance())
