"""Consumers that are made wrongly, each in a way that is easy to get wrong. The check must find what they lose.

Each is the real consumer with one change, made where it meets Kafka or Elasticsearch. Each ends with all committed.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any

import orjson
from elasticsearch import Elasticsearch
from kafka import KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.structs import OffsetAndMetadata

from damsight_consumer.ports import Answer, Verdict, Versioned
from damsight_consumer.rebalances import Rebalances
from damsight_consumer.write import BulkWriter

COMMIT_ON_POLL = "commit_on_poll"
COMMIT_HIGHEST = "commit_highest"
EAGER = "eager"
DROP_ON_REVOKE = "drop_on_revoke"
DELETE_WITHOUT_TOMBSTONE = "delete_without_tombstone"
_JOIN_S = 120.0

Ahead = dict[TopicPartition, int]
Write = Callable[[BulkWriter, Sequence[Versioned]], list[Verdict]]


def install(variant: str) -> None:
    """Make this process's consumer one of these; it cannot be undone."""
    _VARIANTS[variant]()


def _commit_on_poll() -> None:
    """Commits what was delivered, done or not, as a client with auto-commit does."""
    ahead: Ahead = {}
    _note_each_record(lambda place, record: ahead.update({place: record.offset + 1}))
    _commit_ahead(ahead)


def _commit_highest() -> None:
    """Commits behind the highest offset that is done, whatever is still open before it."""
    ahead: Ahead = {}
    places: dict[str, tuple[TopicPartition, int]] = {}
    _note_each_record(lambda place, record: places.update({record.key.decode(): (place, record.offset + 1)}))
    write = BulkWriter.write

    def noting(writer: BulkWriter, documents: Sequence[Versioned]) -> list[Verdict]:
        verdicts = write(writer, documents)
        for document in documents:
            place, offset = places[document.asset_id]
            ahead[place] = max(ahead.get(place, 0), offset)
        return verdicts

    _replace_write(noting)
    _commit_ahead(ahead)


def _eager() -> None:
    """Gives everything up in each rebalance; by itself that loses nothing."""
    join = KafkaConsumer.__init__

    def joining(consumer: KafkaConsumer, *topics: str, **options: Any) -> None:
        eagerly = {"partition_assignment_strategy": (RangePartitionAssignor,)} if options.get("group_id") else {}
        join(consumer, *topics, **{**options, **eagerly})

    KafkaConsumer.__init__ = joining


def _drop_on_revoke() -> None:
    """Rebalances eagerly, drops what is under way whenever anything is revoked, and keeps the positions of what stays.

    Every bulk that begins before another member joins waits for it, so that something is under way then.
    """
    _eager()
    under_way, joined = threading.Event(), threading.Event()
    write, assigned, lost = BulkWriter.write, Rebalances.on_partitions_assigned, Rebalances.on_partitions_lost
    held: dict[Rebalances, set[TopicPartition]] = {}

    def revoking(_: Rebalances, partitions: Collection[TopicPartition]) -> None:
        if partitions and under_way.is_set():
            joined.set()

    def assigning(listener: Rebalances, partitions: Collection[TopicPartition]) -> None:
        before, now = held.get(listener, set()), set(partitions)
        lost(listener, before - now)
        assigned(listener, now - before)
        held[listener] = now

    def dropping(writer: BulkWriter, documents: Sequence[Versioned]) -> list[Verdict]:
        if joined.is_set():
            return write(writer, documents)
        under_way.set()
        joined.wait(_JOIN_S)
        return [Verdict(Answer.ALREADY) for _ in documents]

    Rebalances.on_partitions_revoked = revoking  # type: ignore[method-assign, assignment]  # to break it is the point
    Rebalances.on_partitions_assigned = assigning  # type: ignore[method-assign, assignment]  # as above
    _replace_write(dropping)


def _delete_without_tombstone() -> None:
    """Deletes the document, with the same external version, and leaves nothing that a late event could meet."""
    bulk = Elasticsearch.bulk

    def deleting(client: Elasticsearch, *, operations: Sequence[bytes], **more: Any) -> Any:
        pairs = zip(operations[::2], operations[1::2], strict=True)
        lines: list[Any] = [line for pair in pairs for line in _deleting(*pair)]
        answer = bulk(client, operations=lines, **more)
        for item in answer.body["items"]:
            if "delete" in item:
                # Gone already is as good as deleted now.
                item["index"] = item.pop("delete") | {"status": 200}
        return answer

    Elasticsearch.bulk = deleting  # type: ignore[method-assign,assignment]  # as above


def _deleting(action: bytes, body: bytes) -> list[bytes]:
    if not orjson.loads(body)["deleted"]:
        return [action, body]
    return [orjson.dumps({"delete": orjson.loads(action)["index"]})]


def _replace_write(write: Write) -> None:
    BulkWriter.write = write  # type: ignore[method-assign, assignment]  # as above


def _note_each_record(note: Callable[[TopicPartition, Any], None]) -> None:
    poll = KafkaConsumer.poll

    def noting(consumer: KafkaConsumer, *given: Any, **named: Any) -> Any:
        batches = poll(consumer, *given, **named)
        for place, records in batches.items():
            for record in records:
                note(place, record)
        return batches

    KafkaConsumer.poll = noting


def _commit_ahead(ahead: Ahead) -> None:
    """Commit so far after each poll, and never commit less."""
    poll, commit, commit_async = KafkaConsumer.poll, KafkaConsumer.commit, KafkaConsumer.commit_async

    def raised(offsets: dict[TopicPartition, OffsetAndMetadata]) -> dict[TopicPartition, OffsetAndMetadata]:
        return {
            place: OffsetAndMetadata(max(one.offset, ahead.get(place, 0)), one.metadata, one.leader_epoch)
            for place, one in offsets.items()
        }

    def polling(consumer: KafkaConsumer, *given: Any, **named: Any) -> Any:
        batches = poll(consumer, *given, **named)
        due = {place: ahead[place] for place in consumer.assignment() if place in ahead}
        if due:
            commit(consumer, {place: OffsetAndMetadata(offset, "", -1) for place, offset in due.items()})
        return batches

    KafkaConsumer.poll = polling
    KafkaConsumer.commit = lambda consumer, offsets, **more: commit(consumer, raised(offsets), **more)
    KafkaConsumer.commit_async = lambda consumer, offsets, **more: commit_async(consumer, raised(offsets), **more)


_VARIANTS: dict[str, Callable[[], None]] = {
    COMMIT_ON_POLL: _commit_on_poll,
    COMMIT_HIGHEST: _commit_highest,
    EAGER: _eager,
    DROP_ON_REVOKE: _drop_on_revoke,
    DELETE_WITHOUT_TOMBSTONE: _delete_without_tombstone,
}
