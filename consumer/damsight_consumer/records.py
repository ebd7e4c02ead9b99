"""The values that travel through the consumer, from a Kafka record to its outcome. No vendor."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from damsight_schemas.document import Problem
from damsight_schemas.events import AssetEvent


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.number}]"


class Receipt(NamedTuple):
    """A delivered record, to be handed back when all is done with it.

    Attributes:
        epoch: Which time the partition was assigned; receipts of an earlier time count for nothing.
    """

    partition: Partition
    offset: int
    epoch: int


Header = tuple[str, bytes | None]


class Lane(StrEnum):
    """Which way an event comes: each has its own topics, group and poll thread; the first goes first at each stage.

    LIVE: what happens now. RETRY: what could not be taken and is tried again. BACKFILL: what was there already.
    """

    LIVE = "live"
    RETRY = "retry"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record as it came.

    Attributes:
        timestamp_ms: Milliseconds since 1970 UTC, or -1 where the record tells none.
        suspect: It may be what ended the process of its consumer, twice: nothing of it is done in this one.
        size: Bytes of key, value and headers, near enough to bound memory by.
    """

    receipt: Receipt
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    lane: Lane = Lane.LIVE
    suspect: bool = False
    size: int = field(init=False)

    def __post_init__(self) -> None:
        headers = sum(len(name) + len(value or b"") for name, value in self.headers)
        object.__setattr__(self, "size", len(self.key or b"") + len(self.value or b"") + headers)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A place in a partition that the Kafka client cannot read: a broken batch, a header that is no UTF-8, ..."""

    receipt: Receipt
    error: str
    message: str
    lane: Lane = Lane.LIVE


Delivery = Record | Unreadable


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """One event on its way.

    Attributes:
        version: The external version of its whole document; the greater wins.
        attempt: How often it was tried before and postponed.
    """

    record: Record
    event: AssetEvent
    version: int
    attempt: int = 0

    @property
    def lane(self) -> Lane:
        """The lane that it came by."""
        return self.record.lane

    @property
    def asset_id(self) -> str:
        """The asset that the event tells of."""
        return self.event.data.asset_id

    @property
    def revision(self) -> int:
        """The asset's revision that the event tells of."""
        return self.event.data.revision


class Stage(StrEnum):
    """Where on its way an event is."""

    READ = "read"
    PLAN = "plan"
    COMPARE = "compare"
    FETCH = "fetch"
    DECODE = "decode"
    PREVIEW = "preview"
    ENCODE = "encode"
    WRITE = "write"
    ALERT = "alert"
    LETTER = "letter"


class Outcome(StrEnum):
    """How an event ended. Each event ends exactly once.

    INDEXED: its document is stored. INDEXED_WITH_PROBLEM: stored without something, such as its picture's vector, with
    the problem, and dead-lettered. POSTPONED: stored so, and a retry topic has it, because a later try may help.
    DELETED: its tombstone is stored. ALREADY: the index holds this or a newer revision. SUPERSEDED: a newer event of
    the asset was stored in its place. DEAD_LETTERED: it could not be taken, its dead letter is acknowledged.
    """

    INDEXED = "indexed"
    INDEXED_WITH_PROBLEM = "indexed_with_problem"
    POSTPONED = "postponed"
    DELETED = "deleted"
    ALREADY = "already"
    SUPERSEDED = "superseded"
    DEAD_LETTERED = "dead_lettered"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be taken, with the reason.

    Attributes:
        record: As it came; for a place that cannot be read, its receipt alone is known and the rest is empty.
        revision: The asset's, where the event told it.
        attempts: How often it was tried, this time included.
    """

    record: Record
    stage: Stage
    problem: Problem
    asset_id: str | None = None
    revision: int | None = None
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Postponed:
    """A record that goes to a retry topic, because a later try may help.

    Attributes:
        record: As it came, on whatever lane.
        problem: Why it could not be taken.
        attempt: Which try the next one is, from 1.
    """

    record: Record
    problem: Problem
    asset_id: str
    revision: int
    attempt: int
