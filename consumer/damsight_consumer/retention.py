"""Tells of events that the broker deleted before they were read: the client steps over them without a word."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping

from damsight_consumer.records import Partition
from damsight_consumer.telemetry import Telemetry

# What was left out may only be the mark of a transaction, or compaction: the broker is not asked for each.
SOON_S = 5.0


class RetentionWatch:
    """Compares what was to be read next with what the broker still holds.

    Args:
        telemetry: Is told of what was lost.
        clock: Seconds.
    """

    def __init__(self, telemetry: Telemetry, clock: Callable[[], float] = time.monotonic) -> None:
        self._telemetry = telemetry
        self._clock = clock
        self._looked = -SOON_S
        self._jumps: dict[Partition, list[tuple[int, int]]] = defaultdict(list)
        self._told: dict[Partition, int] = {}

    def jumped(self, partition: Partition, expected: int, came: int) -> None:
        """Note that the client went on at `came` where it was to go on at `expected`."""
        self._jumps[partition].append((expected, came))

    def due(self) -> list[Partition]:
        """Return those of which the broker is to be asked now where their logs begin, and take it for done."""
        now = self._clock()
        if not self._jumps or now - self._looked < SOON_S:
            return []
        self._looked = now
        return list(self._jumps)

    def check(self, beginnings: Mapping[Partition, int]) -> None:
        """Tell what was lost of what was left out.

        Args:
            beginnings: The first offset that the broker still holds.
        """
        for partition, beginning in beginnings.items():
            for expected, came in self._jumps.pop(partition, []):
                self.compare(partition, expected, min(beginning, came))

    def compare(self, partition: Partition, expected: int, beginning: int) -> None:
        """Tell what lies between what was to be read next and the first that is left, if anything does."""
        first = max(expected, self._told.get(partition, 0))
        if first < beginning:
            self._told[partition] = beginning
            self._telemetry.lost_to_retention(partition, first, beginning)
