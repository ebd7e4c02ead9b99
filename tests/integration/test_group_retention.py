"""What the broker deletes before it was read is told, and reading goes on with what is left."""

import time

import pytest
from kafka import TopicPartition

from damsight_consumer import retention
from damsight_consumer.records import Delivery, Record
from damsight_devstack import Stack
from drivers.group_members import PATIENCE_S, Group, Heard, group_of, partitions_of, poll_until, take

pytestmark = pytest.mark.integration


def delete_before(group: Group, offset: int) -> None:
    group.admin.delete_records({TopicPartition(group.topic, 0): offset})


def test_what_was_deleted_while_nobody_read_is_told_at_the_start(stack: Stack) -> None:
    """Two were done of six, and the broker keeps the last two: two were lost, and they are named."""
    with group_of(stack) as group:
        group.send(*(b"%d" % number for number in range(6)))
        first = group.member()
        for record in take(first, 6)[:2]:
            first.done(record.receipt)
        first.commit(wait=True)
        first.close()
        delete_before(group, 4)
        heard = Heard()
        second = group.member(telemetry=heard)
        records = take(second, 2)
        assert [record.value for record in records if isinstance(record, Record)] == [b"4", b"5"]
        assert heard.losses == [(0, 2, 4)]
        assert heard.registry.get_sample_value(
            "damsight_consumer_events_lost_to_retention_total", {"topic": group.topic}
        ) == 2  # fmt: skip


def test_what_is_deleted_under_a_reader_is_told(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client begins anew at the first that is left, without a word; each event that is gone is counted once."""
    monkeypatch.setattr(retention, "SOON_S", 0.1)
    with group_of(stack) as group:
        heard = Heard()
        source = group.member(telemetry=heard)
        poll_until(lambda: partitions_of(source), source)
        # Half a megabyte each: the client cannot have them all in its buffers already.
        group.send(*(b"%d" % number + bytes(500_000) for number in range(12)))
        taken = take(source, 1)
        source.hold(paused=True)
        source.poll()
        delete_before(group, 10)
        source.hold(paused=False)
        taken += poll_until(lambda: heard.losses, source)
        read = {delivery.receipt.offset for delivery in taken}
        while 11 not in read:
            read |= {delivery.receipt.offset for delivery in take(source, 1)}
        lost = {offset for _, first, beginning in heard.losses for offset in range(first, beginning)}
        assert lost == set(range(12)) - read
        assert len(heard.losses) == 1
        for _ in range(10):
            source.poll()
            source.commit()
        assert len(heard.losses) == 1


def test_a_group_that_is_new_has_lost_nothing(stack: Stack) -> None:
    """It begins where the log begins."""
    with group_of(stack) as group:
        group.send(b"0", b"1", b"2")
        delete_before(group, 2)
        heard = Heard()
        source = group.member(telemetry=heard)
        (record,) = take(source, 1)
        assert isinstance(record, Record)
        assert (record.value, heard.losses) == (b"2", [])


def test_a_topic_that_is_made_anew_is_read_from_its_beginning(stack: Stack) -> None:
    """Its offsets come a second time under a reader; none is taken for what was done before, and commits go on."""
    with group_of(stack) as group:
        group.send(*(b"old %d" % number for number in range(5)))
        source = group.member()
        for record in take(source, 5):
            source.done(record.receipt)
        source.commit(wait=True)
        group.admin.delete_topics([group.topic])
        group.make()
        group.send(b"new 0", b"new 1")
        records: list[Delivery] = []
        deadline = time.monotonic() + PATIENCE_S
        while len(records) < 2 and time.monotonic() < deadline:
            records += source.poll()
            source.commit()
        assert [record.value for record in records if isinstance(record, Record)] == [b"new 0", b"new 1"]
        for record in records:
            source.done(record.receipt)
        source.commit(wait=True)
        assert group.committed() == {0: 2}
