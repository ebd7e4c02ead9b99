"""How many of a backfill go through the encoders together, by what they take: a live event waits until they are done.

Pure. A number that fits a processor of two cores would leave a GPU idle, and the other way round live events would wait
for seconds; so the time is set, and the number follows from what is measured.
"""

# Of what the last batch took, against those before it: where it was slower, pictures may follow words, and the next
# step must not take their time a dozen times; where it was faster, the next is no hurry.
SLOWER, FASTER = 0.5, 0.1


class StepSize:
    """Learns how long one piece takes.

    Args:
        step_s: How long one step may take, in seconds.
        most: Pieces in a step, however fast they are.
    """

    def __init__(self, step_s: float, most: int) -> None:
        self._step_s = step_s
        self._most = most
        self._piece_s: float | None = None

    def pieces(self) -> int:
        """Return how many may go through together: at least one, and only one while nothing is known."""
        if self._piece_s is None:
            return 1
        return max(1, min(self._most, int(self._step_s / max(self._piece_s, 1e-9))))

    def took(self, pieces: int, seconds: float) -> None:
        """Note what a batch of any lane took."""
        # Fewer than one there cannot be: a batch that waited for a service must not be remembered for an hour.
        each = min(seconds / pieces, self._step_s)
        if self._piece_s is None:
            self._piece_s = each
        else:
            self._piece_s += (SLOWER if each > self._piece_s else FASTER) * (each - self._piece_s)
