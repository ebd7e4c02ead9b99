"""Between kafka-python's values and ours."""

from collections.abc import Collection, Iterable

from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.structs import OffsetAndMetadata

from damsight_consumer.broken import Broken
from damsight_consumer.ledger import Commit, Delivered
from damsight_consumer.records import Delivery, Lane, Partition, Record, Unreadable


def ours(partition: TopicPartition) -> Partition:
    """Return a partition as we name it."""
    return Partition(partition.topic, partition.partition)


def theirs(partition: Partition) -> TopicPartition:
    """Return a partition as kafka-python names it."""
    return TopicPartition(*partition)


def names(partitions: Collection[TopicPartition]) -> list[str]:
    """Return partitions as a log line tells them."""
    return sorted(str(ours(partition)) for partition in partitions)


def as_kafka(commits: Iterable[Commit]) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return commits as kafka-python takes them."""
    return {theirs(commit.partition): OffsetAndMetadata(commit.offset, commit.mark.format(), -1) for commit in commits}


def delivery_of(found: ConsumerRecord | Broken, delivered: Delivered, lane: Lane) -> Delivery:
    """Return what came as we carry it."""
    if isinstance(found, Broken):
        return Unreadable(delivered.receipt, found.error, found.message, lane)
    return Record(
        delivered.receipt,
        found.timestamp,
        found.key,
        found.value,
        tuple(found.headers),
        lane,
        delivered.suspect,
    )
