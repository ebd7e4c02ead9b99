"""Looks for one asset: in the index, in what no consumer has committed yet, and among the dead letters."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from elasticsearch import Elasticsearch

from damsight_consumer.bootstrap import group_of
from damsight_consumer.errors import IndexNotReadyError, IndexUnavailableError
from damsight_consumer.read_topic import committed_of, ends_of, records_of
from damsight_consumer.reconcile.reachable import require_kafka
from damsight_consumer.records import Lane
from damsight_consumer.settings import ConsumerSettings
from damsight_consumer.whereabouts.sightings import DeadLettered, Document, Matcher, Sightings, Waiting
from damsight_index.connection import connect, translated
from damsight_index.errors import IndexMissingError, SearchIndexError
from damsight_index.generations import spaces_in
from damsight_schemas.document import Problem
from damsight_schemas.topics import DEAD_LETTERS

# Progress is told once for so many records.
STRIDE = 500

OnProgress = Callable[[str, int, int], None]
"""Is told the topic, how many records of it were read, and of how many."""


def look_for(asset_id: str, settings: ConsumerSettings, on_progress: OnProgress) -> Sightings:
    """Return all that is found of an asset. Kafka is looked through first, so that nothing slips past on its way.

    Args:
        asset_id: As its events name it.
        settings: Of the consumer.
        on_progress: Is told how far it is.

    Raises:
        IndexNotReadyError: There is no such index.
        IndexUnavailableError: It does not answer.
        SourceError: Kafka does not answer.
    """
    require_kafka(settings.kafka)
    matcher = Matcher(asset_id, now_ms=time.time_ns() // 1_000_000)
    group = settings.consumer
    waiting = tuple(
        one
        for lane, topic in (
            (Lane.LIVE, group.topic),
            (Lane.BACKFILL, group.backfill_topic),
            *((Lane.RETRY, topic) for topic in group.retry_topics),
        )
        for one in _waiting(matcher, settings, lane, topic, on_progress)
    )
    dead = tuple(_dead(matcher, settings, on_progress))
    client = connect(settings.elasticsearch)
    try:
        document = _document(client, settings.index.write_alias, asset_id)
    finally:
        client.close()
    return Sightings(asset_id, settings.index.alias, group.group_id, len(group.retry_topics), document, waiting, dead)


def _waiting(
    matcher: Matcher, settings: ConsumerSettings, lane: Lane, topic: str, on_progress: OnProgress
) -> Iterator[Waiting]:
    since = committed_of(settings.kafka, group_of(settings, lane), topic)
    total = sum(ends_of(settings.kafka, topic).values()) - sum(since.values())
    read: Counter[int] = Counter()
    for record in records_of(settings.kafka, topic, since=since, lane=lane):
        number = record.receipt.partition.number
        found = matcher.waiting(record, ahead=read[number], is_read=number in since)
        read[number] += 1
        if found is not None:
            yield found
        if read.total() % STRIDE == 0:
            on_progress(topic, read.total(), max(total, read.total()))


def _dead(matcher: Matcher, settings: ConsumerSettings, on_progress: OnProgress) -> Iterator[DeadLettered]:
    total = sum(ends_of(settings.kafka, DEAD_LETTERS).values())
    for number, record in enumerate(records_of(settings.kafka, DEAD_LETTERS), start=1):
        found = matcher.dead(record)
        if found is not None:
            yield found
        if number % STRIDE == 0:
            on_progress(DEAD_LETTERS, number, max(total, number))


def _document(client: Elasticsearch, alias: str, asset_id: str) -> Document | None:
    try:
        spaces = spaces_in(client, alias).fields()
        with translated(f"reading asset {asset_id!r} from the index {alias!r}"):
            answer = client.options(ignore_status=404).get(index=alias, id=asset_id, source_exclude_vectors=False)
    except IndexMissingError as error:
        raise IndexNotReadyError(str(error)) from error
    except SearchIndexError as error:
        raise IndexUnavailableError(str(error)) from error
    if not answer.get("found"):
        return None
    told: dict[str, Any] = answer["_source"]
    problem = told.get("problem")
    return Document(
        revision=told["revision"],
        version=answer["_version"],
        deleted=bool(told.get("deleted")),
        indexed_at=told.get("indexed_at"),
        vectors={field: str(space) for field, space in spaces.items() if field in told},
        problem=Problem.model_validate(problem) if problem else None,
    )
