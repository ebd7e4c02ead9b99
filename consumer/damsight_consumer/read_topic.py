"""Reads a topic as it is now, joining no group and committing nothing: for those who look, not for those who consume.

What cannot be read is stepped over as the consumer does it (see source.py): kafka-python raises once and then spins for
ever unless the position is moved at once, so a prober reads there, byte by byte, and the position is moved behind it.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError

from damsight_consumer.broken import UNREADABLE, Broken
from damsight_consumer.conversion import ours
from damsight_consumer.errors import SourceError
from damsight_consumer.group import look
from damsight_consumer.poison import Prober
from damsight_consumer.records import Lane, Partition, Receipt, Record, Unreadable
from damsight_kafka import client_options
from damsight_schemas.connections import KafkaSettings

POLL_MS = 200
POSITION_MS = 10_000
# Without one step forward, with offsets still to come: Kafka went away in the middle.
STALL_S = 60.0
# Errors in a row for which no unreadable place is found.
MOST_UNEXPLAINED = 5

Tell = Callable[[Unreadable], None]
Span = tuple[int, int]


def _silent(place: Unreadable) -> None:
    """Tell nobody."""


def records_of(
    kafka: KafkaSettings,
    topic: str,
    *,
    since: Mapping[int, int] | None = None,
    lane: Lane = Lane.LIVE,
    tell: Tell = _silent,
) -> Iterator[Record]:
    """Read every record of a topic up to where it ends at this call; those of one partition come in their order.

    Args:
        kafka: How to reach it.
        topic: One that is not there has no records.
        since: The first offset wanted, by partition; the beginning of those that are not named.
        lane: Which the records are said to come by.
        tell: Is told of each place that cannot be read, and is stepped over.

    Raises:
        SourceError: Kafka cannot be reached, refuses, or goes away in the middle.
    """
    wanted = since or {}
    with _looking(kafka, topic) as (consumer, partitions):
        starts = consumer.beginning_offsets(partitions) if partitions else {}
        ends = consumer.end_offsets(partitions) if partitions else {}
    spans = {
        partition: (max(starts[partition], wanted.get(partition.partition, 0)), ends[partition])
        for partition in partitions
    }
    return _Reading(kafka, spans, lane, tell).records()


def record_at(kafka: KafkaSettings, partition: Partition, offset: int) -> Record | None:
    """Return the record at one place; none where it is no longer there, or cannot be read.

    Raises:
        SourceError: Kafka cannot be reached, or refuses.
    """
    with _looking(kafka, partition.topic) as (consumer, partitions):
        place = TopicPartition(partition.topic, partition.number)
        if place not in partitions:
            return None
        start, end = consumer.beginning_offsets([place])[place], consumer.end_offsets([place])[place]
    if not start <= offset < end:
        return None
    return next(_Reading(kafka, {place: (offset, offset + 1)}, Lane.LIVE, _silent).records(), None)


def ends_of(kafka: KafkaSettings, topic: str) -> dict[int, int]:
    """Return the offset that the next record of each partition will have; empty for a topic that is not there.

    Raises:
        SourceError: Kafka cannot be reached, or refuses.
    """
    with _looking(kafka, topic) as (consumer, partitions):
        ends = consumer.end_offsets(partitions) if partitions else {}
    return {partition.partition: offset for partition, offset in ends.items()}


def offsets_at(kafka: KafkaSettings, topic: str, at_ms: int) -> dict[int, int]:
    """Return the offset of each partition's first record of a time or later; its end where there is none.

    Args:
        kafka: How to reach it.
        topic: One that is not there has no partitions.
        at_ms: Milliseconds since 1970 UTC.

    Raises:
        SourceError: Kafka cannot be reached, or refuses.
    """
    with _looking(kafka, topic) as (consumer, partitions):
        ends = consumer.end_offsets(partitions) if partitions else {}
        found = consumer.offsets_for_times(dict.fromkeys(partitions, max(0, at_ms))) if partitions else {}
    return {
        partition.partition: ends[partition] if (first := found.get(partition)) is None else first.offset
        for partition in partitions
    }


def committed_of(kafka: KafkaSettings, group_id: str, topic: str) -> dict[int, int]:
    """Return what a group has committed, by partition; a partition without a commit is left out.

    Raises:
        SourceError: Kafka cannot be reached, or refuses.
    """
    with _translated(kafka, f"the offsets of the group {group_id}"):
        admin = KafkaAdminClient(**client_options(kafka), client_id="damsight-look")
        try:
            committed = admin.list_group_offsets({group_id: None}).get(group_id, {})
        finally:
            admin.close()
    return {
        partition.partition: told.offset
        for partition, told in committed.items()
        if partition.topic == topic and told.offset >= 0
    }


@contextmanager
def _looking(kafka: KafkaSettings, topic: str) -> Iterator[tuple[KafkaConsumer, list[TopicPartition]]]:
    consumer = look(kafka)
    try:
        with _translated(kafka, topic):
            # This asks for all topics at once, which creates none.
            numbers = consumer.partitions_for_topic(topic)
            yield consumer, [TopicPartition(topic, number) for number in sorted(numbers)]
    finally:
        _close(consumer)


@contextmanager
def _translated(kafka: KafkaSettings, what: str) -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        raise SourceError(
            f"{what} cannot be read from Kafka at {kafka.bootstrap_servers}: {type(error).__name__}: {error}. Check "
            f"that it runs, and the rights of DAMSIGHT_KAFKA__SASL_USERNAME."
        ) from error


def _close(consumer: KafkaConsumer) -> None:
    with suppress(KafkaError):
        consumer.close(autocommit=False)


class _Reading:
    """One way through some partitions, from offset to offset.

    Args:
        kafka: How to reach it.
        spans: The first offset wanted and the first not wanted, by partition.
        lane: Of the records.
        tell: Is told of each place that cannot be read.
    """

    def __init__(self, kafka: KafkaSettings, spans: Mapping[TopicPartition, Span], lane: Lane, tell: Tell) -> None:
        self._kafka = kafka
        self._next = {partition: start for partition, (start, end) in spans.items() if start < end}
        self._ends = {partition: end for partition, (_, end) in spans.items()}
        self._topic = next((partition.topic for partition in spans), "")
        self._lane = lane
        self._tell = tell
        self._unexplained = 0

    def records(self) -> Iterator[Record]:
        """Read until each partition is at its end."""
        if not self._next:
            return
        consumer = look(self._kafka)
        try:
            consumer.assign(list(self._next))
            self._seek(consumer)
            moved = time.monotonic()
            while self._next:
                before = dict(self._next)
                with _translated(self._kafka, self._topic):
                    found = self._turn(consumer)
                yield from found
                moved = time.monotonic() if self._next != before else moved
                self._require_going_on(time.monotonic() - moved)
        finally:
            _close(consumer)

    def _turn(self, consumer: KafkaConsumer) -> list[Record]:
        try:
            batches = consumer.poll(timeout_ms=POLL_MS)
        except UNREADABLE as error:
            return self._step_over(consumer, error)
        self._unexplained = 0
        # Positions, not offsets plus one: transactions and compaction leave gaps, at the very end too.
        for partition in list(self._next):
            position = consumer.position(partition, timeout_ms=POSITION_MS)
            self._next[partition] = self._next[partition] if position is None else position
        self._drop_finished(consumer)
        return [record for partition, found in batches.items() for record in self._ours(partition, found)]

    def _ours(self, partition: TopicPartition, found: Iterable[ConsumerRecord | Broken]) -> list[Record]:
        records = []
        for one in found:
            receipt = Receipt(ours(partition), one.offset, 0)
            if one.offset >= self._ends[partition]:
                continue
            if isinstance(one, Broken):
                self._tell(Unreadable(receipt, one.error, one.message, self._lane))
            else:
                records.append(Record(receipt, one.timestamp, one.key, one.value, tuple(one.headers), self._lane))
        return records

    def _drop_finished(self, consumer: KafkaConsumer) -> None:
        for partition, position in list(self._next.items()):
            if position >= self._ends[partition]:
                del self._next[partition]
                consumer.pause(partition)

    def _seek(self, consumer: KafkaConsumer) -> None:
        for partition, offset in self._next.items():
            consumer.seek(partition, offset)

    def _step_over(self, consumer: KafkaConsumer, error: Exception) -> list[Record]:
        """Read what can be read of what the client cannot, and step over it; nothing polls this consumer meanwhile."""
        salvaged = Prober(lambda: look(self._kafka)).probe(dict(self._next))
        self._next |= {partition: salvage.position for partition, salvage in salvaged.items()}
        # A poll that raises may have moved on past what it took, so all of them are set again.
        self._seek(consumer)
        self._drop_finished(consumer)
        self._unexplained = 0 if salvaged else self._unexplained + 1
        if self._unexplained >= MOST_UNEXPLAINED:
            raise SourceError(
                f"reading {self._topic} fails again and again: {type(error).__name__}: {error}. Nothing is lost: the "
                f"records stay where they are."
            ) from error
        return [record for partition, got in salvaged.items() for record in self._ours(partition, got.found)]

    def _require_going_on(self, seconds: float) -> None:
        if seconds > STALL_S:
            left = ", ".join(f"{ours(partition)} from offset {offset:,}" for partition, offset in self._next.items())
            raise SourceError(
                f"reading {self._topic} from Kafka at {self._kafka.bootstrap_servers} stands still for {seconds:.0f} "
                f"s; not read: {left}. Check that it runs, and try again."
            )
