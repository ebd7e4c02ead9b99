"""Publishes alerts to Kafka."""

from collections.abc import Sequence

from damsight_consumer.dead_letters import AcknowledgedProducer, Outgoing
from damsight_schemas.alerts import AlertEvent, to_record
from damsight_schemas.connections import KafkaSettings
from damsight_schemas.topics import ALERTS


class KafkaAlerts:
    """See `damsight_consumer.standing.ports.Alerts`. Close it when done.

    Args:
        kafka: How to reach it.
        topic: Of the alerts.

    Raises:
        SourceError: Kafka cannot be reached.
    """

    def __init__(self, kafka: KafkaSettings, topic: str = ALERTS) -> None:
        self._topic = topic
        self._producer = AcknowledgedProducer(kafka, "alerts")

    def publish(self, events: Sequence[AlertEvent]) -> None:
        """Publish, and return when all are acknowledged; see the port."""
        self._producer.publish([self._record(event)] for event in events)

    def close(self) -> None:
        """Let go of the connections."""
        self._producer.close()

    def _record(self, event: AlertEvent) -> Outgoing:
        key, value, headers = to_record(event)
        return Outgoing(self._topic, key, value, list(headers))
