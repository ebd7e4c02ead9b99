"""A consumer that joins a group gets its partitions, and not by luck."""

import time
from contextlib import closing
from uuid import uuid4

import pytest

from damsight_consumer.group import join, look
from damsight_consumer.poison import Prober
from damsight_consumer.source import KafkaSource
from damsight_consumer.telemetry import Telemetry
from damsight_consumer.topics import ensure_topics
from damsight_devstack import Stack
from damsight_schemas.connections import KafkaSettings

pytestmark = pytest.mark.integration


def test_partitions_are_known_before_they_are_shared_out(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    """A leader never assigns without metadata: kafka-python may then leave the whole group without partitions."""
    kafka = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)
    for _ in range(5):
        topic = f"dam.join.{uuid4().hex[:8]}"
        ensure_topics(kafka, names=(topic,))
        member = join(kafka, group_id=topic, instance_id=None)
        source = KafkaSource(member, [topic], prober=Prober(lambda: look(kafka)), telemetry=Telemetry())
        with closing(source):
            deadline = time.monotonic() + 120
            while not source.has_partitions():
                assert time.monotonic() < deadline
                source.poll()
    assert "No partition metadata" not in caplog.text
