"""Reads dead letters from Kafka."""

import re
from collections.abc import Callable, Iterator, Mapping

from damsight_consumer.letters.letter import EVERY, Letter, Wanted, letter_of
from damsight_consumer.read_topic import offsets_at, record_at, records_of
from damsight_consumer.records import Partition, Unreadable
from damsight_schemas.connections import KafkaSettings
from damsight_schemas.topics import DEAD_LETTERS


def letters_of(
    kafka: KafkaSettings,
    wanted: Wanted = EVERY,
    *,
    tell: Callable[[Unreadable], None],
    since: Mapping[int, int] | None = None,
    topic: str = DEAD_LETTERS,
) -> Iterator[Letter]:
    """Read the letters that are wanted; those of one partition come in their order.

    Args:
        kafka: How to reach it.
        wanted: Which.
        tell: Is told of each letter that cannot be read.
        since: The first offset to look at, by partition.
        topic: Of the dead letters.

    Raises:
        SourceError: Kafka cannot be reached, or refuses.
    """
    if since is None and wanted.since_ms is not None:
        since = offsets_at(kafka, topic, wanted.since_ms)
    for record in records_of(kafka, topic, since=since, tell=tell):
        letter = letter_of(record)
        if wanted.takes(letter):
            yield letter


def letter_at(kafka: KafkaSettings, letter_id: str, *, topic: str = DEAD_LETTERS) -> Letter | None:
    """Return the letter of an id; none where there is no such letter.

    Raises:
        SourceError: Kafka cannot be reached, or refuses.
    """
    place = re.fullmatch(r"(\d{1,9})-(\d{1,18})", letter_id, re.ASCII)
    if place is None:
        return None
    record = record_at(kafka, Partition(topic, int(place[1])), int(place[2]))
    return None if record is None else letter_of(record)
