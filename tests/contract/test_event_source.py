"""What every source of events does: the fake and Kafka alike."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from damsight_consumer.records import Lane
from drivers.event_sources import Subject, send, subjects, take, values


@pytest.fixture(params=["fake", pytest.param("kafka", marks=pytest.mark.integration)])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    yield from subjects(request, tmp_path)


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
