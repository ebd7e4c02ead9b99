"""Sends events again, not faster than asked."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from damsight_consumer.dead_letters import AcknowledgedProducer
from damsight_consumer.errors import RecordTooLargeError
from damsight_consumer.replay.selection import Replayable, Skipped
from damsight_schemas.connections import KafkaSettings

MOST_AT_ONCE = 200
BATCHES_PER_S = 5


@dataclass(frozen=True, slots=True)
class Sent:
    """What Kafka acknowledged, and what is too large for the topic."""

    sent: list[Replayable] = field(default_factory=list)
    refused: list[Skipped] = field(default_factory=list)


def send(
    kafka: KafkaSettings,
    replayables: Sequence[Replayable],
    topic: str,
    *,
    per_s: float | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Sent:
    """Publish, in order; return when all are acknowledged.

    Args:
        kafka: How to reach it.
        replayables: The oldest first.
        topic: Of the lane that shall take them.
        per_s: At most so many each second.
        on_progress: Is told how many are sent.

    Raises:
        SourceError: Kafka cannot be reached.
        DeadLettersUnavailableError: Kafka does not acknowledge; some may have been sent, which does no harm.
    """
    done = Sent()
    batch = MOST_AT_ONCE if per_s is None else min(MOST_AT_ONCE, max(1, int(per_s / BATCHES_PER_S)))
    producer = AcknowledgedProducer(kafka, "replays")
    try:
        due = time.monotonic()
        for first in range(0, len(replayables), batch):
            time.sleep(max(0.0, due - time.monotonic()))
            some = replayables[first : first + batch]
            _publish(producer, some, topic, done)
            due += 0.0 if per_s is None else len(some) / per_s
            on_progress(first + len(some))
    finally:
        producer.close()
    return done


def _publish(producer: AcknowledgedProducer, some: Sequence[Replayable], topic: str, done: Sent) -> None:
    try:
        producer.publish([one.outgoing(topic)] for one in some)
    except RecordTooLargeError as error:
        if len(some) == 1:
            done.refused.append(Skipped(some[0].letter, str(error), lost=True))
            return
        # One of them is to blame; the others may be sent twice, which does no harm.
        for one in some:
            _publish(producer, [one], topic, done)
        return
    done.sent.extend(some)
