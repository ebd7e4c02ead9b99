"""Sources of events over a topic of their own, in memory and in a real Kafka, for the suite that holds both."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from kafka import KafkaProducer

from damsight_consumer.group import join, look
from damsight_consumer.poison import Prober
from damsight_consumer.ports import EventSource
from damsight_consumer.records import Header, Lane, Partition, Record
from damsight_consumer.source import KafkaSource
from damsight_consumer.telemetry import Telemetry
from drivers.consumer_bench import ConsumerBench
from fakes.event_source import FakeLog, FakeSource

Send = Callable[[bytes, int, list[tuple[str, bytes]]], None]


@dataclass
class Subject:
    """A topic: how to write to it, join its group, and ask what the group committed of it.

    Attributes:
        join: A member; one that was joined before and not closed is dead from then on.
    """

    write: Send
    join: Callable[[Lane], EventSource]
    committed: Callable[[], int]

    def send(self, value: bytes, *, partition: int = 0, headers: list[tuple[str, bytes]] | None = None) -> None:
        self.write(value, partition, headers or [])


def subjects(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """One subject: in memory where the parameter says fake, else in Kafka."""
    if request.param == "fake":
        yield fake()
        return
    bench = ConsumerBench(request.getfixturevalue("stack"), tmp_path)
    kafka = bench.settings.kafka
    joined: list[KafkaSource] = []

    def member(lane: Lane) -> EventSource:
        # With a fixed name the next one takes the place of one that is dead at once.
        consumer = join(kafka, group_id=bench.settings.consumer.group_id, instance_id="a-member")
        prober = Prober(lambda: look(kafka))
        joined.append(KafkaSource(consumer, [bench.topic], prober=prober, telemetry=Telemetry(), lane=lane))
        return joined[-1]

    with closing(KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all")) as producer:

        def write(value: bytes, partition: int, headers: list[tuple[str, bytes]]) -> None:
            producer.send(bench.topic, key=b"k", value=value, headers=headers, partition=partition).get(60)

        yield Subject(write, member, bench.committed)
        for source in reversed(joined):
            source.close()
    bench.close()


def fake() -> Subject:
    log = FakeLog()

    def write(value: bytes, partition: int, headers: list[tuple[str, bytes]]) -> None:
        told: list[Header] = [*headers]
        log.send(Partition("t", partition), value, headers=told)

    return Subject(write, lambda lane: FakeSource(log, lane=lane), lambda: sum(log.committed.values()))


def take(source: EventSource, count: int, *, within_s: float = 120.0) -> list[Record]:
    taken: list[Record] = []
    deadline = time.monotonic() + within_s
    while len(taken) < count and time.monotonic() < deadline:
        taken += [delivery for delivery in source.poll() if isinstance(delivery, Record)]
    return taken


def values(records: list[Record]) -> list[bytes | None]:
    return [record.value for record in records]


def send(subject: Subject, *numbers: int) -> None:
    for number in numbers:
        subject.send(b"%d" % number)
