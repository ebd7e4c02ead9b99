"""A dead letter, and which of them are wanted. Pure."""

from dataclasses import dataclass, replace

from damsight_consumer.postponing import PREFIX, REPLAY, Origin, number_of, text_of, told_origin, value_of
from damsight_consumer.records import Record, Stage


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as it lies in its topic. What its headers do not tell is empty or None.

    Attributes:
        id: ``partition-offset`` of the letter itself.
        record: As it lies there: its own headers, then those that damsight added.
        origin: Where the event first lay.
        stage: Where on its way it failed.
        error: The class of the error, one stable word.
        message: What happened, in words.
        asset_id: The asset, where the event told it, or else the record's key.
        revision: The asset's, where the event told it.
        attempts: How often it was tried.
        pointer: The record was too large and lies only where it first lay.
        replay_of: The id of the letter whose replay ended in this one.
    """

    id: str
    record: Record
    origin: Origin | None
    stage: str
    error: str
    message: str
    asset_id: str | None
    revision: int | None
    attempts: int
    pointer: bool
    replay_of: str | None

    @property
    def at_ms(self) -> int:
        """When it was written, in milliseconds since 1970 UTC."""
        return self.record.timestamp_ms

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing that could be sent again: a place that nobody can read, or no value."""
        return self.stage == Stage.READ or (not self.pointer and not self.record.value)

    def without_value(self) -> "Letter":
        """Return what a list tells of, in a fraction of the memory."""
        return replace(self, record=replace(self.record, value=None))


def letter_of(record: Record) -> Letter:
    """Return a record of the dead letters' topic as a letter, whatever its headers hold."""
    headers = record.headers

    def told(name: str) -> str:
        return text_of(headers, f"{PREFIX}{name}")

    return Letter(
        id=f"{record.receipt.partition.number}-{record.receipt.offset}",
        record=record,
        origin=told_origin(headers),
        stage=told("stage"),
        error=told("error"),
        message=told("message"),
        asset_id=told("asset-id") or (record.key or b"").decode("utf-8", "replace") or None,
        revision=number_of(headers, f"{PREFIX}revision"),
        attempts=number_of(headers, f"{PREFIX}attempts") or 1,
        pointer=value_of(headers, f"{PREFIX}pointer") == b"true",
        replay_of=text_of(headers, REPLAY) or None,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters are wanted: those that pass everything that is said; what is empty or None says nothing.

    Attributes:
        since_ms: Written at or after, in milliseconds since 1970 UTC.
        until_ms: Written before, likewise.
        topics: Where the event first lay.
    """

    ids: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    assets: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    since_ms: int | None = None
    until_ms: int | None = None

    def takes(self, letter: Letter) -> bool:
        """Tell whether a letter is wanted."""
        topic = letter.origin.partition.topic if letter.origin else ""
        said = (
            (self.ids, letter.id),
            (self.errors, letter.error),
            (self.stages, letter.stage),
            (self.assets, letter.asset_id),
            (self.topics, topic),
        )
        return all(not taken or one in taken for taken, one in said) and self._in_time(letter.at_ms)

    def _in_time(self, at_ms: int) -> bool:
        since = self.since_ms is None or at_ms >= self.since_ms
        return since and (self.until_ms is None or at_ms < self.until_ms)


EVERY = Wanted()
