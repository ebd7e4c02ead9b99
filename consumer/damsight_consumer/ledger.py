"""What is ours now, partition by partition: what was delivered, and what a commit may say of it. Pure.

The poll thread and the client's own thread share it: each call is one step under a lock, and none of them ever waits
for the client.
"""

import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from damsight_consumer.crash_marks import CrashMark
from damsight_consumer.errors import OffsetError
from damsight_consumer.offsets import DeliveredOffsets
from damsight_consumer.records import Partition, Receipt


class Commit(NamedTuple):
    """What is committed of one partition, in one epoch."""

    partition: Partition
    epoch: int
    offset: int
    mark: CrashMark


class Delivered(NamedTuple):
    """A record that was noted as delivered."""

    receipt: Receipt
    suspect: bool


@dataclass(slots=True)
class _Entry:
    """One partition that is ours.

    Attributes:
        position: The next offset that will be delivered.
        committed: What the broker acknowledged last; none until the partition was opened.
        due_ms: Before which nothing more of it is delivered.
        anew: The log is another one, so what was committed says nothing any more.
    """

    position: int = 0
    committed: Commit | None = None
    due_ms: int = 0
    anew: bool = False


class Ledger:
    """Keeps the partitions that are ours, from their assignment until they are withdrawn.

    Args:
        events: Most events that are delivered and not done.
    """

    def __init__(self, events: int) -> None:
        self._events = events
        self._lock = threading.Lock()
        self._offsets = DeliveredOffsets()
        self._entries: dict[Partition, _Entry] = {}

    def assign(self, partitions: Iterable[Partition]) -> list[Partition]:
        """Begin the epoch of those that are not ours yet, and return them; nothing is delivered until `opened`."""
        with self._lock:
            new = [partition for partition in partitions if partition not in self._entries]
            for partition in new:
                self._begin(partition, _Entry())
            return new

    def opened(self, commit: Commit) -> None:
        """Note that the broker acknowledged the first commit of an epoch: from its offset on records are delivered."""
        with self._lock:
            if self._offsets.epoch(commit.partition) != commit.epoch:
                return
            self._entries[commit.partition] = _Entry(commit.offset, commit)
            self._offsets.committed(commit.partition, commit.offset, commit.epoch)

    def begin_anew(self, partition: Partition) -> None:
        """End the partition's epoch and begin the next: its log was cut off or made anew, and offsets come again."""
        with self._lock:
            if partition in self._entries:
                self._begin(partition, _Entry(anew=True))

    def withdraw(self, partitions: Collection[Partition]) -> list[Commit]:
        """End the epoch of what is taken from us, and return what its last commit should say."""
        with self._lock:
            last, _ = self._commits(partitions, everything=True)
            for partition in partitions:
                self._offsets.withdraw(partition)
                self._entries.pop(partition, None)
        return [commit._replace(mark=commit.mark.closed()) for commit in last]

    def assigned(self) -> list[Partition]:
        """Return what is ours."""
        with self._lock:
            return list(self._entries)

    def unopened(self) -> dict[Partition, tuple[int, bool]]:
        """Return the epoch of those of which nothing may be delivered yet, and whether their log is another one."""
        with self._lock:
            return {
                partition: (self._offsets.epoch(partition) or 0, entry.anew)
                for partition, entry in self._entries.items()
                if entry.committed is None
            }

    def closed_to(self, now_ms: int) -> set[Partition]:
        """Return those of which nothing may be delivered now: not opened, or not due.

        Args:
            now_ms: Milliseconds since 1970 UTC.
        """
        with self._lock:
            return {
                partition
                for partition, entry in self._entries.items()
                if entry.committed is None or entry.due_ms > now_ms
            }

    def positions(self) -> dict[Partition, int]:
        """Return the next offset to be delivered of each opened partition."""
        with self._lock:
            return {name: entry.position for name, entry in self._entries.items() if entry.committed is not None}

    def moved(self, partition: Partition, position: int) -> None:
        """Note the position that the client tells."""
        with self._lock:
            entry = self._entries.get(partition)
            if entry is not None and entry.committed is not None:
                entry.position = position

    def deliver(
        self, partition: Partition, offsets: Sequence[int], position: int, *, due_ms: int = 0
    ) -> list[Delivered]:
        """Note records as delivered; none where the partition is not ours, or not opened yet.

        The records and the position behind them are noted in one step: between two, a partition that is taken from us
        would be committed behind records that nobody has.

        Args:
            partition: Which one.
            offsets: Of the records, ascending.
            position: The next one after them that will be delivered.
            due_ms: Before which that one is not delivered, in milliseconds since 1970 UTC.
        """
        with self._lock:
            entry = self._entries.get(partition)
            if entry is None or entry.committed is None:
                return []
            entry.position, entry.due_ms = position, due_ms
            mark = entry.committed.mark
            receipts = [self._offsets.deliver(partition, offset) for offset in offsets]
            return [Delivered(receipt, mark.suspects(receipt.offset)) for receipt in receipts if receipt is not None]

    def complete(self, receipt: Receipt) -> None:
        """Note that a delivery is done.

        Raises:
            OffsetError: It was not delivered, or is done already.
        """
        with self._lock:
            self._offsets.complete(receipt)

    def commits(self, *, everything: bool = False) -> tuple[list[Commit], list[OffsetError]]:
        """Return what to commit now, and what is wrong with those that may not be.

        Args:
            everything: Those too of which nothing moved since the last commit.
        """
        with self._lock:
            return self._commits(list(self._entries), everything=everything)

    def farewell(self) -> list[Commit]:
        """Return the last commits of all that is ours, where its owner goes in peace."""
        with self._lock:
            commits, _ = self._commits(list(self._entries), everything=True)
        return [commit._replace(mark=commit.mark.closed()) for commit in commits]

    def acknowledged(self, commits: Iterable[Commit]) -> None:
        """Note that the broker took commits; those of an epoch that is over count for nothing."""
        with self._lock:
            for commit in commits:
                entry = self._entries.get(commit.partition)
                if entry is None or entry.committed is None or entry.committed.epoch != commit.epoch:
                    continue
                # The client tells of commits in any order.
                if commit.offset >= entry.committed.offset:
                    entry.committed = commit
                self._offsets.committed(commit.partition, commit.offset, commit.epoch)

    def _begin(self, partition: Partition, entry: _Entry) -> None:
        self._offsets.assign(partition)
        self._entries[partition] = entry

    def _commits(
        self, partitions: Collection[Partition], *, everything: bool
    ) -> tuple[list[Commit], list[OffsetError]]:
        commits, faults = [], []
        for partition in partitions:
            entry = self._entries.get(partition)
            if entry is None or entry.committed is None:
                continue
            last = entry.committed
            try:
                moved = self._offsets.committable(partition, entry.position)
            except OffsetError as error:
                faults.append(error)
                continue
            offset = last.offset if moved is None else moved
            mark = last.mark.at(offset, position=entry.position, events=self._events)
            if everything or (offset, mark) != (last.offset, last.mark):
                commits.append(last._replace(offset=offset, mark=mark))
        return commits, faults
