"""Sends events to Kafka; an event counts when every in-sync replica has it."""

import queue
from collections.abc import Callable
from contextlib import closing

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import (
    InvalidRecordError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAlreadyExistsError,
)

from damsight_kafka import client_options, close_producer, knock, told
from damsight_publisher.errors import BrokerError
from damsight_publisher.records import Receipt
from damsight_schemas.connections import KafkaSettings
from damsight_schemas.events import MAX_EVENT_BYTES, AssetEvent, to_structured

# An event's envelope and the record around it add less than this to what MAX_EVENT_BYTES allows.
_REQUEST_BYTES = MAX_EVENT_BYTES + 64 * 1024
_UNDER_WAY = 2000
_CLOSE_S = 1
# What is wrong with one record, and not with the broker.
_OF_ONE = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidRecordError)


def prepare_topic(
    kafka: KafkaSettings, topic: str, *, create: bool = True, partitions: int = 6, replication: int = -1
) -> str:
    """Create a topic where it is missing, and return the cluster's id.

    Raises:
        BrokerError: Kafka cannot be reached or refuses; or the topic is missing and must not be created.
    """
    try:
        knock(kafka)
        with closing(KafkaAdminClient(**client_options(kafka), client_id="damsight-publish")) as admin:
            if topic not in set(admin.list_topics()):
                if not create:
                    raise BrokerError(
                        f"the topic {topic} is not there at {kafka.bootstrap_servers}. Create it, or set "
                        f"DAMSIGHT_PUBLISH__CREATE_TOPICS=true."
                    )
                _create(admin, topic, partitions, replication)
            return str(admin.describe_cluster()["cluster_id"])
    except KafkaError as error:
        raise _unreachable(kafka, error) from error


class KafkaSink:
    """The producer. Its own thread sends; receipts come back by a queue."""

    def __init__(self, kafka: KafkaSettings, topic: str, cluster: str, *, delivery_s: float = 60.0) -> None:
        """Connect.

        Raises:
            BrokerError: Kafka cannot be reached.
        """
        self._kafka, self._topic, self._delivery_s = kafka, topic, delivery_s
        self._scope = f"{cluster}/{topic}"
        self._done: queue.SimpleQueue[tuple[str, int, BaseException | None]] = queue.SimpleQueue()
        self._under_way = 0
        self._ready: list[Receipt] = []
        try:
            self._producer = KafkaProducer(
                **client_options(kafka),
                client_id="damsight-publish",
                acks="all",
                # The idempotent producer of kafka-python 3.0.12 dies for good of one record that is too large for the
                # topic. Without it an event may arrive twice or out of order, and its revision makes that harmless.
                enable_idempotence=False,
                compression_type="zstd",
                linger_ms=20,
                max_request_size=_REQUEST_BYTES,
                max_block_ms=int(delivery_s * 1000),
                delivery_timeout_ms=int(delivery_s * 1000),
                request_timeout_ms=int(min(delivery_s * 500, 30_000)),
            )
        except KafkaError as error:
            raise _unreachable(kafka, error) from error

    @property
    def scope(self) -> str:
        """The cluster's id and the topic."""
        return self._scope

    def send(self, event: AssetEvent) -> None:
        """Hand an event over; it blocks while 2,000 are on their way.

        Raises:
            BrokerError: Kafka takes nothing.
        """
        key, value, headers = to_structured(event)
        while self._under_way >= _UNDER_WAY:
            self._take(block=True)
        asset_id, revision = event.data.asset_id, event.data.revision
        try:
            future = self._producer.send(self._topic, key=key, value=value, headers=headers)
        except _OF_ONE as error:
            self._ready.append(Receipt(asset_id, revision, _told(error)))
            return
        except KafkaError as error:
            raise _unreachable(self._kafka, error) from error
        self._under_way += 1
        future.add_callback(self._callback(asset_id, revision))
        future.add_errback(self._errback(asset_id, revision))

    def receipts(self, *, wait: bool = False) -> list[Receipt]:
        """Return what became of the events since the last call.

        Raises:
            BrokerError: An event was not acknowledged in time.
        """
        while self._take(block=wait and self._under_way > 0):
            pass
        ready, self._ready = self._ready, []
        return ready

    def close(self) -> None:
        """Let go of the connection; what has no answer yet is given up."""
        close_producer(self._producer, within_s=_CLOSE_S)

    def _callback(self, asset_id: str, revision: int) -> Callable[[object], None]:
        return lambda _metadata: self._done.put((asset_id, revision, None))

    def _errback(self, asset_id: str, revision: int) -> Callable[[BaseException], None]:
        return lambda error: self._done.put((asset_id, revision, error))

    def _take(self, *, block: bool) -> bool:
        try:
            # Twice the producer's own limit: it answers to every event before.
            asset_id, revision, error = self._done.get(block=block, timeout=2 * self._delivery_s if block else None)
        except queue.Empty as nothing:
            if block:
                raise BrokerError(
                    f"Kafka at {self._kafka.bootstrap_servers} did not answer within {2 * self._delivery_s:.0f} s"
                ) from nothing
            return False
        self._under_way -= 1
        if error is None or isinstance(error, _OF_ONE):
            self._ready.append(Receipt(asset_id, revision, None if error is None else _told(error)))
            return True
        raise _unreachable(self._kafka, error) from error


def _create(admin: KafkaAdminClient, topic: str, partitions: int, replication: int) -> None:
    try:
        admin.create_topics([NewTopic(topic, num_partitions=partitions, replication_factor=replication)])
    except TopicAlreadyExistsError:
        # Another publisher or the consumer was quicker.
        return


def _told(error: BaseException) -> str:
    return f"Kafka does not take its event: {error}. Shorten its metadata, or raise the topic's max.message.bytes."


def _unreachable(kafka: KafkaSettings, error: BaseException) -> BrokerError:
    return BrokerError(
        f"{told(kafka, error)} Ask damsight doctor, then run this again: what was acknowledged is not sent twice."
    )
