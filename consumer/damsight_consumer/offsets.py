"""Which offset may be committed: the first delivered one that is not done yet. Pure.

Offsets have gaps (transaction markers, compaction), so nothing here ever computes an offset: what may be committed is
always an offset that was delivered, or the position that the client itself tells once all that was delivered is done.
"""

import heapq
from dataclasses import dataclass, field

from damsight_consumer.errors import OffsetError
from damsight_consumer.records import Partition, Receipt


@dataclass(slots=True)
class _Delivered:
    """One partition during one assignment."""

    epoch: int
    committed: int | None
    order: list[int] = field(default_factory=list)
    open: dict[int, int] = field(default_factory=dict)

    def first_open(self) -> int | None:
        while self.order and self.order[0] not in self.open:
            heapq.heappop(self.order)
        return self.order[0] if self.order else None


class DeliveredOffsets:
    """Keeps, per assigned partition, what was delivered and is not done yet.

    An assignment begins an epoch; receipts of an epoch that is over are ignored, so that work which outlives its
    assignment can end without moving anybody's offsets. Not thread-safe: its owner holds a lock.
    """

    def __init__(self) -> None:
        self._partitions: dict[Partition, _Delivered] = {}
        self._last_epoch = 0

    def assign(self, partition: Partition, committed: int | None = None) -> int:
        """Begin a partition's next epoch and return it; a partition that is retained must not be assigned again.

        Args:
            partition: What was assigned.
            committed: What is committed for it, where that is known.
        """
        self._last_epoch += 1
        self._partitions[partition] = _Delivered(self._last_epoch, committed)
        return self._last_epoch

    def withdraw(self, partition: Partition) -> None:
        """End the partition's epoch; what is still open is somebody else's now."""
        self._partitions.pop(partition, None)

    def assigned(self) -> list[Partition]:
        """Return the partitions whose epoch runs."""
        return list(self._partitions)

    def deliver(self, partition: Partition, offset: int) -> Receipt | None:
        """Note a delivered record; none where the partition is no longer ours and the record must be dropped."""
        delivered = self._partitions.get(partition)
        if delivered is None:
            return None
        if offset not in delivered.open:
            heapq.heappush(delivered.order, offset)
        delivered.open[offset] = delivered.open.get(offset, 0) + 1
        return Receipt(partition, offset, delivered.epoch)

    def complete(self, receipt: Receipt) -> bool:
        """Note that a record is done; false where its epoch is over.

        Raises:
            OffsetError: The offset was not delivered, or was completed before.
        """
        delivered = self._partitions.get(receipt.partition)
        if delivered is None or delivered.epoch != receipt.epoch:
            return False
        times = delivered.open.get(receipt.offset, 0)
        if times == 0:
            raise OffsetError(f"offset {receipt.offset} of {receipt.partition} is completed, but it is not open")
        if times == 1:
            del delivered.open[receipt.offset]
        else:
            delivered.open[receipt.offset] = times - 1
        return True

    def open_count(self) -> int:
        """Return how many delivered records are not done yet."""
        return sum(sum(delivered.open.values()) for delivered in self._partitions.values())

    def committable(self, partition: Partition, position: int | None) -> int | None:
        """Return the offset to commit now; none where nothing moved since the last commit.

        Args:
            partition: Which one.
            position: The client's, that is the next offset it will deliver; none where it has none yet.

        Raises:
            OffsetError: It would go backwards or past the position; nothing may be committed then.
        """
        delivered = self._partitions.get(partition)
        if delivered is None or position is None:
            return None
        first = delivered.first_open()
        offset = position if first is None else first
        if offset == delivered.committed:
            return None
        if delivered.committed is not None and offset < delivered.committed:
            raise OffsetError(
                f"commit of {partition} at {offset} refused: {delivered.committed} is committed already, and going "
                f"back would read again what is done"
            )
        if offset > position:
            raise OffsetError(
                f"commit of {partition} at {offset} refused: only what lies before {position} was delivered"
            )
        return offset

    def committed(self, partition: Partition, offset: int, epoch: int) -> None:
        """Note that the broker acknowledged a commit that was sent in this epoch."""
        delivered = self._partitions.get(partition)
        if delivered is not None and delivered.epoch == epoch:
            delivered.committed = max(offset, delivered.committed or 0)

    def epoch(self, partition: Partition) -> int | None:
        """Return the partition's running epoch, where it has one."""
        delivered = self._partitions.get(partition)
        return delivered.epoch if delivered else None
