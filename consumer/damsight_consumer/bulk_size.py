"""How large a bulk may be: it grows a little with what works, and is halved by what does not. Pure."""

import threading

KIBIBYTE = 1024
# Of the largest bulk: how much a bulk that worked adds.
_STEPS = 16


class BulkSize:
    """The bytes that the next bulk may have. Any thread may call it.

    Only bulks that used at least half of what is allowed teach anything: a small one neither works nor fails because of
    its size. Several that fail at once halve it once, since each halves its own size.

    Source: additive increase, multiplicative decrease (D. Chiu and R. Jain, 1989), as TCP does with its window.

    Args:
        most: The largest, in bytes; where it begins.
        least: The smallest; one document that is larger goes alone.
    """

    def __init__(self, most: int, *, least: int = 64 * KIBIBYTE) -> None:
        self._least = min(least, most)
        self._step = max(1, most // _STEPS)
        self._ceiling = most
        self._allowed = most
        self._lock = threading.Lock()

    def allowed(self) -> int:
        """Return the bytes of the next bulk."""
        with self._lock:
            return self._allowed

    def worked(self, size: int) -> None:
        """Learn from a bulk that was taken."""
        with self._lock:
            if self._is_telling(size):
                self._allowed = min(self._ceiling, self._allowed + self._step)

    def overloaded(self, size: int) -> None:
        """Learn from a bulk that was too much at the moment: it was put off, or not answered in time."""
        with self._lock:
            if self._is_telling(size):
                self._halve(size)

    def too_large(self, size: int) -> None:
        """Learn from a bulk that is more than a request may have: nothing of its size is tried again."""
        with self._lock:
            self._ceiling = max(self._least, min(self._ceiling, size - self._step))
            self._halve(size)

    def _is_telling(self, size: int) -> bool:
        return size * 2 >= self._allowed

    def _halve(self, size: int) -> None:
        self._allowed = max(self._least, min(self._allowed, self._ceiling, size // 2))
