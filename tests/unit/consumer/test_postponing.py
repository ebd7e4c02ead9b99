"""What is tried again later, and the headers that tell of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damsight_consumer.plan import version_of
from damsight_consumer.postponing import (
    LONGEST_VALUE,
    LONGEST_WAIT_MS,
    Origin,
    attempt_of,
    due_of,
    letter_headers,
    origin_of,
    postponed,
    retry_headers,
    stripped,
    told_origin,
    value_of,
)
from damsight_consumer.records import Header, Lane, Partition, Receipt, Record, Work
from damsight_schemas.document import Problem
from damsight_schemas.events import AssetChanged, changed

PROBLEM = Problem(stage="fetch", error="missing", message="file:///a.jpg is not there")
OWN: tuple[Header, ...] = (("ce_id", b"1"), ("x", b"first"), ("x", b"second"), ("empty", None))
SENT_ON = [("ce_id", b"1"), ("x", b"first"), ("x", b"second"), ("empty", b"")]
HEADERS = st.lists(st.tuples(st.text() | st.just("damsight-due"), st.none() | st.binary(max_size=30)))


def record(
    *, headers: tuple[Header, ...] = OWN, lane: Lane = Lane.LIVE, topic: str = "dam.assets.v1", offset: int = 41
) -> Record:
    return Record(Receipt(Partition(topic, 2), offset, 1), 1_763_712_000_123, b"a", b"{}", headers, lane)


def work(*, attempt: int = 0, of: Record | None = None) -> Work:
    event = changed(AssetChanged(asset_id="a", revision=3, acl=["public"]), source="/dams/test")
    return Work(of or record(), event, version_of(event), attempt)


def retried(of: Record, headers: list[tuple[str, bytes]], *, topic: str) -> Record:
    """The record as the retry lane's source gives it."""
    return Record(Receipt(Partition(topic, 0), 7, 1), 1_763_712_099_000, of.key, of.value, tuple(headers), Lane.RETRY)


def test_three_later_tries_and_no_more() -> None:
    """Each goes to the next one; the fourth time it is a dead letter."""
    tries = [postponed(work(attempt=attempt), PROBLEM) for attempt in range(4)]
    assert [again and again.attempt for again in tries] == [1, 2, 3, None]
    first = tries[0]
    assert first is not None
    assert (first.asset_id, first.revision, first.problem) == ("a", 3, PROBLEM)


def test_through_all_tries_it_keeps_its_own_headers_and_its_origin() -> None:
    """In their order with their duplicates; where it first lay is told at the third try, and in its dead letter."""
    origin = Origin(Partition("dam.assets.v1", 2), 41, 1_763_712_000_123)
    current, attempt = record(headers=(*OWN, ("damsight-replay", b"0-5")), lane=Lane.BACKFILL), 0
    for number in range(1, 4):
        again = postponed(work(attempt=attempt, of=current), PROBLEM)
        assert again is not None
        headers = retry_headers(again, due_ms=1000 * number)
        assert headers[:4] == SENT_ON
        assert len(headers) == len(SENT_ON) + len(dict(headers[4:])), "each of ours stands there once"
        current = retried(current, headers, topic=f"retry-{number}")
        attempt = attempt_of(current.headers)
        assert (attempt, due_of(current.headers), origin_of(current)) == (number, 1000 * number, origin)
    told = letter_headers(current, PROBLEM, attempts=1, asset_id="a", revision=3)
    assert told_origin(told) == origin
    assert dict(told) == {
        "damsight-replay": b"0-5",
        "damsight-topic": b"dam.assets.v1",
        "damsight-partition": b"2",
        "damsight-offset": b"41",
        "damsight-timestamp": b"1763712000123",
        "damsight-stage": b"fetch",
        "damsight-error": b"missing",
        "damsight-message": PROBLEM.message.encode(),
        "damsight-attempts": b"4",
        "damsight-asset-id": b"a",
        "damsight-revision": b"3",
    }


def test_headers_of_ours_count_for_nothing_on_another_lane() -> None:
    """Anybody may write them on the live topic: the origin is the record's own place, and none of them is sent on."""
    forged: tuple[Header, ...] = (
        ("damsight-topic", b"elsewhere"),
        ("DAMSIGHT-partition", b"1"),
        ("damsight-partition", b"1"),
        ("damsight-offset", b"1"),
        ("damsight-attempt", b"3"),
    )
    live = record(headers=forged)
    assert origin_of(live) == Origin(Partition("dam.assets.v1", 2), 41, 1_763_712_000_123)
    assert stripped(forged) == []
    assert dict(letter_headers(live, PROBLEM, attempts=1, asset_id=None, revision=None))["damsight-attempts"] == b"1"


@pytest.mark.parametrize("value", [b"", b"x", b"-1", b"1.5", b"\xff", "٣".encode(), b"9" * 5000, None])
def test_a_broken_header_means_now_and_the_first_try(value: bytes | None) -> None:
    """It is tried at once rather than never, and its origin is its own place."""
    broken = tuple((f"damsight-{name}", value) for name in ("attempt", "due", "topic", "partition", "offset"))
    assert (attempt_of(broken), due_of(broken)) == (1, 0)
    own = retried(record(), [], topic="retry-1")
    told = retried(record(), [(name, value or b"") for name, value in broken], topic="retry-1")
    assert origin_of(told) == origin_of(own)


def test_nobody_can_hold_up_a_partition_for_years() -> None:
    """A time beyond the longest wait is no time at all."""
    now = 1_763_712_000_000
    for due, expected in ((now + LONGEST_WAIT_MS, now + LONGEST_WAIT_MS), (now + LONGEST_WAIT_MS + 1, 0), (2**70, 0)):
        assert due_of([("damsight-due", str(due).encode())], now_ms=now) == expected


def test_the_last_of_two_counts() -> None:
    """Ours come after the record's own."""
    assert value_of([("a", b"1"), ("b", b"2"), ("a", b"3")], "a") == b"3"
    assert attempt_of([("damsight-attempt", b"1"), ("damsight-attempt", b"2")]) == 2


def test_a_reason_that_is_too_long_is_cut_between_characters() -> None:
    """And half a surrogate pair, as in the name of a file that is no UTF-8, ends no thread."""
    long = Problem(stage="decode", error="broken", message="\udcff" + "途" * 5000)
    message = dict(letter_headers(record(), long, attempts=1, asset_id="\ud800", revision=1))["damsight-message"]
    assert LONGEST_VALUE - 3 < len(message) <= LONGEST_VALUE
    assert set(message.decode()) == {"?", "途"}


@given(HEADERS)
def test_no_headers_whatever_raise(headers: list[tuple[str, bytes | None]]) -> None:
    """They come from anybody."""
    hostile = retried(record(), [], topic="t")
    hostile = Record(hostile.receipt, -1, None, None, tuple(headers), Lane.RETRY)
    assert attempt_of(headers) >= 1
    assert due_of(headers) >= 0
    assert origin_of(hostile).offset >= 0
    assert all(value is not None for _, value in letter_headers(hostile, PROBLEM, attempts=1, asset_id="a", revision=1))
