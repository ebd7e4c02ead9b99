"""Reads the dead letters of one world."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition

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
    reader = KafkaConsumer(**kafka, enable_auto_commit=False)
    found: dict[str, list[Letter]] = {}
    try:
        places = [TopicPartition(DEAD_LETTERS, number) for number in reader.partitions_for_topic(DEAD_LETTERS) or ()]
        reader.assign(places)
        reader.seek_to_beginning(*places)
        ends = reader.end_offsets(places)
        while any(reader.position(place) < ends[place] for place in places):
            for records in reader.poll(timeout_ms=500).values():
                for record in records:
                    letter = Letter(record.key, record.value, dict(record.headers))
                    if letter.headers["damsight-topic"].decode() in topics:
                        name = letter.headers.get("damsight-asset-id") or record.key or b""
                        found.setdefault(name.decode(), []).append(letter)
    finally:
        reader.close(autocommit=False)
    return found
