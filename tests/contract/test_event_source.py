"""What every source of events does: the fake and Kafka alike."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from damsight_consumer.group import join, look
from damsight_consumer.poison import Prober
from damsight_consumer.ports import EventSource
from damsight_consumer.records import Partition, Record
from damsight_consumer.source import KafkaSource
from damsight_consumer.telemetry import Telemetry
from drivers.consumer_bench import ConsumerBench
from fakes.event_source import FakeLog, FakeSource


@dataclass
class Subject:
    """A topic with one partition: how to write to it, join its group, and ask what the group committed."""

    send: Callable[[bytes], None]
    join: Callable[[], EventSource]
    committed: Callable[[], int]


@pytest.fixture(params=["fake", pytest.param("kafka", marks=pytest.mark.integration)])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "fake":
        log, partition = FakeLog(), Partition("t", 0)

        def append(value: bytes) -> None:
            log.send(partition, value)

        yield Subject(append, lambda: FakeSource(log), lambda: log.committed.get(partition, 0))
        return
    bench = ConsumerBench(request.getfixturevalue("stack"), tmp_path)

    def member() -> EventSource:
        settings = bench.settings
        consumer = join(settings.kafka, group_id=settings.consumer.group_id, instance_id=None)
        prober = Prober(lambda: look(settings.kafka))
        return KafkaSource(consumer, [bench.topic], prober=prober, telemetry=Telemetry())

    # One key, so one partition.
    yield Subject(lambda value: bench.send_raw(value, key=b"k"), member, bench.committed)
    bench.close()


def take(source: EventSource, count: int, *, within_s: float = 120.0) -> list[Record]:
    taken: list[Record] = []
    deadline = time.monotonic() + within_s
    while len(taken) < count and time.monotonic() < deadline:
        taken += [delivery for delivery in source.poll() if isinstance(delivery, Record)]
    return taken


def values(records: list[Record]) -> list[bytes | None]:
    return [record.value for record in records]


def send(subject: Subject, *numbers: int) -> None:
    for number in numbers:
        subject.send(b"%d" % number)


def test_what_was_sent_before_anybody_joined_is_delivered_in_order(subject: Subject) -> None:
    """The earliest first; each once."""
    send(subject, *range(5))
    source = subject.join()
    assert values(take(source, 5)) == [b"0", b"1", b"2", b"3", b"4"]
    assert source.has_partitions()
    assert source.poll() == []
    source.close()


def test_only_the_done_beginning_is_committed(subject: Subject) -> None:
    """Of five, the third is not done: two are committed. Then it is, and all five are."""
    send(subject, *range(5))
    source = subject.join()
    records = take(source, 5)
    source.commit(wait=True)
    assert subject.committed() == 0
    for number in (0, 1, 3, 4):
        source.done(records[number].receipt)
    source.commit(wait=True)
    assert subject.committed() == 2
    source.done(records[2].receipt)
    source.commit(wait=True)
    assert subject.committed() == 5
    source.close()


def test_the_next_member_begins_at_the_first_that_is_not_done(subject: Subject) -> None:
    """What was done after it is delivered again; nothing is left out."""
    send(subject, *range(5))
    first = subject.join()
    records = take(first, 5)
    for number in (0, 1, 3):
        first.done(records[number].receipt)
    first.commit(wait=True)
    first.close()
    send(subject, 5)
    second = subject.join()
    assert values(take(second, 4)) == [b"2", b"3", b"4", b"5"]
    second.close()


def test_closing_commits_nothing_that_is_not_done(subject: Subject) -> None:
    """A member that leaves without having done anything leaves everything."""
    send(subject, 0, 1)
    first = subject.join()
    take(first, 2)
    first.close()
    assert subject.committed() == 0


def test_a_held_source_delivers_nothing_until_it_is_let_go(subject: Subject) -> None:
    """It is polled all the while, so it keeps its place in the group."""
    send(subject, 0)
    source = subject.join()
    records = take(source, 1)
    source.hold(paused=True)
    assert source.poll() == []
    send(subject, 1, 2)
    assert [source.poll() for _ in range(5)] == [[]] * 5
    source.hold(paused=False)
    records += take(source, 2)
    assert values(records) == [b"0", b"1", b"2"]
    source.close()


def test_records_come_with_all_that_they_hold(subject: Subject) -> None:
    """Key, value and headers as raw bytes, and where they were."""
    subject.send(b"\x00\xff")
    source = subject.join()
    (record,) = take(source, 1)
    assert record.value == b"\x00\xff"
    assert record.receipt.offset == 0
    source.close()
