"""Views of the index, shared by those who begin to page within the same second: each costs Elasticsearch memory."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

SHARED_S = 1.0
"""No longer than the index takes to show what was written, so that nobody sees less by it than by asking anew."""


class Views:
    """Takes views, at most one a second, whoever asks and however often.

    Args:
        freeze: Takes one.
        clock: Seconds.
    """

    def __init__(self, freeze: Callable[[], str], *, clock: Callable[[], float] = monotonic) -> None:
        self._freeze = freeze
        self._clock = clock
        self._latest = ""
        self._taken = 0.0
        self._taking = Lock()

    def take(self, *, instead_of: str = "") -> str:
        """Return a view that was taken within the last second.

        Args:
            instead_of: One that is known to be gone.

        Raises:
            SearchUnavailableError: Nothing answers.
            IndexRefusedError: The server keeps none.
        """
        with self._taking:
            if self._latest in ("", instead_of) or self._clock() - self._taken > SHARED_S:
                self._latest, self._taken = self._freeze(), self._clock()
            return self._latest
