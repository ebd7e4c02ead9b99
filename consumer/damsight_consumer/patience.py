"""Trying again: for ever where a service we depend on is in trouble, a few times where an asset is."""

import random
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from damsight_consumer.errors import AbandonedError

Result = TypeVar("Result")


def delays(first_s: float, cap_s: float) -> Iterator[float]:
    """Yield waits in seconds that double up to a cap, each jittered down by up to a half.

    Source: "Exponential Backoff and Jitter", AWS Architecture Blog 2015 ("equal jitter").
    """
    whole = first_s
    while True:
        yield whole * random.uniform(0.5, 1.0)  # noqa: S311  spreads retries, guards no secret
        whole = min(cap_s, whole * 2)


class Patience:
    """Waits between tries, until the consumer is told to stop waiting.

    Args:
        abandoned: Set when nobody shall wait any longer.
        first_s: The first wait.
        cap_s: The longest one.
    """

    def __init__(self, abandoned: threading.Event, *, first_s: float = 0.2, cap_s: float = 30.0) -> None:
        self._abandoned = abandoned
        self._first_s = first_s
        self._cap_s = cap_s

    def delays(self) -> Iterator[float]:
        """Return a fresh row of waits."""
        return delays(self._first_s, self._cap_s)

    def wait(self, seconds: float) -> None:
        """Wait.

        Raises:
            AbandonedError: The consumer is stopping.
        """
        if self._abandoned.wait(seconds):
            raise AbandonedError

    def until_done(
        self,
        attempt: Callable[[], Result],
        trouble: type[Exception] | tuple[type[Exception], ...],
        tell: Callable[[Exception, float], None],
    ) -> Result:
        """Try until it works; trouble of the named kinds is told and waited out, any other is raised.

        Raises:
            AbandonedError: The consumer is stopping.
        """
        for delay in self.delays():
            try:
                return attempt()
            except trouble as error:
                tell(error, delay)
                self.wait(delay)
        raise AbandonedError
