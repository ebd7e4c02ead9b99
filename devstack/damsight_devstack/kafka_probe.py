"""Prove that a Kafka broker works: a message is produced, consumed, and committed by a group."""

import uuid
from contextlib import closing, suppress

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata, TopicPartition

TOPIC = "damsight.stack.ready"
REQUEST_MS = 10_000


def kafka_problem(bootstrap: str) -> str | None:
    """None when the broker did one message's whole way, else what went wrong this time."""
    try:
        return _one_message(bootstrap)
    except KafkaError as refused:
        return f"{type(refused).__name__}: {refused}"


def _one_message(bootstrap: str) -> str | None:
    name = f"{TOPIC}.{uuid.uuid4().hex[:8]}"
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_MS)) as admin:
        admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
        try:
            return _produce_and_consume(bootstrap, TopicPartition(name, 0))
        finally:
            with suppress(KafkaError):
                admin.delete_topics([name])
            with suppress(KafkaError):
                admin.delete_groups([name])


def _produce_and_consume(bootstrap: str, partition: TopicPartition) -> str | None:
    token = uuid.uuid4().bytes
    with closing(KafkaProducer(bootstrap_servers=bootstrap, acks="all", max_block_ms=REQUEST_MS)) as producer:
        producer.send(partition.topic, token).get(timeout=REQUEST_MS / 1000)
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=partition.topic,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        request_timeout_ms=REQUEST_MS,
        session_timeout_ms=REQUEST_MS - 1000,
    )
    with closing(consumer):
        consumer.assign([partition])
        records = consumer.poll(timeout_ms=REQUEST_MS).get(partition, [])
        if [record.value for record in records] != [token]:
            return "a produced message did not come back"
        # A commit makes the broker create its offsets topic now rather than for the first real group.
        consumer.commit({partition: OffsetAndMetadata(1, "", -1)})
    return None
