"""One picture, from a CloudEvent in a real Kafka to a search hit, through the same processes that people run."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from damsight_cli.demonstration.models import offline_models
from damsight_cli.demonstration.samples import Samples, find_samples
from damsight_consumer.topics import ensure_topics
from damsight_devstack import Stack
from damsight_encoders.load import load_encoders, spaces_of_encoders
from damsight_index import connect, create_index
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings, KafkaSettings
from damsight_schemas.events import AssetChanged, AssetEvent, changed, deleted, to_binary, to_structured
from damsight_schemas.search import Hit, SearchRequest
from damsight_search.bootstrap import wire
from damsight_search.errors import AssetNotFoundError
from damsight_search.service import SearchService
from damsight_search.settings import load_settings

PATIENCE_S = 120.0
PUBLIC = ("public",)
# An orangutan whose metadata does not say so; the starter checkpoint knows it by sight:
# samples/library/picture_words.tsv tells what the starter checkpoint was taught.
ORANGUTAN, WORD = "pictogram-1f9a7", "ape"
OTHERS = 40

pytestmark = pytest.mark.integration


class MainJob:
    """A DAM that publishes, a consumer process, and a search, over one index of their own."""

    def __init__(self, stack: Stack, samples: Samples, folder: Path) -> None:
        name = uuid4().hex[:8]
        self.samples = samples
        self.kafka = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)
        self.elasticsearch = ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60)
        self.index = IndexSettings(alias=f"main-job-{name}")
        self.topic = f"dam.assets.v1.{name}"
        self.models = offline_models(samples.starter)
        self.log = folder / "consumer.log"
        ensure_topics(self.kafka, names=(self.topic,))
        with closing(connect(self.elasticsearch)) as client:
            create_index(client, self.index, spaces_of_encoders(load_encoders(self.models)))

    def publish(self, *events: AssetEvent, binary: bool = False) -> None:
        """Send events as a DAM does, and wait until Kafka has them."""
        write = to_binary if binary else to_structured
        with closing(KafkaProducer(bootstrap_servers=self.kafka.bootstrap_servers, acks="all")) as producer:
            for event in events:
                key, value, headers = write(event)
                producer.send(self.topic, key=key, value=value, headers=headers)
            producer.flush()

    @contextmanager
    def consumer(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run `damsight consume`, and end it as Kubernetes does."""
        environment = {
            **os.environ,
            "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "DAMSIGHT_ELASTICSEARCH__URL": self.elasticsearch.url,
            "DAMSIGHT_INDEX__ALIAS": self.index.alias,
            "DAMSIGHT_MODELS__JOINT": str(self.models.joint),
            "DAMSIGHT_MODELS__CAPTION": str(self.models.caption),
            "DAMSIGHT_FETCH__ROOTS": str(self.samples.library.parent),
            "DAMSIGHT_CONSUMER__TOPIC": self.topic,
            "DAMSIGHT_CONSUMER__GROUP_ID": self.topic,
            "DAMSIGHT_HEALTH__ENABLED": "false",
        }
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "damsight_cli.main", "consume"]
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            try:
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                assert process.wait(60) == 0, self.log.read_text()[-3000:]

    @contextmanager
    def search(self) -> Iterator[SearchService]:
        """A search over the index, with models of its own."""
        wired = wire(load_settings(elasticsearch=self.elasticsearch, index=self.index, models=self.models))
        with closing(wired) as search:
            yield search.service

    def all_is_committed(self) -> bool:
        """Tell whether the group has committed every record of the topic."""
        with closing(KafkaConsumer(bootstrap_servers=self.kafka.bootstrap_servers, group_id=self.topic)) as looking:
            partitions = [TopicPartition(self.topic, number) for number in looking.partitions_for_topic(self.topic)]
            ends = looking.end_offsets(partitions)
            return all((looking.committed(partition) or 0) >= ends[partition] for partition in partitions)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something can be seen in the index."""
        deadline = time.monotonic() + PATIENCE_S
        with closing(connect(self.elasticsearch)) as client:
            while time.monotonic() < deadline:
                client.indices.refresh(index=self.index.write_alias)
                if holds():
                    return
                time.sleep(0.2)
        pytest.fail(f"{what}: not within {PATIENCE_S:.0f} s; the consumer says: {self.log.read_text()[-3000:]}")


def library(samples: Samples) -> dict[str, dict[str, Any]]:
    assets = {}
    for line in samples.library.read_text(encoding="utf-8").splitlines():
        asset = json.loads(line)
        asset["media"]["uri"] = (samples.library.parent / asset["media"]["uri"]).resolve().as_uri()
        assets[asset["asset_id"]] = asset
    return assets


def hits(service: SearchService, text: str, principals: tuple[str, ...] = PUBLIC) -> dict[str, Hit]:
    response = service.search(SearchRequest(text=text, size=50, explain=True), principals)
    assert response.degraded == []
    return {hit.asset_id: hit for hit in response.hits}


def revised(asset: dict[str, Any], revision: int, **metadata: str) -> AssetEvent:
    data = {**asset, "revision": revision, "metadata": {**asset["metadata"], **metadata}}
    return changed(AssetChanged.model_validate(data), source="/dams/test")


@pytest.fixture
def job(stack: Stack, tmp_path: Path) -> MainJob:
    return MainJob(stack, find_samples(), tmp_path)


def test_a_picture_is_found_by_words_that_nobody_typed_and_follows_its_events(job: MainJob) -> None:
    """CloudEvents become hits: by sight, as updated, not as outdated, not when deleted; and so after restarts."""
    assets = library(job.samples)
    target = assets[ORANGUTAN]
    assert not re.search(rf"\b{WORD}\b", json.dumps(target["metadata"]), re.IGNORECASE)
    public = [asset for asset in assets.values() if asset["acl"] == ["public"] and asset["asset_id"] != ORANGUTAN]
    others = [revised(asset, 1) for asset in public[:: len(public) // OTHERS][:OTHERS]]

    with job.search() as service:
        with job.consumer():
            job.publish(*others)
            job.publish(revised(target, 3), binary=True)
            job.until(lambda: ORANGUTAN in hits(service, WORD) and len(hits(service, "")) > OTHERS, "all are found")
            by_sight = hits(service, WORD)
            assert next(iter(by_sight)) == ORANGUTAN
            assert {leg.leg: leg.rank for leg in by_sight[ORANGUTAN].legs}["image"] == 1
            assert "keyword" not in {leg.leg for leg in by_sight[ORANGUTAN].legs}

            job.publish(revised(target, 5, title="Quixotic zephyr"))
            job.until(lambda: "keyword" in legs_of(service, "zephyr"), "the update is found by its new title")
            job.publish(revised(target, 4, title="Obsolete heirloom"))
            job.until(job.all_is_committed, "the outdated event is done with")
            assert "Obsolete heirloom" not in titles(service, "obsolete heirloom")
            assert "Quixotic zephyr" in titles(service, "zephyr")

        with job.consumer():
            job.publish(revised(target, 4, title="Obsolete heirloom"), revised(target, 6, title="Marzipan comet"))
            job.until(lambda: "Marzipan comet" in titles(service, "marzipan"), "a restarted consumer takes the update")
            assert "Obsolete heirloom" not in titles(service, "obsolete heirloom")
            job.publish(deleted(ORANGUTAN, 7, source="/dams/test"))
            job.until(lambda: ORANGUTAN not in hits(service, WORD), "a deleted picture is gone")

        with job.consumer():
            job.publish(revised(target, 6, title="Marzipan comet"))
            job.until(job.all_is_committed, "the late event is done with")
            assert ORANGUTAN not in hits(service, "marzipan comet")
            assert ORANGUTAN not in hits(service, WORD)


def test_a_stranger_finds_nothing_of_what_is_not_public(job: MainJob) -> None:
    """What came through Kafka with a group's acl is found by the group, and by nobody else in any way."""
    asset = {**library(job.samples)[ORANGUTAN], "acl": ["group:press"]}
    with job.consumer(), job.search() as service:
        job.publish(revised(asset, 1))
        job.until(lambda: ORANGUTAN in hits(service, WORD, ("group:press",)), "the group finds it")
        for principals in (PUBLIC, ("public", "user:anna"), ("group:presse",)):
            for text in (WORD, "orangutan", ORANGUTAN, ""):
                assert hits(service, text, principals) == {}
            facets = service.search(SearchRequest(facets=["tags", "kind", "collections"]), principals)
            assert all(facet.values == [] for facet in facets.facets.values())
            assert (facets.total.value, facets.total.relation) == (0, "eq")
            # What they typed themselves is theirs.
            assert {one.origin for one in service.suggest("oran", principals)} <= {"recent"}
            with pytest.raises(AssetNotFoundError):
                service.search(SearchRequest(like=[ORANGUTAN]), principals)
            with pytest.raises(AssetNotFoundError):
                service.asset(ORANGUTAN, principals)


def legs_of(service: SearchService, text: str) -> set[str]:
    found = hits(service, text).get(ORANGUTAN)
    return {leg.leg for leg in found.legs} if found else set()


def titles(service: SearchService, text: str) -> set[str]:
    return {
        str(hit.asset.get("title"))
        for hit in hits(service, text).values()
        if {"keyword", "exact"} & {leg.leg for leg in hit.legs}
    }
