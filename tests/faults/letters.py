"""Reads the dead letters of one world, and the way to them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from damsight_schemas.topics import DEAD_LETTERS


@dataclass(frozen=True)
class Letter:
    """One dead letter.

    Attributes:
        headers: Of two with one name the last counts, which is ours.
    """

    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]


def letters_of(kafka: Mapping[str, Any], topics: Collection[str]) -> dict[str, list[Letter]]:
    """Return the letters of records that came from these topics, by the asset's id, or else by the key.

    Args:
        kafka: The client's options.
        topics: Where they came from.
    """
    found: dict[str, list[Letter]] = {}
    for record in records_of(kafka, DEAD_LETTERS):
        letter = Letter(record.key, record.value, dict(record.headers))
        if letter.headers["damsight-topic"].decode() in topics:
            name = letter.headers.get("damsight-asset-id") or record.key or b""
            found.setdefault(name.decode(), []).append(letter)
    return found


def trails_of(kafka: Mapping[str, Any], topics: Sequence[str], asset_ids: Collection[str]) -> dict[str, list[str]]:
    """Return, for each of these assets, what the retry topics hold of it: where its way to a dead letter ended.

    Args:
        kafka: The client's options.
        topics: The retry topics, in their order.
        asset_ids: Those that no letter tells of.
    """
    trails: dict[str, list[str]] = {asset_id: [] for asset_id in asset_ids}
    for topic in topics:
        for record in records_of(kafka, topic):
            trail = trails.get((record.key or b"").decode())
            if trail is not None:
                told = {name: value.decode() for name, value in record.headers if name.startswith("damsight-")}
                place = f"{topic}[{record.partition}] {record.offset} at {record.timestamp}"
                trail.append(f"{place}: try {told.get('damsight-attempt')}, due {told.get('damsight-due')}")
    return trails


def records_of(kafka: Mapping[str, Any], topic: str) -> Iterator[ConsumerRecord]:
    """Yield all that a topic holds now."""
    reader = KafkaConsumer(**kafka, enable_auto_commit=False)
    try:
        places = [TopicPartition(topic, number) for number in reader.partitions_for_topic(topic) or ()]
        reader.assign(places)
        reader.seek_to_beginning(*places)
        ends = reader.end_offsets(places)
        while any(reader.position(place) < ends[place] for place in places):
            for records in reader.poll(timeout_ms=500).values():
                yield from records
    finally:
        reader.close(autocommit=False)
