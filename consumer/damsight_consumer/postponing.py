"""What is tried again later, and the headers that tell of it. Pure.

A record that is sent on (to a retry topic, to the dead letters, replayed) keeps its key, its value and its own headers,
in their order and with their duplicates. What damsight tells stands in headers that begin with ``damsight-`` and come
after them; of two with one name the last counts. Those of an earlier way are left out, so that none can pretend to be
of this one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from damsight_consumer.records import Header, Lane, Partition, Postponed, Record, Work
from damsight_schemas.document import Problem
from damsight_schemas.topics import RETRY

PREFIX = "damsight-"
REPLAY = f"{PREFIX}replay"
# Kafka takes about a megabyte for all of a record; no reason needs more than a page.
LONGEST_VALUE = 4000
# No retry waits longer, so whoever says so is wrong, and must not hold up a partition.
LONGEST_WAIT_MS = 24 * 60 * 60 * 1000
_LARGEST = 2**63 - 1
_MOST_DIGITS = 19

Told = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event first lay, before it was tried again.

    Attributes:
        timestamp_ms: Milliseconds since 1970 UTC, or -1 where the record told none.
    """

    partition: Partition
    offset: int
    timestamp_ms: int


def postponed(work: Work, problem: Problem, *, tries: int = len(RETRY)) -> Postponed | None:
    """Return what a retry topic gets; none where the tries are used up.

    Args:
        work: What could not be taken.
        problem: Why.
        tries: How many later ones there are, one for each retry topic.
    """
    if work.attempt >= tries:
        return None
    return Postponed(work.record, problem, work.asset_id, work.revision, work.attempt + 1)


def attempt_of(headers: Iterable[Header]) -> int:
    """Return how often a record was tried before; 1 where a retried record does not tell it.

    Only a record of the retry lane may be asked: on another one anybody may have written it.
    """
    told = _number(value_of(headers, f"{PREFIX}attempt"))
    return told if told is not None and told >= 1 else 1


def due_of(headers: Iterable[Header], *, now_ms: int | None = None) -> int:
    """Return when a record is to be tried again, in milliseconds since 1970 UTC; 0, which is now, where it is not told.

    Args:
        headers: Of a record of the retry lane.
        now_ms: Where given, a time beyond the longest wait that there can be is no time at all.
    """
    told = _number(value_of(headers, f"{PREFIX}due"))
    if told is None or (now_ms is not None and told > now_ms + LONGEST_WAIT_MS):
        return 0
    return told


def origin_of(record: Record) -> Origin:
    """Return where an event first lay: its own place, unless it came by the retry lane and tells another."""
    receipt = record.receipt
    own = Origin(receipt.partition, receipt.offset, record.timestamp_ms)
    if record.lane is not Lane.RETRY:
        return own
    return told_origin(record.headers) or own


def told_origin(headers: Sequence[Header]) -> Origin | None:
    """Return the origin that the headers of a retried or dead-lettered record tell; none where it is not whole."""
    topic = text_of(headers, f"{PREFIX}topic")
    partition = _number(value_of(headers, f"{PREFIX}partition"))
    offset = _number(value_of(headers, f"{PREFIX}offset"))
    if not topic or partition is None or offset is None:
        return None
    timestamp = _number(value_of(headers, f"{PREFIX}timestamp"))
    return Origin(Partition(topic, partition), offset, -1 if timestamp is None else timestamp)


def stripped(headers: Iterable[Header]) -> list[Told]:
    """Return a record's own headers; one without a value gets an empty one, since Kafka's producer takes no other."""
    return [(name, value or b"") for name, value in headers if not name.lower().startswith(PREFIX)]


def retry_headers(again: Postponed, *, due_ms: int) -> list[Told]:
    """Return all headers of a record for a retry topic.

    Args:
        again: What is tried again.
        due_ms: When, in milliseconds since 1970 UTC.
    """
    told = {"attempt": again.attempt, "due": due_ms, **_place(again.record), **_reason(again.problem)}
    return [*stripped(again.record.headers), *carried(again.record), *headers_of(told)]


def letter_headers(
    record: Record, problem: Problem, *, attempts: int, asset_id: str | None, revision: int | None
) -> list[Told]:
    """Return the headers that tell where a dead-lettered record first lay, and why it is here.

    Args:
        record: As it came.
        problem: Why it could not be taken.
        attempts: How often it was tried, at least.
        asset_id: Where the event told it.
        revision: Likewise.
    """
    tried = max(attempts, attempt_of(record.headers) + 1 if record.lane is Lane.RETRY else 1)
    told = {**_place(record), **_reason(problem), "attempts": tried, "asset-id": asset_id, "revision": revision}
    return [*carried(record), *headers_of(told)]


def carried(record: Record) -> list[Told]:
    """Return which letter a record replays, so that it is known wherever it ends."""
    replayed = text_of(record.headers, REPLAY)
    return headers_of({REPLAY.removeprefix(PREFIX): replayed or None})


def headers_of(told: dict[str, object]) -> list[Told]:
    """Return headers of ours; what is None is left out, and what is too long is cut."""
    return [(f"{PREFIX}{name}", _bytes(value)) for name, value in told.items() if value is not None]


def value_of(headers: Iterable[Header], name: str) -> bytes | None:
    """Return the last value of a header."""
    found = None
    for each, value in headers:
        if each == name:
            found = value
    return found


def text_of(headers: Iterable[Header], name: str) -> str:
    """Return the last value of a header as text, whatever it holds; empty where there is none."""
    return (value_of(headers, name) or b"")[:LONGEST_VALUE].decode("utf-8", "replace")


def number_of(headers: Iterable[Header], name: str) -> int | None:
    """Return the last value of a header as a whole number from 0 to 2**63 - 1; none where it is no such thing."""
    return _number(value_of(headers, name))


def _place(record: Record) -> dict[str, object]:
    origin = origin_of(record)
    return {
        "topic": origin.partition.topic,
        "partition": origin.partition.number,
        "offset": origin.offset,
        "timestamp": origin.timestamp_ms,
    }


def _reason(problem: Problem) -> dict[str, object]:
    return {"stage": problem.stage, "error": problem.error, "message": problem.message}


def _bytes(value: object) -> bytes:
    # A message may hold anything, half a surrogate pair of a file's name too; a cut never leaves half a character.
    return str(value).encode("utf-8", "replace")[:LONGEST_VALUE].decode("utf-8", "ignore").encode()


def _number(value: bytes | None) -> int | None:
    # isdigit of bytes takes ASCII digits alone; int() of thousands of them would take its time, or raise.
    if value is None or len(value) > _MOST_DIGITS or not value.isdigit():
        return None
    return min(int(value), _LARGEST)
