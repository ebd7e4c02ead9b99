"""Tells of events that the broker deleted before they were read: the client steps over them without a word."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping

from damsight_consumer.records import Partition
from damsight_consumer.telemetry import Telemetry

USUAL_S = 60.0
# After records were left out, which may only be the mark of a transaction, or compaction.
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
        self._looked = clock()
        self._jumps: dict[Partition, list[tuple[int, int]]] = defaultdict(list)
        self._told: dict[Partition, int] = {}

    def jumped(self, partition: Partition, expected: int, came: int) -> None:
        """Note that the record at `came` was delivered where the one at `expected` was to be."""
        self._jumps[partition].append((expected, came))

    def is_due(self) -> bool:
        """Tell whether it is time to ask the broker, and take it for done."""
        now = self._clock()
        if now - self._looked < (SOON_S if self._jumps else USUAL_S):
            return False
        self._looked = now
        return True

    def check(self, positions: Mapping[Partition, int], beginnings: Mapping[Partition, int]) -> None:
        """Tell what was lost since the last time.

        Args:
            positions: The next offset to be read of each partition.
            beginnings: The first offset that the broker still holds.
        """
        jumps, self._jumps = self._jumps, defaultdict(list)
        for partition, beginning in beginnings.items():
            for expected, came in jumps.get(partition, []):
                self.compare(partition, expected, min(beginning, came))
            if partition in positions:
                self.compare(partition, positions[partition], beginning)

    def compare(self, partition: Partition, expected: int, beginning: int) -> None:
        """Tell what lies between what was to be read next and the first that is left, if anything does."""
        first = max(expected, self._told.get(partition, 0))
        if first < beginning:
            self._told[partition] = beginning
            self._telemetry.lost_to_retention(partition, first, beginning)
