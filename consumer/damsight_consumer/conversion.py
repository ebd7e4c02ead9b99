"""Between kafka-python's values and ours."""

from collections.abc import Collection, Mapping

from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.structs import OffsetAndMetadata

from damsight_consumer.records import Partition, Receipt, Record


def ours(partition: TopicPartition) -> Partition:
    """Return a partition as we name it."""
    return Partition(partition.topic, partition.partition)


def names(partitions: Collection[TopicPartition]) -> list[str]:
    """Return partitions as a log line tells them."""
    return sorted(str(ours(partition)) for partition in partitions)


def as_kafka(offsets: Mapping[Partition, int]) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return offsets as a commit takes them."""
    return {TopicPartition(*partition): OffsetAndMetadata(offset, "", -1) for partition, offset in offsets.items()}


def record_of(record: ConsumerRecord, receipt: Receipt) -> Record:
    """Return a record as we carry it."""
    return Record(receipt, record.timestamp, record.key, record.value, tuple(record.headers))
