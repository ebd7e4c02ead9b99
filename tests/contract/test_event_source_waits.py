"""What every source of events does with what is not due, and with what its owners died of."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from damsight_consumer.ports import EventSource
from damsight_consumer.records import Delivery, Lane, Record
from drivers.event_sources import Subject, send, subjects, take, values


@pytest.fixture(params=["fake", pytest.param("kafka", marks=pytest.mark.integration)])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    yield from subjects(request, tmp_path)


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
