"""Publishes what is tried again later to the retry topics, each with its own wait."""

import time
from collections.abc import Sequence

from damsight_consumer.dead_letters import AcknowledgedProducer, Outgoing, forms_of
from damsight_consumer.postponing import retry_headers
from damsight_consumer.records import DeadLetter, Postponed, Stage
from damsight_schemas.connections import KafkaSettings
from damsight_schemas.topics import DEAD_LETTERS, RETRY, RETRY_DELAYS_S


class KafkaRetries:
    """See `damsight_consumer.ports.Retries`. Close it when done.

    A record that was just small enough for its own topic can be too large for a retry topic: headers are added to it,
    and it is compressed by other means. Such a one is dead-lettered in its place, so that it is not lost; the letter
    says so.

    Args:
        kafka: How to reach it.
        topics: One for each later try; the last one serves all that are beyond.
        delays_s: How long each of them waits.
        dead_letters: The topic for what is too large.

    Raises:
        SourceError: Kafka cannot be reached.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        *,
        topics: Sequence[str] = RETRY,
        delays_s: Sequence[float] = RETRY_DELAYS_S,
        dead_letters: str = DEAD_LETTERS,
    ) -> None:
        self._ways = list(zip(topics, delays_s, strict=True))
        self._dead_letters = dead_letters
        self._producer = AcknowledgedProducer(kafka, "retries")

    def publish(self, postponed: Sequence[Postponed]) -> None:
        """Publish, and return when all are acknowledged; see the port."""
        self._producer.publish(self._forms(again) for again in postponed)

    def close(self) -> None:
        """Let go of the connections."""
        self._producer.close()

    def _forms(self, again: Postponed) -> list[Outgoing]:
        topic, delay_s = self._ways[min(max(again.attempt, 1), len(self._ways)) - 1]
        due_ms = int((time.time() + delay_s) * 1000)
        record = again.record
        key = again.asset_id.encode("utf-8", "replace") if record.key is None else record.key
        whole = Outgoing(topic, key, record.value, retry_headers(again, due_ms=due_ms))
        return [whole, *forms_of(_too_large(again, topic), self._dead_letters)]


def _too_large(again: Postponed, topic: str) -> DeadLetter:
    words = f"{again.problem.message}; not tried again, because the record is too large for {topic}"
    return DeadLetter(
        record=again.record,
        stage=Stage(again.problem.stage),
        problem=again.problem.model_copy(update={"message": words}),
        asset_id=again.asset_id,
        revision=again.revision,
        attempts=again.attempt,
    )
