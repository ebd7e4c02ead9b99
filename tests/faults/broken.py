"""Consumers that are made wrongly, each in a way that is easy to get wrong. The check must find what they lose.

Each is the real consumer with one change, made at the client of the vendor or at the source.
"""

import threading
from collections.abc import Callable, Collection
from typing import Any

import orjson
from elasticsearch import Elasticsearch
from kafka import TopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor

from damsight_consumer import group
from damsight_consumer.offsets import DeliveredOffsets
from damsight_consumer.ports import Answer, Verdict, Versioned
from damsight_consumer.records import Delivery, Partition, Receipt
from damsight_consumer.source import KafkaSource
from damsight_consumer.write import BulkWriter

COMMIT_ON_POLL = "commit_on_poll"
DROP_ON_REVOKE = "drop_on_revoke"
EAGER = "eager"
COMMIT_HIGHEST = "commit_highest"
DELETE_WITHOUT_TOMBSTONE = "delete_without_tombstone"
_JOIN_S = 120.0


def install(variant: str) -> None:
    """Make this process's consumer one of these; it cannot be undone."""
    _VARIANTS[variant]()


def _commit_on_poll() -> None:
    """Commits what was delivered, done or not, as a client with auto-commit does."""
    poll = KafkaSource.poll

    def committing(source: KafkaSource) -> list[Delivery]:
        delivered = poll(source)
        if delivered:
            source._consumer.commit()
        return delivered

    KafkaSource.poll = committing  # type: ignore[method-assign]  # to break it is the point
    KafkaSource.commit = lambda *_, **more: None  # type: ignore[method-assign]  # as above


def _commit_highest() -> None:
    """Commits behind the highest offset that is done, whatever is still open before it."""
    highest: dict[Partition, int] = {}
    complete = DeliveredOffsets.complete

    def completing(offsets: DeliveredOffsets, receipt: Receipt) -> bool:
        highest[receipt.partition] = max(highest.get(receipt.partition, 0), receipt.offset + 1)
        return complete(offsets, receipt)

    DeliveredOffsets.complete = completing  # type: ignore[method-assign]  # as above
    DeliveredOffsets.committable = lambda _, partition, position: highest.get(partition)  # type: ignore[method-assign]  # as above


def _eager() -> None:
    """Gives everything up in each rebalance; by itself that loses nothing."""
    group.CooperativeStickyAssignor = RangePartitionAssignor


def _drop_on_revoke() -> None:
    """Rebalances eagerly, and drops what is under way whenever anything is revoked.

    Every bulk that begins before the first other member joins waits for it, so that something is under way then.
    """
    _eager()
    under_way, joined = threading.Event(), threading.Event()
    revoked, write = KafkaSource.revoked, BulkWriter.write

    def revoking(source: KafkaSource, partitions: Collection[TopicPartition]) -> None:
        revoked(source, partitions)
        if partitions and under_way.is_set():
            joined.set()

    def dropping(writer: BulkWriter, documents: Collection[Versioned]) -> list[Verdict]:
        if joined.is_set():
            return write(writer, list(documents))
        under_way.set()
        joined.wait(_JOIN_S)
        return [Verdict(Answer.ALREADY) for _ in documents]

    KafkaSource.revoked = revoking  # type: ignore[method-assign]  # as above
    BulkWriter.write = dropping  # type: ignore[method-assign,assignment]  # as above


def _delete_without_tombstone() -> None:
    """Deletes the document, with the same external version, and leaves nothing that a late event could meet."""
    bulk = Elasticsearch.bulk

    def deleting(client: Elasticsearch, *, operations: list[Any], **more: Any) -> Any:
        pairs = zip(operations[::2], operations[1::2], strict=True)
        answer = bulk(client, operations=[line for pair in pairs for line in _deleting(*pair)], **more)
        for item in answer.body["items"]:
            if "delete" in item:
                item["index"] = item.pop("delete") | {"status": 200}
        return answer

    Elasticsearch.bulk = deleting  # type: ignore[method-assign]  # as above


def _deleting(action: bytes, body: bytes) -> list[bytes]:
    if not orjson.loads(body)["deleted"]:
        return [action, body]
    return [orjson.dumps({"delete": orjson.loads(action)["index"]})]


_VARIANTS: dict[str, Callable[[], None]] = {
    COMMIT_ON_POLL: _commit_on_poll,
    COMMIT_HIGHEST: _commit_highest,
    EAGER: _eager,
    DROP_ON_REVOKE: _drop_on_revoke,
    DELETE_WITHOUT_TOMBSTONE: _delete_without_tombstone,
}
