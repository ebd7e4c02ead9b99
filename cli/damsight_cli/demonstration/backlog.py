"""How much of what was published is not done yet, as Kafka knows it."""

from contextlib import closing

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from damsight_consumer.settings import ConsumerSettings
from damsight_kafka import client_options, knock

ANSWER_MS = 10_000


def uncommitted(settings: ConsumerSettings) -> int | None:
    """Return how many events of the live topic the consumer has not committed; None where Kafka does not answer.

    After an outage events may come twice, so counting them does not tell; a commit does: it says that everything
    before it is stored.
    """
    group = settings.consumer
    try:
        knock(settings.kafka)
        with closing(
            KafkaConsumer(**client_options(settings.kafka), group_id=group.group_id, enable_auto_commit=False)
        ) as consumer:
            return _behind(consumer, group.topic)
    except KafkaError:
        return None


def _behind(consumer: KafkaConsumer, topic: str) -> int:
    partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    firsts = consumer.beginning_offsets(partitions)
    ends = consumer.end_offsets(partitions)
    behind = 0
    for partition in partitions:
        committed = consumer.committed(partition, timeout_ms=ANSWER_MS)
        behind += ends[partition] - (firsts[partition] if committed is None else committed)
    return behind
