"""The delivered-offset tracker."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from damsight_consumer.errors import OffsetError
from damsight_consumer.offsets import DeliveredOffsets
from damsight_consumer.records import Partition, Receipt

PARTITION = Partition("t", 0)


def delivered(*offsets: int) -> tuple[DeliveredOffsets, list[Receipt]]:
    tracker = DeliveredOffsets()
    tracker.assign(PARTITION)
    receipts = [tracker.deliver(PARTITION, offset) for offset in offsets]
    return tracker, [receipt for receipt in receipts if receipt is not None]


def test_the_first_open_offset_is_committed_whatever_ended_after_it() -> None:
    """Later events that are done do not carry an earlier one that is not."""
    tracker, (first, second, third) = delivered(5, 6, 7)
    tracker.complete(second)
    tracker.complete(third)
    assert tracker.committable(PARTITION, 8) == 5
    tracker.complete(first)
    assert tracker.committable(PARTITION, 8) == 8


def test_gaps_are_crossed_only_by_what_was_delivered_or_by_the_position() -> None:
    """After offset 5 comes 9: between them nothing is ever committed."""
    tracker, (first, second) = delivered(5, 9)
    tracker.complete(first)
    assert tracker.committable(PARTITION, 12) == 9
    tracker.complete(second)
    assert tracker.committable(PARTITION, 12) == 12


def test_nothing_is_committed_twice() -> None:
    """Where nothing moved there is nothing to commit."""
    tracker, (first,) = delivered(5)
    assert tracker.committable(PARTITION, 6) == 5
    tracker.committed(PARTITION, 5, first.epoch)
    assert tracker.committable(PARTITION, 6) is None


def test_a_commit_below_the_last_one_is_refused() -> None:
    """Kafka takes a backward commit silently, so we must not send one."""
    tracker, (first,) = delivered(5)
    tracker.complete(first)
    tracker.committed(PARTITION, 6, first.epoch)
    tracker.deliver(PARTITION, 3)
    with pytest.raises(OffsetError, match="going back"):
        tracker.committable(PARTITION, 6)


def test_a_commit_above_the_position_is_refused() -> None:
    """What the client has not delivered cannot be done."""
    tracker, _ = delivered(9)
    with pytest.raises(OffsetError, match="was delivered"):
        tracker.committable(PARTITION, 4)


def test_receipts_of_an_epoch_that_is_over_count_for_nothing() -> None:
    """Work that outlives its assignment ends without moving the new owner's offsets, even where that is us again."""
    tracker, (old,) = delivered(5)
    tracker.withdraw(PARTITION)
    assert tracker.complete(old) is False
    tracker.assign(PARTITION)
    again = tracker.deliver(PARTITION, 5)
    assert again is not None
    assert tracker.complete(old) is False
    assert tracker.committable(PARTITION, 6) == 5
    assert tracker.complete(again) is True
    assert tracker.committable(PARTITION, 6) == 6


def test_a_record_of_a_partition_that_is_not_ours_is_dropped() -> None:
    """Records may still come out of the client's buffer after a partition was taken away."""
    assert DeliveredOffsets().deliver(PARTITION, 1) is None


def test_a_receipt_cannot_be_completed_twice() -> None:
    """That would be a fault of ours, and it is told at once."""
    tracker, (first,) = delivered(5)
    tracker.complete(first)
    with pytest.raises(OffsetError, match="not open"):
        tracker.complete(first)


class Deliveries(RuleBasedStateMachine):
    """Deliveries with gaps and repeats, completions in any order, commits, crashes and rebalances, against a model.

    The model keeps which offsets exist and which were ever done; whatever happens, an offset below the committed one
    is done.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tracker = DeliveredOffsets()
        self.existing: set[int] = set()
        self.done: set[int] = set()
        self.open: list[Receipt] = []
        self.stale: list[Receipt] = []
        self.next = 0
        self.position = 0
        self.broker = 0
        self.tracker.assign(PARTITION)

    @rule(gap=st.integers(0, 3), count=st.integers(1, 5))
    def deliver(self, gap: int, count: int) -> None:
        """The producer writes, and the client delivers all that lies between the position and the end."""
        self.next += gap
        self.existing |= set(range(self.next, self.next + count))
        self.next += count
        for offset in sorted(offset for offset in self.existing if offset >= self.position):
            receipt = self.tracker.deliver(PARTITION, offset)
            assert receipt is not None
            self.open.append(receipt)
        self.position = self.next

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        """Any open one ends."""
        receipt = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        assert self.tracker.complete(receipt)
        self.done.add(receipt.offset)

    @precondition(lambda self: self.stale)
    @rule(data=st.data())
    def complete_stale(self, data: st.DataObject) -> None:
        """One of an earlier assignment ends; it is stored all the same."""
        receipt = self.stale.pop(data.draw(st.integers(0, len(self.stale) - 1)))
        assert not self.tracker.complete(receipt)
        self.done.add(receipt.offset)

    @rule(acknowledged=st.booleans())
    def commit(self, *, acknowledged: bool) -> None:
        """A commit is sent; its answer may be lost."""
        offset = self.tracker.committable(PARTITION, self.position)
        if offset is None:
            return
        assert offset >= self.broker
        self.broker = offset
        if acknowledged:
            self.tracker.committed(PARTITION, offset, self.tracker.epoch(PARTITION) or 0)

    @rule()
    def rebalance(self) -> None:
        """The partition goes and comes back, beginning at what is committed."""
        self.tracker.withdraw(PARTITION)
        self.stale += self.open
        self.open = []
        self.tracker.assign(PARTITION, self.broker)
        self.position = self.broker
        for offset in sorted(offset for offset in self.existing if offset >= self.position):
            receipt = self.tracker.deliver(PARTITION, offset)
            assert receipt is not None
            self.open.append(receipt)
        self.position = self.next

    @invariant()
    def nothing_below_the_commit_is_open(self) -> None:
        """That is: nothing is lost."""
        assert {offset for offset in self.existing if offset < self.broker} <= self.done

    @invariant()
    def the_count_is_right(self) -> None:
        """Backpressure counts what is open."""
        assert self.tracker.open_count() == len(self.open)


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
