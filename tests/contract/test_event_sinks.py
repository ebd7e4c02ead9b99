"""Both event sinks keep the port's contract."""

import socket
from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest

from contract.event_sink_contract import EventSinkContract
from damsight_devstack import Stack
from damsight_publisher.errors import BrokerError
from damsight_publisher.kafka_sink import KafkaSink, prepare_topic
from damsight_publisher.ports import EventSink
from damsight_schemas.connections import KafkaSettings
from damsight_schemas.events import AssetEvent
from drivers.kafka_topic import events_of
from fakes.event_sink import FakeSink


class TestFakeSink(EventSinkContract):
    @pytest.fixture
    def sink(self) -> EventSink:
        return FakeSink()

    def arrived(self, sink: EventSink) -> list[AssetEvent]:
        assert isinstance(sink, FakeSink)
        return sink.taken


@pytest.mark.integration
class TestKafkaSink(EventSinkContract):
    kafka: KafkaSettings
    topic: str

    @pytest.fixture
    def sink(self, stack: Stack) -> Iterator[EventSink]:
        self.kafka = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)
        self.topic = f"contract.{uuid4().hex[:8]}"
        cluster = prepare_topic(self.kafka, self.topic, partitions=3)
        with closing(KafkaSink(self.kafka, self.topic, cluster, delivery_s=30)) as made:
            yield made

    def arrived(self, sink: EventSink) -> list[AssetEvent]:
        return events_of(self.kafka.bootstrap_servers, self.topic)


@pytest.mark.integration
def test_the_topic_is_made_once(stack: Stack) -> None:
    """A missing topic is created, an existing one is left; the cluster's id is the same each time."""
    kafka = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)
    topic = f"contract.{uuid4().hex[:8]}"
    first = prepare_topic(kafka, topic, partitions=3)
    assert prepare_topic(kafka, topic, partitions=5) == first
    assert events_of(stack.kafka_bootstrap, topic, partitions=3) == []


@pytest.mark.integration
def test_a_missing_topic_that_must_not_be_made(stack: Stack) -> None:
    """Where topics are made by others, a missing one is an error that names it."""
    kafka = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)
    with pytest.raises(BrokerError, match="DAMSIGHT_PUBLISH__CREATE_TOPICS"):
        prepare_topic(kafka, f"contract.{uuid4().hex[:8]}", create=False)


def test_no_kafka_at_all(unused_port: int) -> None:
    """An address where nothing listens is an error that names it and what to check."""
    kafka = KafkaSettings(bootstrap_servers=f"127.0.0.1:{unused_port}")
    with pytest.raises(BrokerError, match="DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS"):
        prepare_topic(kafka, "any")


@pytest.fixture
def unused_port() -> int:
    """A port of this computer that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
