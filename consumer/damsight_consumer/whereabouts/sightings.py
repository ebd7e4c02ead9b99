"""What is known of one asset. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from damsight_consumer.letters.letter import letter_of
from damsight_consumer.plan import version_of
from damsight_consumer.postponing import PREFIX, attempt_of, due_of, text_of
from damsight_consumer.records import Lane, Partition, Record
from damsight_schemas.document import Problem
from damsight_schemas.errors import EventError
from damsight_schemas.events import AssetEvent, DeletedEvent, parse_event


@dataclass(frozen=True, slots=True)
class Document:
    """What the index holds.

    Attributes:
        version: External; see `damsight_schemas.version`.
        indexed_at: RFC 3339 in UTC; none for a tombstone.
        vectors: The space of each vector that it has, by field.
    """

    revision: int
    version: int
    deleted: bool
    indexed_at: str | None
    vectors: Mapping[str, str]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that no consumer of its lane has committed.

    Attributes:
        lane: The way it comes.
        partition: Where it lies.
        offset: Likewise.
        ahead: How many uncommitted events lie before it there.
        is_read: The lane's group has committed something there, so a consumer was there once.
        timestamp_ms: When it was written, in milliseconds since 1970 UTC; -1 where that is not told.
        revision: None where the event cannot be read.
        version: Of its document; none likewise.
        deleted: It is a deletion.
        attempt: Of the retry lane: how often it was tried before.
        due_ms: Of the retry lane: when it is tried again; 0 is now.
        reason: Of the retry lane: why it was postponed; and otherwise why it cannot be read.
    """

    lane: Lane
    partition: Partition
    offset: int
    ahead: int
    is_read: bool
    timestamp_ms: int
    revision: int | None
    version: int | None
    deleted: bool = False
    attempt: int = 0
    due_ms: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeadLettered:
    """A dead letter.

    Attributes:
        letter: Its id, as `damsight dead-letters show` takes it.
        revision: None where the event could not be read.
        timestamp_ms: When it was dead-lettered, in milliseconds since 1970 UTC.
        attempts: How often it was tried.
        reason: Why, as in ``fetch: gone: the address answers 410``.
        origin: Where the event first lay; empty where that is not told.
    """

    letter: str
    revision: int | None
    timestamp_ms: int
    attempts: int
    reason: str
    origin: str


@dataclass(frozen=True, slots=True)
class Sightings:
    """All that was found of an asset.

    Attributes:
        index: The alias that was looked into.
        group_id: Of the live lane's consumers.
        tries: How many later tries an event gets.
    """

    asset_id: str
    index: str
    group_id: str
    tries: int
    document: Document | None = None
    waiting: tuple[Waiting, ...] = ()
    dead: tuple[DeadLettered, ...] = ()


class Matcher:
    """Tells the records of one asset from all others. The key decides; a record whose key does not is read.

    Args:
        asset_id: Which.
        now_ms: Milliseconds since 1970 UTC; what is said to be due much later is due now, as the retry lane takes it.
    """

    def __init__(self, asset_id: str, *, now_ms: int) -> None:
        self._asset_id = asset_id
        self._now_ms = now_ms
        self._key = asset_id.encode()
        escaped = json.dumps(asset_id)[1:-1]
        # As JSON may write it; to parse every event of others would take minutes where there are millions.
        self._needles = tuple({text.encode() for text in (asset_id, escaped, escaped.replace("/", "\\/"))})

    def waiting(self, record: Record, *, ahead: int, is_read: bool) -> Waiting | None:
        """Return what an event of the asset tells; none for one of another asset."""
        if not self._may_be(record):
            return None
        try:
            event = parse_event(record.value, record.headers)
        except EventError as error:
            is_ours = error.asset_id == self._asset_id or (error.asset_id is None and record.key == self._key)
            return self._sighted(record, None, ahead, str(error), is_read=is_read) if is_ours else None
        if event.data.asset_id != self._asset_id:
            return None
        return self._sighted(record, event, ahead, reason_of(record), is_read=is_read)

    def dead(self, record: Record) -> DeadLettered | None:
        """Return what a dead letter of the asset tells; none for one of another asset."""
        told = text_of(record.headers, f"{PREFIX}asset-id")
        if (told and told != self._asset_id) or not (told or self._may_be(record)):
            return None
        if not told and self.waiting(record, ahead=0, is_read=True) is None:
            return None
        letter = letter_of(record)
        origin = letter.origin
        return DeadLettered(
            letter=letter.id,
            revision=letter.revision,
            timestamp_ms=letter.at_ms,
            attempts=letter.attempts,
            reason=reason_of(record),
            origin=f"{origin.partition} at offset {origin.offset}" if origin else "",
        )

    def _may_be(self, record: Record) -> bool:
        if record.key == self._key or record.key is None:
            return True
        return record.value is not None and any(needle in record.value for needle in self._needles)

    def _sighted(self, record: Record, event: AssetEvent | None, ahead: int, reason: str, *, is_read: bool) -> Waiting:
        is_retry = record.lane is Lane.RETRY
        return Waiting(
            lane=record.lane,
            partition=record.receipt.partition,
            offset=record.receipt.offset,
            ahead=ahead,
            is_read=is_read,
            timestamp_ms=record.timestamp_ms,
            revision=event.data.revision if event else None,
            version=version_of(event) if event else None,
            deleted=isinstance(event, DeletedEvent),
            attempt=attempt_of(record.headers) if is_retry else 0,
            due_ms=due_of(record.headers, now_ms=self._now_ms) if is_retry else 0,
            reason=reason,
        )


def reason_of(record: Record) -> str:
    """Return why a record was postponed or dead-lettered; empty where it was not."""
    parts = (text_of(record.headers, f"{PREFIX}{name}") for name in ("stage", "error", "message"))
    return ": ".join(part for part in parts if part)
