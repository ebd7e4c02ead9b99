"""A topic, a group and an index of its own on real servers; what was told to them, and what became of it."""

import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from elasticsearch import Elasticsearch
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from damsight_consumer.settings import load_settings
from damsight_consumer.topics import ensure_topics
from damsight_devstack import Stack
from damsight_encoders.load import spaces_of_encoders
from damsight_index.connection import connect
from damsight_index.generations import create_index
from damsight_index.names import generation_name
from damsight_schemas.connections import ElasticsearchSettings
from damsight_schemas.events import to_binary, to_structured
from damsight_schemas.topics import DEAD_LETTERS
from fakes.encoders import fake_encoders
from faults.comparison import Comparison, RightVectors, compare
from faults.history import Change, Shelf
from faults.members import Members
from faults.stored import read_all

PARTITIONS = 6
LIMIT_S = 240.0


class World:
    """Everything that one test, or the long run, works on.

    Args:
        stack: The servers.
        folder: For pictures and logs.
        seed: Of all that is drawn.
        elasticsearch_url: A proxy in front of the index, for the consumers alone.
        index: Settings that its index has besides the usual ones.
    """

    def __init__(
        self,
        stack: Stack,
        folder: Path,
        *,
        seed: int = 1,
        elasticsearch_url: str | None = None,
        index: dict[str, Any] | None = None,
        **settings: str,
    ) -> None:
        self.name = f"f{uuid4().hex[:12]}"
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311  repeatable, guards no secret
        self.backfill_topic = f"{self.name}.backfill"
        self._end = threading.Event()
        (folder / "shelf").mkdir()
        self.shelf = Shelf(folder / "shelf")
        self._vectors = RightVectors(fake_encoders(), self.shelf)
        self._told: dict[str, Change] = {}
        self.events = 0
        self._kafka = {"bootstrap_servers": [stack.kafka_bootstrap]}
        self.index_name = generation_name(self.name, 1)
        self.client: Elasticsearch = connect(ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60))
        self._make(stack, index or {})
        self.producer = KafkaProducer(**self._kafka, acks="all", linger_ms=5, max_block_ms=180_000)
        environment = self._environment(stack, elasticsearch_url or stack.elasticsearch_url) | settings
        self.members = Members(folder, environment)

    def _make(self, stack: Stack, index: dict[str, Any]) -> None:
        settings = load_settings(kafka={"bootstrap_servers": stack.kafka_bootstrap}, index={"alias": self.name})
        create_index(self.client, settings.index, spaces_of_encoders(fake_encoders()))
        if index:
            self.client.indices.put_settings(index=self.index_name, settings=index)
        names = (self.name, self.backfill_topic, DEAD_LETTERS)
        ensure_topics(settings.kafka, names=names, partitions=PARTITIONS, replication=1)

    def _environment(self, stack: Stack, elasticsearch_url: str) -> dict[str, str]:
        return {
            "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": stack.kafka_bootstrap,
            "DAMSIGHT_ELASTICSEARCH__URL": elasticsearch_url,
            "DAMSIGHT_ELASTICSEARCH__TIMEOUT_S": "4",
            "DAMSIGHT_INDEX__ALIAS": self.name,
            "DAMSIGHT_FETCH__ROOTS": str(self.shelf.folder),
            "DAMSIGHT_FETCH__MISSING_TRIES": "2",
            "DAMSIGHT_CONSUMER__GROUP_ID": self.name,
            "DAMSIGHT_CONSUMER__TOPIC": self.name,
            "DAMSIGHT_CONSUMER__COMMIT_INTERVAL_S": "0.3",
            "DAMSIGHT_CONSUMER__GRACE_S": "5",
            "DAMSIGHT_CONSUMER__DECODE_THREADS": "1",
            "DAMSIGHT_HEALTH__ENABLED": "false",
        }

    def close(self) -> None:
        """Leave nothing: no process, no topic, no index."""
        self._end.set()
        self.members.close()
        with suppress(KafkaError):
            self.producer.close(timeout=5)
        with suppress(KafkaError):
            admin = KafkaAdminClient(**self._kafka)
            try:
                admin.delete_topics([self.name, self.backfill_topic])
            finally:
                admin.close()
        self.client.indices.delete(index=self.index_name, ignore_unavailable=True)
        self.client.close()

    def tell(self, changes: Iterable[Change], *, topic: str | None = None, strewn: float = 0.05) -> None:
        """Send the changes' events, and expect what they come to.

        Args:
            changes: In the order in which they are sent.
            topic: In place of the live one.
            strewn: The share that goes to a partition by chance: an order within a partition is not to be relied on.
        """
        sent = []
        for change in changes:
            known = self._told.get(change.asset_id)
            if known is None or change.order > known.order:
                self._told[change.asset_id] = change
            write = to_binary if self.random.random() < 0.5 else to_structured
            key, value, headers = write(change.event())
            partition = self.random.randrange(PARTITIONS) if self.random.random() < strewn else None
            sent.append(
                self.producer.send(topic or self.name, key=key, value=value, headers=headers, partition=partition)
            )
        self.producer.flush(180)
        for future in sent:
            future.get(180)
        self.events += len(sent)

    def expected(self) -> dict[str, Change]:
        return dict(self._told)

    def wait(self, until: Callable[[], bool], what: str, *, within_s: float = LIMIT_S) -> None:
        deadline = time.monotonic() + within_s
        while not until():
            if time.monotonic() > deadline or self.members.all_ended():
                raise AssertionError(f"seed {self.seed}: {what} did not come about.\n{self.members.last_words()}")
            time.sleep(0.1)

    def settle(self, *, within_s: float = LIMIT_S) -> None:
        """Wait until the groups have committed everything: only then is it worth comparing, and it proves nothing."""
        # Twice: what a lane hands on to the next is seen there at the second look.
        for _ in range(2):
            self.wait(lambda: self.lag() == 0, "a commit of every event", within_s=within_s)

    def lag(self) -> int | None:
        """How many records are not committed, over all lanes; none while Kafka does not tell."""
        try:
            return sum(self._lag(group, topics) for group, topics in self.lanes())
        except KafkaError:
            return None

    def lanes(self) -> list[tuple[str, list[str]]]:
        """Each lane's group, and its topics."""
        return [(self.name, [self.name])]

    def committed(self) -> int:
        """How many records of the live topic lie before the commits."""
        return sum(self._offsets(self.name, [self.name])[0].values())

    def _lag(self, group: str, names: Sequence[str]) -> int:
        committed, begin, end = self._offsets(group, names)
        return sum(end[one] - max(committed[one], begin[one]) for one in end)

    def _offsets(self, group: str, names: Sequence[str]) -> tuple[dict[Any, int], dict[Any, int], dict[Any, int]]:
        reader = KafkaConsumer(**self._kafka, group_id=group, enable_auto_commit=False)
        try:
            places = [TopicPartition(name, number) for name in names for number in reader.partitions_for_topic(name)]
            committed = {place: reader.committed(place, timeout_ms=5000) or 0 for place in places}
            return committed, reader.beginning_offsets(places), reader.end_offsets(places)
        finally:
            reader.close(autocommit=False)

    def has_members(self, number: int) -> bool:
        """Tell whether the live lane's group has so many members, each with its share."""
        admin = KafkaAdminClient(**self._kafka)
        try:
            group = admin.describe_groups([self.name])[self.name]
        finally:
            admin.close()
        return group["group_state"] == "Stable" and len(group["members"]) == number

    def stored(self) -> dict[str, dict[str, Any]]:
        """Every document without its vectors, tombstones too."""
        return read_all(self.client, self.index_name, vectors=False)

    def compare(self, *, vectors: bool = True) -> Comparison:
        """Compare every asset with the reference."""
        stored = read_all(self.client, self.index_name, vectors=vectors)
        return compare(self._told, stored, self._vectors if vectors else None)

    def check(self) -> None:
        """Wait for the end, and find nothing wrong."""
        self.settle()
        found = self.compare()
        assert found.is_clean, f"seed {self.seed}: {found}\n{self.members.last_words()}"
