"""Members of a group on a real Kafka, as the consumer joins them, and a topic to write to partition by partition."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from kafka import KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewPartitions

from damsight_consumer.group import join, look
from damsight_consumer.poison import Prober
from damsight_consumer.ports import EventSource
from damsight_consumer.records import Delivery, Lane, Partition, Stage
from damsight_consumer.source import KafkaSource
from damsight_consumer.telemetry import Telemetry
from damsight_consumer.topics import ensure_topics
from damsight_devstack import Stack
from damsight_schemas.connections import KafkaSettings

PATIENCE_S = 180.0


class Heard(Telemetry):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []
        self.troubles: list[Exception] = []
        self.losses: list[tuple[int, int, int]] = []

    def note(self, words: str, **about: object) -> None:
        self.notes.append(words)
        super().note(words, **about)

    def trouble(self, stage: Stage, error: Exception, delay_s: float, **about: object) -> None:
        self.troubles.append(error)
        super().trouble(stage, error, delay_s, **about)

    def lost_to_retention(self, partition: Partition, first: int, beginning: int) -> None:
        self.losses.append((partition.number, first, beginning))
        super().lost_to_retention(partition, first, beginning)


class Group:
    """A topic of its own and the members of one group that read it."""

    def __init__(self, stack: Stack, *, partitions: int = 1) -> None:
        self.kafka = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)
        self.topic = f"g{uuid4().hex[:12]}"
        self._partitions = partitions
        self.make()
        self._members: list[KafkaSource] = []
        self.producer = KafkaProducer(bootstrap_servers=stack.kafka_bootstrap, acks="all", metadata_max_age_ms=500)
        self.admin = KafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)

    def make(self) -> None:
        """Create the topic, which may have been deleted a moment before."""
        deadline = time.monotonic() + PATIENCE_S
        while not ensure_topics(self.kafka, names=(self.topic,), partitions=self._partitions, replication=1):
            assert time.monotonic() < deadline, "the topic is still there"
            time.sleep(0.1)

    def send(self, *values: bytes, partition: int = 0) -> None:
        for value in values:
            self.producer.send(self.topic, value=value, partition=partition)
        self.producer.flush(60)

    def member(
        self,
        *,
        instance_id: str | None = None,
        telemetry: Telemetry | None = None,
        lane: Lane = Lane.LIVE,
        max_poll_interval_s: float = 60.0,
    ) -> KafkaSource:
        consumer = join(
            self.kafka,
            group_id=self.topic,
            instance_id=instance_id,
            max_poll_interval_s=max_poll_interval_s,
            metadata_s=1.0,
        )
        prober = Prober(lambda: look(self.kafka))
        source = KafkaSource(consumer, [self.topic], prober=prober, telemetry=telemetry or Heard(), lane=lane)
        self._members.append(source)
        return source

    def grow(self, partitions: int) -> None:
        self.admin.create_partitions({self.topic: NewPartitions(partitions)})
        deadline = time.monotonic() + PATIENCE_S
        while len(self.producer.partitions_for(self.topic)) < partitions:
            assert time.monotonic() < deadline, "the producer does not see the new partitions"
            time.sleep(0.05)

    def committed(self) -> dict[int, int]:
        """What the group committed, by partition."""
        reader = join(self.kafka, group_id=self.topic, instance_id=None)
        try:
            numbers = reader.partitions_for_topic(self.topic)
            told = {number: reader.committed(TopicPartition(self.topic, number)) for number in numbers}
        finally:
            reader.close(autocommit=False)
        return {number: offset for number, offset in told.items() if offset is not None}

    def close(self) -> None:
        for source in reversed(self._members):
            source.close()
        self.producer.close()
        self.admin.close()


@contextmanager
def group_of(stack: Stack, *, partitions: int = 1) -> Iterator[Group]:
    group = Group(stack, partitions=partitions)
    try:
        yield group
    finally:
        group.close()


def poll_until(until: Callable[[], object], *sources: EventSource) -> list[Delivery]:
    """Poll all of them in turn until something holds, and return what came."""
    deadline = time.monotonic() + PATIENCE_S
    came: list[Delivery] = []
    while not until():
        assert time.monotonic() < deadline, "it did not come about in time"
        for source in sources:
            came += source.poll()
    return came


def poll_until_shared(*sources: KafkaSource) -> list[Delivery]:
    """Poll all of them in turn until each has as many partitions as the others, and no rebalance is under way."""

    def shared() -> bool:
        return len({len(partitions_of(source)) for source in sources}) == 1 and all(map(is_settled, sources))

    return poll_until(shared, *sources)


def is_settled(source: KafkaSource) -> bool:
    """It has partitions, and no rebalance that it knows of is under way."""
    coordinator = source._consumer._coordinator
    joined = coordinator.stable() and not coordinator.rejoining and not coordinator.need_rejoin()
    return joined and bool(partitions_of(source))


def take(source: EventSource, count: int) -> list[Delivery]:
    """Poll one until so many came."""
    came: list[Delivery] = []
    deadline = time.monotonic() + PATIENCE_S
    while len(came) < count:
        assert time.monotonic() < deadline, f"{len(came)} of {count} came in time"
        came += source.poll()
    return came


def partitions_of(source: KafkaSource) -> set[int]:
    """Which are its own, and opened."""
    return {partition.number for partition in source._ledger.positions()}
