"""Members that come, go and stand still, and a topic that grows: nothing is left out."""

import threading
import time
from itertools import count

import pytest

from damsight_consumer.records import Delivery, Record
from damsight_consumer.source import KafkaSource
from damsight_devstack import Stack
from drivers.group_members import Group, Heard, group_of, partitions_of, poll_until, poll_until_shared, take

pytestmark = pytest.mark.integration


def values(deliveries: list[Delivery]) -> set[bytes | None]:
    return {delivery.value for delivery in deliveries if isinstance(delivery, Record)}


class Reader:
    """A member in a thread: it ends whatever it takes, and commits, until told to stop."""

    def __init__(self, source: KafkaSource) -> None:
        self.source = source
        self.taken: list[Delivery] = []
        self.error: Exception | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                came = self.source.poll()
                self.taken += came
                for delivery in came:
                    self.source.done(delivery.receipt)
                self.source.commit()
            self.source.commit(wait=True)
        except Exception as error:  # noqa: BLE001  looked at in the test's own thread
            self.error = error
        self.source.close()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error


class Feed:
    """Writes numbered records, round and round over the partitions."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._numbers = count()
        self.sent: set[bytes | None] = set()

    def send(self, partitions: int, records: int) -> None:
        for number in range(records):
            value = b"%d" % next(self._numbers)
            self._group.send(value, partition=number % partitions)
            self.sent.add(value)


def wait(until: object, *, within_s: float = 180.0) -> None:
    deadline = time.monotonic() + within_s
    while not until():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def test_nothing_is_missed_while_members_come_and_go_and_the_topic_grows(stack: Stack) -> None:
    """One, two, one member and again two; six partitions and then twelve: each record comes, and all is committed."""
    with group_of(stack, partitions=6) as group:
        feed = Feed(group)
        feed.send(6, 30)
        first = Reader(group.member())
        wait(lambda: len(first.taken) >= 30)
        second = Reader(group.member())
        feed.send(6, 30)
        wait(lambda: len(partitions_of(first.source)) == len(partitions_of(second.source)) == 3)
        feed.send(6, 30)
        group.grow(12)
        # Before anybody knows of the new ones.
        feed.send(12, 60)
        wait(lambda: len(partitions_of(first.source)) + len(partitions_of(second.source)) == 12)
        first.stop()
        feed.send(12, 30)
        third = Reader(group.member())
        wait(lambda: len(partitions_of(second.source)) == len(partitions_of(third.source)) == 6)
        readers = [first, second, third]
        wait(lambda: set().union(*(values(reader.taken) for reader in readers)) == feed.sent)
        second.stop()
        third.stop()
        assert sum(group.committed().values()) == len(feed.sent)


def test_what_is_retained_goes_on_and_what_is_taken_away_counts_no_more(stack: Stack) -> None:
    """Records of both partitions are open when a second member comes: one partition's still count, the other's not."""
    with group_of(stack, partitions=2) as group:
        group.send(b"a", partition=0)
        group.send(b"b", partition=1)
        first = group.member()
        open_ones = take(first, 2)
        second = group.member()
        came = poll_until_shared(first, second)
        moved = [record for record in came if isinstance(record, Record)] or take(second, 1)
        (moved_partition,) = partitions_of(second)
        assert [record.receipt.partition.number for record in moved if isinstance(record, Record)] == [moved_partition]
        for record in open_ones:
            first.done(record.receipt)
        first.commit(wait=True)
        assert group.committed() == {1 - moved_partition: 1, moved_partition: 0}
        second.done(moved[0].receipt)
        second.commit(wait=True)
        assert group.committed() == {0: 1, 1: 1}


def test_what_was_done_is_committed_when_it_is_taken_away(stack: Stack) -> None:
    """The next owner does not do it again, although nobody called for a commit."""
    with group_of(stack, partitions=2) as group:
        group.send(b"a", partition=0)
        group.send(b"b", partition=1)
        first = group.member()
        for record in take(first, 2):
            first.done(record.receipt)
        first.poll()
        second = group.member()
        came = poll_until_shared(first, second)
        assert came == []
        assert group.committed()[next(iter(partitions_of(second)))] == 1


def test_a_member_that_stood_still_too_long_loses_its_partitions_and_commits_nothing(stack: Stack) -> None:
    """It comes back with everything done, too late: what it did was given to the other, and none of it is left out."""
    with group_of(stack, partitions=2) as group:
        heard = Heard()
        stalls = group.member(telemetry=heard, max_poll_interval_s=3)
        group.send(b"a", partition=0)
        group.send(b"b", partition=1)
        late = take(stalls, 2)
        other = group.member(max_poll_interval_s=3)
        came = take(other, 2)
        assert values(came) == {b"a", b"b"}
        for record in late:
            stalls.done(record.receipt)
        stalls.commit()
        assert group.committed() == {0: 0, 1: 0}
        poll_until(lambda: "partitions lost" in heard.notes, stalls, other)
        for record in late:
            stalls.done(record.receipt)
        for record in came:
            other.done(record.receipt)
        other.commit(wait=True)
        poll_until_shared(stalls, other)
        assert group.committed() == {0: 1, 1: 1}
