"""A Kafka group of one member, in memory: topics keep what was sent, the group keeps what was committed."""

import time
from collections import defaultdict
from dataclasses import dataclass, field

from damsight_consumer.offsets import DeliveredOffsets
from damsight_consumer.records import Delivery, Header, Partition, Receipt, Record

MOST_PER_POLL = 10
Sent = tuple[bytes | None, bytes | None, list[Header]]


@dataclass
class FakeLog:
    """What the broker holds: it outlives every member."""

    records: dict[Partition, dict[int, Sent]] = field(default_factory=lambda: defaultdict(dict))
    committed: dict[Partition, int] = field(default_factory=dict)

    def send(
        self,
        partition: Partition,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: list[Header] | None = None,
        skip: int = 0,
    ) -> int:
        """Append a record, leaving a gap of `skip` offsets before it, as transactions and compaction do."""
        offset = self.end(partition) + skip
        self.records[partition][offset] = (key, value, headers or [])
        return offset

    def end(self, partition: Partition) -> int:
        return max(self.records[partition], default=-1) + 1


class FakeSource:
    """A member; see `damsight_consumer.ports.EventSource`."""

    def __init__(self, log: FakeLog) -> None:
        self._log = log
        self._offsets = DeliveredOffsets()
        self._positions: dict[Partition, int] = {}
        self._held = False
        self.closed = False

    def poll(self) -> list[Delivery]:
        for partition in list(self._log.records):
            if partition not in self._positions:
                self._positions[partition] = self._log.committed.get(partition, 0)
                self._offsets.assign(partition)
        delivered = [] if self._held else [record for partition in self._positions for record in self._take(partition)]
        if not delivered:
            time.sleep(0.005)
        return delivered

    def _take(self, partition: Partition) -> list[Delivery]:
        taken: list[Delivery] = []
        for offset, (key, value, headers) in sorted(self._log.records[partition].items()):
            if offset < self._positions[partition] or len(taken) >= MOST_PER_POLL:
                continue
            receipt = self._offsets.deliver(partition, offset)
            assert receipt is not None
            taken.append(Record(receipt, 0, key, value, tuple(headers)))
            self._positions[partition] = offset + 1
        return taken

    def hold(self, *, paused: bool) -> None:
        self._held = paused

    def done(self, receipt: Receipt) -> None:
        self._offsets.complete(receipt)

    def commit(self, *, wait: bool = False) -> None:
        for partition in self._offsets.assigned():
            offset = self._offsets.committable(partition, self._positions[partition])
            if offset is not None:
                self._log.committed[partition] = offset
                self._offsets.committed(partition, offset, self._offsets.epoch(partition) or 0)

    def has_partitions(self) -> bool:
        return bool(self._offsets.assigned())

    def is_alive(self) -> bool:
        return not self.closed

    def close(self) -> None:
        self.closed = True
