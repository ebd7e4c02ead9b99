"""A Kafka group of one member, in memory: topics keep what was sent, the group keeps what was committed."""

import time
from collections import defaultdict
from dataclasses import dataclass, field

from damsight_consumer.crash_marks import CrashMark
from damsight_consumer.ledger import Commit, Ledger
from damsight_consumer.postponing import due_of
from damsight_consumer.records import Delivery, Header, Lane, Partition, Receipt, Record

MOST_PER_POLL = 10
Sent = tuple[bytes | None, bytes | None, list[Header]]


@dataclass
class FakeLog:
    """What the broker holds: it outlives every member."""

    records: dict[Partition, dict[int, Sent]] = field(default_factory=lambda: defaultdict(dict))
    committed: dict[Partition, int] = field(default_factory=dict)
    marks: dict[Partition, CrashMark] = field(default_factory=dict)

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

    def commit(self, commits: list[Commit]) -> None:
        """Keep what a member commits; that nothing is done yet is not told in `committed`."""
        for commit in commits:
            self.marks[commit.partition] = commit.mark
            if commit.offset or commit.partition in self.committed:
                self.committed[commit.partition] = commit.offset

    def end(self, partition: Partition) -> int:
        return max(self.records[partition], default=-1) + 1


class FakeSource:
    """A member; see `damsight_consumer.ports.EventSource`. One that is not closed is a member that died."""

    def __init__(self, log: FakeLog, *, lane: Lane = Lane.LIVE, events: int = 2000) -> None:
        self._log = log
        self._lane = lane
        self._events = events
        self._ledger = Ledger(events)
        self._held = False
        self.closed = False

    def poll(self) -> list[Delivery]:
        self._take_over()
        partitions = [] if self._held else self._open_now()
        delivered = [record for partition in partitions for record in self._take(partition)]
        if not delivered:
            time.sleep(0.005)
        return delivered

    def _take_over(self) -> None:
        for partition in self._ledger.assign(list(self._log.records)):
            start = self._log.committed.get(partition, 0)
            left = self._log.marks.get(partition, CrashMark())
            mark = left.taken_over(committed=start, end=self._log.end(partition))
            epoch, _ = self._ledger.unopened()[partition]
            first = Commit(partition, epoch, start, mark.at(start, position=start, events=self._events))
            self._log.commit([first])
            self._ledger.opened(first)

    def _open_now(self) -> list[Partition]:
        shut = self._ledger.closed_to(int(time.time() * 1000))
        return [partition for partition in self._ledger.assigned() if partition not in shut]

    def _take(self, partition: Partition) -> list[Delivery]:
        position, now = self._ledger.positions()[partition], int(time.time() * 1000)
        taken: list[tuple[int, Sent]] = []
        waits_ms = 0
        for offset, sent in sorted(self._log.records[partition].items()):
            if offset < position or len(taken) >= MOST_PER_POLL:
                continue
            due_ms = due_of(sent[2], now_ms=now) if self._lane is Lane.RETRY else 0
            if due_ms > now:
                waits_ms = due_ms
                break
            taken.append((offset, sent))
        following = max(position, taken[-1][0] + 1) if taken else position
        delivered = self._ledger.deliver(partition, [offset for offset, _ in taken], following, due_ms=waits_ms)
        return [
            Record(noted.receipt, 0, key, value, tuple(headers), self._lane, noted.suspect)
            for noted, (_, (key, value, headers)) in zip(delivered, taken, strict=True)
        ]

    def hold(self, *, paused: bool) -> None:
        self._held = paused

    def done(self, receipt: Receipt) -> None:
        self._ledger.complete(receipt)

    def commit(self, *, wait: bool = False) -> None:
        commits, faults = self._ledger.commits()
        assert not faults
        self._log.commit(commits)
        self._ledger.acknowledged(commits)

    def has_partitions(self) -> bool:
        return bool(self._ledger.assigned())

    def close(self) -> None:
        self.closed = True
        self._log.commit(self._ledger.withdraw(self._ledger.assigned()))
