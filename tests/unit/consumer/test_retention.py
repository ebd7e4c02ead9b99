"""The alarm for what the broker deleted unread."""

import pytest

from damsight_consumer.records import Partition
from damsight_consumer.retention import SOON_S, RetentionWatch
from damsight_consumer.telemetry import Telemetry

ONE, OTHER = Partition("t", 0), Partition("t", 1)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
def watch(telemetry: Telemetry, clock: Clock) -> RetentionWatch:
    return RetentionWatch(telemetry, clock)


def lost(telemetry: Telemetry) -> float:
    return telemetry.registry.get_sample_value("damsight_consumer_events_lost_to_retention_total", {"topic": "t"}) or 0


def test_what_lies_before_the_log_is_lost_and_counted_once(watch: RetentionWatch, telemetry: Telemetry) -> None:
    """However often the same is compared, and what is lost later adds to it."""
    watch.compare(ONE, 10, 15)
    watch.compare(ONE, 12, 15)
    assert lost(telemetry) == 5
    watch.compare(ONE, 10, 17)
    assert lost(telemetry) == 7


def test_what_is_there_is_not_lost(watch: RetentionWatch, telemetry: Telemetry) -> None:
    """A log that begins at or before the next offset has all that is needed."""
    watch.compare(ONE, 10, 10)
    watch.compare(ONE, 10, 0)
    assert lost(telemetry) == 0


def test_a_gap_in_the_log_is_no_loss(watch: RetentionWatch, telemetry: Telemetry) -> None:
    """Transactions and compaction leave offsets out; only what lies before the log's beginning was deleted."""
    watch.jumped(ONE, 10, 20)
    watch.jumped(OTHER, 10, 20)
    assert watch.due() == [ONE, OTHER]
    watch.check({ONE: 10, OTHER: 13})
    assert lost(telemetry) == 3


def test_no_more_is_lost_than_was_left_out(watch: RetentionWatch, telemetry: Telemetry) -> None:
    """The log may begin far behind by the time that it is looked at; what was read is not lost."""
    watch.jumped(ONE, 10, 12)
    watch.check({ONE: 1000})
    assert lost(telemetry) == 2


def test_the_broker_is_asked_seldom(watch: RetentionWatch, clock: Clock) -> None:
    """Not without a reason, and not for each marker of a transaction."""
    assert watch.due() == []
    watch.jumped(ONE, 1, 2)
    assert watch.due() == [ONE]
    watch.check({ONE: 0})
    assert watch.due() == []
    watch.jumped(ONE, 3, 4)
    assert watch.due() == []
    clock.now += SOON_S
    assert watch.due() == [ONE]
