"""What every source of events does: the fake and Kafka alike."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from kafka import KafkaProducer

from damsight_consumer.group import join, look
from damsight_consumer.poison import Prober
from damsight_consumer.ports import EventSource
from damsight_consumer.records import Delivery, Header, Lane, Partition, Record
from damsight_consumer.source import KafkaSource
from damsight_consumer.telemetry import Telemetry
from drivers.consumer_bench import ConsumerBench
from fakes.event_source import FakeLog, FakeSource

Send = Callable[[bytes, int, list[tuple[str, bytes]]], None]


@dataclass
class Subject:
    """A topic: how to write to it, join its group, and ask what the group committed of it.

    Attributes:
        join: A member; one that was joined before and not closed is dead from then on.
    """

    write: Send
    join: Callable[[Lane], EventSource]
    committed: Callable[[], int]

    def send(self, value: bytes, *, partition: int = 0, headers: list[tuple[str, bytes]] | None = None) -> None:
        self.write(value, partition, headers or [])


@pytest.fixture(params=["fake", pytest.param("kafka", marks=pytest.mark.integration)])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "fake":
        yield fake()
        return
    bench = ConsumerBench(request.getfixturevalue("stack"), tmp_path)
    kafka = bench.settings.kafka
    joined: list[KafkaSource] = []

    def member(lane: Lane) -> EventSource:
        # With a fixed name the next one takes the place of one that is dead at once.
        consumer = join(kafka, group_id=bench.settings.consumer.group_id, instance_id="a-member")
        prober = Prober(lambda: look(kafka))
        joined.append(KafkaSource(consumer, [bench.topic], prober=prober, telemetry=Telemetry(), lane=lane))
        return joined[-1]

    with closing(KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all")) as producer:

        def write(value: bytes, partition: int, headers: list[tuple[str, bytes]]) -> None:
            producer.send(bench.topic, key=b"k", value=value, headers=headers, partition=partition).get(60)

        yield Subject(write, member, bench.committed)
        for source in reversed(joined):
            source.close()
    bench.close()


def fake() -> Subject:
    log = FakeLog()

    def write(value: bytes, partition: int, headers: list[tuple[str, bytes]]) -> None:
        told: list[Header] = [*headers]
        log.send(Partition("t", partition), value, headers=told)

    return Subject(write, lambda lane: FakeSource(log, lane=lane), lambda: sum(log.committed.values()))


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
    source = subject.join(Lane.LIVE)
    assert values(take(source, 5)) == [b"0", b"1", b"2", b"3", b"4"]
    assert source.has_partitions()
    assert source.poll() == []
    source.close()


def test_only_the_done_beginning_is_committed(subject: Subject) -> None:
    """Of five, the third is not done: two are committed. Then it is, and all five are."""
    send(subject, *range(5))
    source = subject.join(Lane.LIVE)
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
    first = subject.join(Lane.LIVE)
    records = take(first, 5)
    for number in (0, 1, 3):
        first.done(records[number].receipt)
    first.commit(wait=True)
    first.close()
    send(subject, 5)
    second = subject.join(Lane.LIVE)
    assert values(take(second, 4)) == [b"2", b"3", b"4", b"5"]
    second.close()


def test_closing_commits_nothing_that_is_not_done(subject: Subject) -> None:
    """A member that leaves without having done anything leaves everything."""
    send(subject, 0, 1)
    first = subject.join(Lane.LIVE)
    take(first, 2)
    first.close()
    assert subject.committed() == 0


def test_a_held_source_delivers_nothing_until_it_is_let_go(subject: Subject) -> None:
    """It is polled all the while, so it keeps its place in the group."""
    send(subject, 0)
    source = subject.join(Lane.LIVE)
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
    source = subject.join(Lane.LIVE)
    (record,) = take(source, 1)
    assert record.value == b"\x00\xff"
    assert record.receipt.offset == 0
    source.close()


def test_records_tell_the_lane_that_they_came_by(subject: Subject) -> None:
    """So that whatever happens to one later knows what is due to it."""
    send(subject, 0)
    source = subject.join(Lane.BACKFILL)
    (record,) = take(source, 1)
    assert record.lane is Lane.BACKFILL
    source.close()


def due_in(seconds: float) -> tuple[str, bytes]:
    return "damsight-due", b"%d" % int((time.time() + seconds) * 1000)


def ready(source: EventSource) -> list[Delivery]:
    """Poll until it has partitions and what is there had time to come, and return what came."""
    deadline = time.monotonic() + 120
    came: list[Delivery] = []
    while not source.has_partitions() and time.monotonic() < deadline:
        came += source.poll()
    return came + [delivery for _ in range(10) for delivery in source.poll()]


def test_what_is_not_due_waits_and_other_partitions_go_on(subject: Subject) -> None:
    """Neither it nor what stands behind it comes, whoever is the member, and whether it was held in between."""
    subject.send(b"now")
    subject.send(b"later", headers=[due_in(3600)])
    subject.send(b"behind")
    subject.send(b"beside", partition=1)
    first = subject.join(Lane.RETRY)
    records = take(first, 2)
    assert set(values(records)) == {b"now", b"beside"}
    first.hold(paused=True)
    assert first.poll() == []
    first.hold(paused=False)
    assert ready(first) == []
    for record in records:
        first.done(record.receipt)
    first.commit(wait=True)
    assert subject.committed() == 2
    first.close()
    second = subject.join(Lane.RETRY)
    assert ready(second) == []
    second.close()


def test_what_becomes_due_comes_and_what_stands_behind_it(subject: Subject) -> None:
    """Not before its time, in order, and all of it is committed."""
    waiting = due_in(1.5)
    subject.send(b"later", headers=[waiting])
    subject.send(b"behind")
    source = subject.join(Lane.RETRY)
    records = take(source, 1)
    assert time.time() * 1000 >= int(waiting[1])
    records += take(source, 2 - len(records))
    assert values(records) == [b"later", b"behind"]
    for record in records:
        source.done(record.receipt)
    source.commit(wait=True)
    assert subject.committed() == 2
    source.close()


def test_a_time_that_is_none_does_not_hold_up_anything(subject: Subject) -> None:
    """Whatever stands in the header, the last one counts, and what is no time, or no possible one, is now."""
    year = 10_000 * 3600 * 24 * 365 * 1000
    broken = [b"", b"soon", b"-1", b"1e20", "\u0663".encode(), b"9" * 400, b"%d" % year, b" 1", b"0"]
    for value in broken:
        subject.send(value, headers=[due_in(3600), ("damsight-due", value)])
    source = subject.join(Lane.RETRY)
    assert values(take(source, len(broken))) == broken
    source.close()


@pytest.mark.parametrize("lane", [Lane.LIVE, Lane.BACKFILL])
def test_only_the_retry_lane_waits(subject: Subject, lane: Lane) -> None:
    """Elsewhere the header is somebody's own, and means nothing."""
    subject.send(b"now", headers=[due_in(3600)])
    source = subject.join(lane)
    assert values(take(source, 1)) == [b"now"]
    source.close()


def suspicions(records: list[Record]) -> list[bool]:
    return [record.suspect for record in records]


def test_what_two_owners_died_of_is_suspect_until_it_is_passed(subject: Subject) -> None:
    """The first of five is done. After two deaths the other four are suspect, and nothing that came later is."""
    send(subject, *range(5))
    first = subject.join(Lane.LIVE)
    records = take(first, 5)
    first.done(records[0].receipt)
    first.commit(wait=True)
    second = subject.join(Lane.LIVE)
    assert suspicions(take(second, 4)) == [False] * 4
    third = subject.join(Lane.LIVE)
    records = take(third, 4)
    assert values(records) == [b"1", b"2", b"3", b"4"]
    assert suspicions(records) == [True] * 4
    send(subject, 5)
    records += take(third, 1)
    assert suspicions(records[4:]) == [False]
    for record in records[:4]:
        third.done(record.receipt)
    third.commit(wait=True)
    fourth = subject.join(Lane.LIVE)
    records = take(fourth, 1)
    assert suspicions(records) == [False]
    fourth.close()


def test_who_stops_in_peace_is_not_counted_and_changes_no_count(subject: Subject) -> None:
    """A stop between two deaths neither counts nor forgives; three stops alone make no suspect."""
    send(subject, 0)
    for _ in range(3):
        source = subject.join(Lane.LIVE)
        assert suspicions(take(source, 1)) == [False]
        source.close()
    for stops in (False, True, False):
        source = subject.join(Lane.LIVE)
        assert suspicions(take(source, 1)) == [False]
        if stops:
            source.close()
    last = subject.join(Lane.LIVE)
    assert suspicions(take(last, 1)) == [True]
    last.close()


def test_an_owner_that_dies_with_nothing_to_do_is_not_counted(subject: Subject) -> None:
    """Nothing of the partition can have been the cause, so what comes later is not suspect."""
    send(subject, 0)
    source = subject.join(Lane.LIVE)
    (record,) = take(source, 1)
    source.done(record.receipt)
    source.commit(wait=True)
    for _ in range(3):
        assert ready(subject.join(Lane.LIVE)) == []
    send(subject, 1)
    last = subject.join(Lane.LIVE)
    assert suspicions(take(last, 1)) == [False]
    last.close()
