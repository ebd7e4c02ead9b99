"""A topic, a group and an index of its own on real servers; what was told to them, and what became of it."""

import gc
import random
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from elasticsearch import Elasticsearch
from kafka import KafkaProducer
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
from faults.history import Change, Disorder, Shares, Shelf, lives, mixed_up
from faults.letters import Letter, letters_of, trails_of
from faults.members import Cradle, Members
from faults.offsets import Offsets
from faults.stored import read_all

PARTITIONS = 6
LIMIT_S = 240.0


class World:
    """Everything that one test, or the long run, works on.

    Args:
        stack: The servers.
        cradle: Where members come from.
        folder: For pictures and logs.
        seed: Of all that is drawn.
        elasticsearch_url: A proxy in front of the index, for the consumers alone.
        index: Settings that its index has besides the usual ones.
    """

    def __init__(
        self,
        stack: Stack,
        cradle: Cradle,
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
        self.retry_topics = [f"{self.name}.retry.{number}" for number in range(1, 4)]
        self.lanes = {
            self.name: [self.name],
            f"{self.name}-retry": self.retry_topics,
            f"{self.name}-backfill": [self.backfill_topic],
        }
        (folder / "shelf").mkdir()
        self.shelf = Shelf(folder / "shelf")
        self._vectors = RightVectors(fake_encoders(), self.shelf)
        self._told: dict[str, Change] = {}
        self.events = 0
        self._kafka = {"bootstrap_servers": [stack.kafka_bootstrap]}
        self.offsets = Offsets(self._kafka)
        self.index_name = generation_name(self.name, 1)
        self.client: Elasticsearch = connect(ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60))
        self._make(stack, index or {})
        self.producer = KafkaProducer(
            **self._kafka, acks="all", linger_ms=5, max_block_ms=600_000, delivery_timeout_ms=600_000
        )
        environment = self._environment(stack, elasticsearch_url or stack.elasticsearch_url) | settings
        self.members = Members(cradle, folder, environment)

    def _make(self, stack: Stack, index: dict[str, Any]) -> None:
        settings = load_settings(kafka={"bootstrap_servers": stack.kafka_bootstrap}, index={"alias": self.name})
        create_index(self.client, settings.index, spaces_of_encoders(fake_encoders()))
        if index:
            self.client.indices.put_settings(index=self.index_name, settings=index)
        ensure_topics(
            settings.kafka, names=(self.name, self.backfill_topic, DEAD_LETTERS), partitions=PARTITIONS, replication=1
        )
        ensure_topics(settings.kafka, names=self.retry_topics, partitions=2, replication=1)

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
            "DAMSIGHT_CONSUMER__BACKFILL_TOPIC": self.backfill_topic,
            "DAMSIGHT_CONSUMER__RETRY_TOPICS": ",".join(self.retry_topics),
            "DAMSIGHT_CONSUMER__RETRY_DELAYS_S": "1,2,3",
            "DAMSIGHT_CONSUMER__COMMIT_INTERVAL_S": "0.3",
            "DAMSIGHT_CONSUMER__GRACE_S": "5",
            "DAMSIGHT_CONSUMER__DECODE_THREADS": "1",
            "DAMSIGHT_HEALTH__ENABLED": "false",
        }

    def close(self) -> None:
        """Leave nothing: no process, no topic, no index."""
        self.members.close()
        with suppress(KafkaError):
            self.producer.close(timeout=5)
        with suppress(KafkaError):
            self.offsets.admin.delete_topics([topic for topics in self.lanes.values() for topic in topics])
        self.offsets.close()
        self.client.indices.delete(index=self.index_name, ignore_unavailable=True)
        self.client.close()
        # kafka-python 3.0.12 leaves the sockets of connections that were refused to the garbage collector.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

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
        self.producer.flush(600)
        for future in sent:
            future.get(600)
        self.events += len(sent)

    def tell_lives(
        self,
        assets: int,
        *,
        prefix: str = "a",
        topic: str | None = None,
        disorder: Disorder | None = None,
        **shares: float,
    ) -> None:
        """Send the made-up lives of so many assets, mixed up."""
        changes = list(lives(assets, rng=self.random, shelf=self.shelf, prefix=prefix, shares=Shares(**shares)))
        self.tell(mixed_up(changes, rng=self.random, disorder=disorder or Disorder()), topic=topic)

    @contextmanager
    def telling(self, *, prefix: str, assets: int = 25, pause_s: float = 0.3) -> Iterator[None]:
        """Go on telling of new assets for the length of a block."""
        enough = threading.Event()

        def tell() -> None:
            number = 0
            while not enough.wait(pause_s):
                self.tell_lives(assets, prefix=f"{prefix}-{number}")
                number += 1

        with ThreadPoolExecutor(1) as pool:
            told = pool.submit(tell)
            try:
                yield
            finally:
                enough.set()
            told.result()

    def expected(self) -> dict[str, Change]:
        return dict(self._told)

    def wait(self, until: Callable[[], bool], what: str, *, within_s: float = LIMIT_S) -> None:
        deadline = time.monotonic() + within_s
        while not until():
            if time.monotonic() > deadline or self.members.all_ended():
                told = f"{self._told_of_group()}\n{self.members.last_words()}"
                raise AssertionError(f"seed {self.seed}: {what} did not come about.\n{told}")
            time.sleep(0.1)

    def settle(self, *, within_s: float = LIMIT_S) -> None:
        """Wait until the groups have committed everything: only then is it worth comparing, and it proves nothing."""
        # Twice: what a lane hands on to the next is seen there at the second look.
        for _ in range(2):
            self.wait(lambda: self.lag() == 0, "a commit of every event", within_s=within_s)

    def lag(self) -> int | None:
        """How many records are not committed, over all lanes; none while Kafka does not tell."""
        return self.offsets.lag(self.lanes)

    def records(self) -> int:
        """How many records all the lanes' topics hold."""
        return self.offsets.records([topic for topics in self.lanes.values() for topic in topics])

    def committed(self) -> int:
        """How many records of the live topic lie before the commits."""
        return self.offsets.committed(self.name)

    def has_members(self, number: int) -> bool:
        """Tell whether the live lane's group has so many members, each with its share."""
        members = self.offsets.members(self.name)
        return members is not None and len(members) == number and all(members.values())

    def _told_of_group(self) -> str:
        try:
            return self.offsets.told_of(self.name)
        except KafkaError as error:
            return f"Kafka does not tell of the group: {error}"

    def stored(self) -> dict[str, dict[str, Any]]:
        """Every document without its vectors, tombstones too."""
        return read_all(self.client, self.index_name, vectors=False)

    def letters(self) -> dict[str, list[Letter]]:
        """This world's dead letters, by the asset; those that tell none by their key."""
        return letters_of(self._kafka, {topic for topics in self.lanes.values() for topic in topics})

    def compare(self, *, vectors: bool = True) -> Comparison:
        """Compare every asset with the reference."""
        stored = read_all(self.client, self.index_name, vectors=vectors)
        return compare(self._told, stored, self._vectors if vectors else None)

    def reasons(self) -> Counter[str]:
        """How many dead letters there are, by the error that they tell."""
        told = [letter.headers["damsight-error"].decode() for letters in self.letters().values() for letter in letters]
        return Counter(told)

    def unlettered(self) -> set[str]:
        """The assets whose picture lacks for good, and that no dead letter tells of."""
        lacking = {asset_id for asset_id, change in self._told.items() if change.uri == self.shelf.missing}
        return lacking - set(self.letters())

    def trails(self, asset_ids: Collection[str]) -> list[str]:
        """Return lines that tell what the retry topics hold of assets, by the revision that was told last."""
        trails = trails_of(self._kafka, self.retry_topics, asset_ids)
        return [
            f"{each} @{self._told[each].revision}: {'; '.join(trail) or 'never tried again'}"
            for each, trail in trails.items()
        ]

    def check(self) -> None:
        """Wait for the end, and find nothing wrong."""
        self.settle()
        found = self.compare()
        assert found.is_clean, f"seed {self.seed}: {found}\n{self.members.last_words()}"
        unlettered = self.unlettered()
        assert not unlettered, f"seed {self.seed}: no dead letter tells of {self.trails(sorted(unlettered)[:5])}"
