"""A consumer's surroundings on real servers: a topic, a group and an index of its own, and a folder of media."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from elasticsearch import Elasticsearch, NotFoundError
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from damsight_consumer.bootstrap import build_consumer
from damsight_consumer.pipeline import Consumer
from damsight_consumer.records import Outcome
from damsight_consumer.settings import ConsumerSettings, load_settings
from damsight_consumer.topics import ensure_topics
from damsight_devstack import Stack
from damsight_encoders.load import spaces_of_encoders
from damsight_encoders.ports import Encoders
from damsight_index.connection import connect
from damsight_index.generations import create_index
from damsight_index.names import generation_name
from damsight_kafka import client_options
from damsight_schemas.connections import ElasticsearchSettings
from damsight_schemas.events import AssetEvent, to_structured
from damsight_schemas.topics import DEAD_LETTERS
from fakes.encoders import fake_encoders


class NoUtf8(str):
    """A header name that another producer may well write, and that kafka-python cannot read."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


class ConsumerBench:
    """Sends events, runs consumers over them one after another, and looks at what they left."""

    def __init__(
        self,
        stack: Stack,
        folder: Path,
        *,
        elasticsearch_url: str | None = None,
        encoders: Encoders | None = None,
        lanes: str = "live",
    ) -> None:
        name = f"t{uuid4().hex[:12]}"
        self.folder = folder
        self.encoders = encoders or fake_encoders()
        self.environment = {
            "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": stack.kafka_bootstrap,
            "DAMSIGHT_ELASTICSEARCH__URL": elasticsearch_url or stack.elasticsearch_url,
            "DAMSIGHT_ELASTICSEARCH__TIMEOUT_S": "2",
            "DAMSIGHT_INDEX__ALIAS": name,
            "DAMSIGHT_FETCH__ROOTS": str(folder),
            "DAMSIGHT_CONSUMER__GROUP_ID": name,
            "DAMSIGHT_CONSUMER__TOPIC": name,
            "DAMSIGHT_CONSUMER__LANES": lanes,
            "DAMSIGHT_CONSUMER__BACKFILL_TOPIC": f"{name}.backfill",
            "DAMSIGHT_CONSUMER__RETRY_TOPICS": f"{name}.retry.1,{name}.retry.2,{name}.retry.3",
            "DAMSIGHT_CONSUMER__RETRY_DELAYS_S": "1,1,1",
            "DAMSIGHT_CONSUMER__PARTITIONS": "3",
            "DAMSIGHT_CONSUMER__COMMIT_INTERVAL_S": "0.2",
            "DAMSIGHT_CONSUMER__GRACE_S": "5",
            "DAMSIGHT_HEALTH__ENABLED": "false",
        }
        self.settings = self._settings()
        self.topic = name
        self.client: Elasticsearch = connect(ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60))
        create_index(self.client, self.settings.index, spaces_of_encoders(self.encoders))
        ensure_topics(self.settings.kafka, names=(name, DEAD_LETTERS), partitions=3, replication=1)
        self._producer = KafkaProducer(**client_options(self.settings.kafka), acks="all")

    def _settings(self) -> ConsumerSettings:
        given: dict[str, dict[str, Any]] = {}
        for name, value in self.environment.items():
            group, _, setting = name.removeprefix("DAMSIGHT_").lower().partition("__")
            given.setdefault(group, {})[setting] = value
        return load_settings(**given)

    def close(self) -> None:
        self._producer.close()
        self.client.indices.delete(index=generation_name(self.topic, 1))
        self.client.close()

    def save(self, name: str, data: bytes) -> str:
        """Write a file and return its URI."""
        path = self.folder / name
        path.write_bytes(data)
        return path.as_uri()

    def send(self, *events: AssetEvent) -> None:
        for event in events:
            key, value, headers = to_structured(event)
            self._producer.send(self.topic, key=key, value=value, headers=headers)
        self._producer.flush(30)

    def send_raw(
        self, value: bytes | None, *, key: bytes = b"raw", headers: list[tuple[str, bytes]] | None = None
    ) -> None:
        self._producer.send(self.topic, key=key, value=value, headers=headers).get(30)

    @contextmanager
    def consuming(self) -> Iterator[Consumer]:
        """One consumer, in a thread, for the length of a block; what it raised is raised here."""
        consumer = build_consumer(self.settings, encoders=self.encoders)
        failures: list[BaseException] = []

        def run() -> None:
            try:
                consumer.run()
            except BaseException as error:  # noqa: BLE001  handed to the test's own thread
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield consumer
        finally:
            consumer.stop()
            thread.join(60)
            assert not thread.is_alive()
        if failures:
            raise failures[0]

    def consume(self, count: int) -> dict[Outcome, int]:
        """Run one consumer until so many events ended, and return how, without the zeros."""
        with self.consuming() as consumer:
            self.wait(lambda: sum(consumer.counts().values()) >= count)
        return {outcome: number for outcome, number in consumer.counts().items() if number}

    def wait(self, until: Callable[[], bool], *, within_s: float = 180.0) -> None:
        deadline = time.monotonic() + within_s
        while not until():
            assert time.monotonic() < deadline, "it did not come about in time"
            time.sleep(0.05)

    def stored(self, asset_id: str) -> dict[str, Any] | None:
        """The document as stored, tombstones too, vectors included."""
        try:
            answer = self.client.get(index=self.settings.index.write_alias, id=asset_id, source_exclude_vectors=False)
        except NotFoundError:
            return None
        return dict(answer["_source"])

    def visible(self) -> set[str]:
        """The ids that a reader of the alias sees."""
        self.client.indices.refresh(index=self.settings.index.alias)
        answer = self.client.search(index=self.settings.index.alias, size=10_000, source=False)
        return {hit["_id"] for hit in answer["hits"]["hits"]}

    def committed(self) -> int:
        """How many records lie before the group's committed offsets, over all partitions."""
        reader = KafkaConsumer(
            **client_options(self.settings.kafka), group_id=self.settings.consumer.group_id, enable_auto_commit=False
        )
        try:
            partitions = [TopicPartition(self.topic, number) for number in range(3)]
            return sum(reader.committed(partition) or 0 for partition in partitions)
        finally:
            reader.close(autocommit=False)

    def dead_letters(self) -> list[tuple[bytes | None, bytes | None, dict[str, bytes]]]:
        """Key, value and headers of the dead letters that came from this bench's topic."""
        reader = KafkaConsumer(**client_options(self.settings.kafka), enable_auto_commit=False)
        try:
            partitions = [TopicPartition(DEAD_LETTERS, n) for n in reader.partitions_for_topic(DEAD_LETTERS)]
            reader.assign(partitions)
            reader.seek_to_beginning(*partitions)
            ends = reader.end_offsets(partitions)
            found = []
            while any(reader.position(partition) < ends[partition] for partition in partitions):
                for records in reader.poll(timeout_ms=500).values():
                    found += [(record.key, record.value, dict(record.headers)) for record in records]
        finally:
            reader.close(autocommit=False)
        return [letter for letter in found if letter[2]["damsight-topic"] == self.topic.encode()]
