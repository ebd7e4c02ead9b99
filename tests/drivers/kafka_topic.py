"""Reads a topic of a real Kafka, from its beginning to where it ends now."""

from contextlib import closing

from kafka import KafkaConsumer, TopicPartition

from damsight_schemas.events import AssetEvent, parse_event


def events_of(bootstrap: str, topic: str, *, partitions: int | None = None) -> list[AssetEvent]:
    """Every event of a topic, read as any consumer reads it; those of one asset in their order."""
    found: list[AssetEvent] = []
    with closing(KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)) as consumer:
        numbers = consumer.partitions_for_topic(topic) or set()
        assert partitions is None or len(numbers) == partitions
        everything = [TopicPartition(topic, number) for number in numbers]
        consumer.assign(everything)
        consumer.seek_to_beginning(*everything)
        ends = consumer.end_offsets(everything)
        while any(consumer.position(one) < ends[one] for one in everything):
            for records in consumer.poll(timeout_ms=200).values():
                for record in records:
                    event = parse_event(record.value, record.headers)
                    assert record.key == event.data.asset_id.encode()
                    found.append(event)
    return found
