"""Standing searches on real servers: saved by the API, told by the consumer, shown by the API."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient
from kafka import KafkaConsumer, TopicPartition

from damsight_consumer.pipeline import Consumer
from damsight_consumer.records import Outcome
from damsight_devstack import Stack
from damsight_encoders.decode import PillowDecoder
from damsight_kafka import client_options
from damsight_schemas.alerts import AlertEvent
from damsight_search.api.app import create_app
from damsight_search.bootstrap import Search, wire
from damsight_search.settings import load_settings
from damsight_search.vectors.query_encoder import EncodersForQueries
from drivers.consumer_bench import ConsumerBench
from examples import pictures
from examples.assets import changed_event, deleted_event
from fakes.search_app import SECRET, bearer

TESTS = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.integration
ANNA = bearer("anna", ("press",))


@dataclass
class World:
    """A consumer's surroundings, and the API over the same index."""

    bench: ConsumerBench
    search: Search
    client: TestClient
    topic: str
    taken: list[AlertEvent] = field(default_factory=list)

    def save(self, name: str, request: dict[str, Any], headers: dict[str, str] = ANNA) -> str:
        draft = {"name": name, "request": request, "alert": True}
        answer = self.client.post("/api/v1/saved-searches", json=draft, headers=headers)
        assert answer.status_code == 201, answer.text
        assert answer.json()["standing"]["watched"], answer.text
        return str(answer.json()["id"])

    def told(self) -> list[tuple[str, str]]:
        """Every alert on the topic: the saved search's name and the asset."""
        options = client_options(self.bench.settings.kafka)
        with closing(KafkaConsumer(**options, enable_auto_commit=False)) as reader:
            partitions = [TopicPartition(self.topic, number) for number in reader.partitions_for_topic(self.topic)]
            reader.assign(partitions)
            reader.seek_to_beginning(*partitions)
            ends = reader.end_offsets(partitions)
            found: list[AlertEvent] = []
            while any(reader.position(partition) < ends[partition] for partition in partitions):
                for records in reader.poll(timeout_ms=200).values():
                    for record in records:
                        event = AlertEvent.model_validate(orjson.loads(record.value))
                        assert record.key == event.subject.encode()
                        assert dict(record.headers)["content-type"] == b"application/cloudevents+json"
                        found.append(event)
        self.taken = found
        return sorted((event.data.name, event.data.asset_id) for event in found)

    def shown(self, headers: dict[str, str] = ANNA) -> list[tuple[str, str]]:
        """What the API shows, once the index has refreshed."""
        self.search.client.indices.refresh(index=f"{self.bench.settings.index.alias}*")
        page = self.client.get("/api/v1/alerts", params={"size": 200}, headers=headers).json()
        return sorted((alert["name"], alert["asset_id"]) for alert in page["alerts"])


@pytest.fixture
def world(stack: Stack, tmp_path: Path) -> Iterator[World]:
    bench = ConsumerBench(stack, tmp_path)
    topic = f"{bench.topic}.alerts"
    bench.environment |= {"DAMSIGHT_ALERTS__TOPIC": topic, "DAMSIGHT_ALERTS__RELOAD_S": "0.1"}
    bench.environment["DAMSIGHT_CONSUMER__SESSION_S"] = "6"
    bench.settings = bench._settings()
    settings = load_settings(
        elasticsearch={"url": stack.elasticsearch_url, "timeout_s": 60},
        index={"alias": bench.topic},
        auth={"secret": SECRET},
        search={"page": False},
        saved_searches={"upkeep_s": 3600},
    )
    search = wire(settings, encoder=EncodersForQueries(bench.encoders, PillowDecoder()))
    with TestClient(create_app(search.service, settings, search.features)) as client:
        yield World(bench, search, client, topic)
    search.close()
    bench.client.options(ignore_status=404).indices.delete(index=f"{bench.topic}-own")
    bench.close()


def test_whoever_waits_is_told_exactly_once(world: World) -> None:
    """By words, by looks and by filters; not of what is hidden from them, not twice, not after a restart.

    A search that is saved while the consumer runs is watched for soon, and sees what comes then.
    """
    bench = world.bench
    red, blue = bench.save("red.jpg", pictures.jpeg("red")), bench.save("blue.jpg", pictures.jpeg("blue"))
    world.save("boats", {"text": "boat -model"})
    reds = world.save("reds", {"text": "red", "weights": {"keyword": 0, "exact": 0, "caption": 0}})
    world.save("sport", {"filters": [{"field": "collections", "op": "prefix", "value": "sport"}]})
    world.save("bert's boats", {"text": "boat"}, bearer("bert", ()))
    bench.send(
        changed_event("boat", 1, uri=blue, title="A boat"),
        changed_event("model", 1, uri=blue, title="A model boat"),
        changed_event("red", 1, uri=red, title="?", collections=["sport/sailing"]),
        changed_event("hidden", 1, uri=red, title="A boat", acl=["user:carla"], collections=["sport"]),
        changed_event("press", 1, uri=blue, title="A boat", acl=["group:press"]),
        deleted_event("gone", 2),
        changed_event("gone", 1, uri=red, title="A boat"),
    )
    expected = [
        ("bert's boats", "boat"), ("bert's boats", "model"), ("boats", "boat"), ("boats", "press"), ("reds", "red"),
        ("sport", "red"),
    ]  # fmt: skip
    with bench.consuming() as consumer:
        bench.wait(lambda: sum(consumer.counts().values()) >= 7)
        assert world.told() == expected
        world.save("late", {"text": "harbour"})
        bench.wait(lambda: _watched(consumer) == 5)
        bench.send(
            changed_event("boat", 2, uri=blue, title="A boat in the harbour"),
            changed_event("boat", 2, uri=blue, title="A boat in the harbour"),
            changed_event("red", 2, uri=red, title="red boat", acl=["user:carla"]),
        )
        bench.wait(lambda: sum(consumer.counts().values()) >= 10)
    expected = sorted([*expected, ("late", "boat")])
    assert world.told() == expected
    # A new consumer reads the last events again, as after a rebalance.
    bench.send(
        changed_event("boat", 2, uri=blue, title="A boat in the harbour"), changed_event("boat", 3, title="boat")
    )
    assert sum(bench.consume(2).values()) == 2
    assert world.told() == expected
    assert len({event.id for event in world.taken}) == len(expected)
    relevance = {event.data.name: event.data.relevance for event in world.taken}
    assert all(0 < one <= 1 for one in relevance.values())
    # The page shows what may be seen now: the red one is Carla's by now.
    own = [(name, asset) for name, asset in expected if name != "bert's boats"]
    assert world.shown() == [pair for pair in own if pair[1] != "red"]
    assert world.client.delete(f"/api/v1/saved-searches/{reds}", headers=ANNA).status_code == 204
    assert world.shown() == [pair for pair in own if pair[1] != "red"]
    assert world.shown(bearer("bert", ())) == [("bert's boats", "boat"), ("bert's boats", "model")]


def _watched(consumer: Consumer) -> float | None:
    return consumer._telemetry.registry.get_sample_value("damsight_consumer_standing_searches", {"state": "watched"})


def test_killed_between_telling_and_keeping_it_tells_again_by_the_same_id(world: World) -> None:
    """At least once: both events are one to whoever knows CloudEvents, and their owner sees one."""
    bench = world.bench
    world.save("boats", {"text": "boat"})
    bench.send(changed_event("boat", 1, uri=None, title="A boat"))
    environment = {**os.environ, **bench.environment, "PYTHONPATH": str(TESTS)}
    killed = subprocess.run([sys.executable, TESTS / "drivers" / "killed_between.py"], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert world.told() == [("boats", "boat")]
    assert bench.committed() == 0
    assert world.shown() == []
    assert bench.consume(1) == {Outcome.ALREADY: 1}
    assert world.told() == [("boats", "boat")] * 2
    assert len({(event.source, event.id) for event in world.taken}) == 1
    assert world.shown() == [("boats", "boat")]
