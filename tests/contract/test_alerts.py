"""What everybody does who tells alerts: the fake and Kafka alike; and who keeps them, over any own records."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import pytest

from damsight_consumer.alert_records import KeptAlerts, KeptStandingSearches
from damsight_consumer.alert_topic import KafkaAlerts
from damsight_consumer.errors import IndexUnavailableError
from damsight_consumer.read_topic import records_of
from damsight_consumer.records import Lane
from damsight_consumer.standing.ports import Alerts
from damsight_consumer.topics import ensure_topics
from damsight_devstack import Stack
from damsight_index import connect
from damsight_index.own_records import OwnRecord, OwnRecords
from damsight_index.stored_records import ElasticsearchOwnRecords
from damsight_schemas.alerts import AlertEvent, AlertMatched, alert_event, alert_id
from damsight_schemas.connections import ElasticsearchSettings, KafkaSettings
from damsight_schemas.standing import ALERT, CHANGED, CHANGES
from fakes.own_records import FakeOwnRecords
from fakes.standing import ANNA, KIND, FakeAlerts, body_of, standing, words


def alert(asset_id: str, saved_search_id: str = "s1", revision: int = 1) -> AlertEvent:
    data = AlertMatched(
        saved_search_id=saved_search_id, name="Größe · 無い", owner=ANNA, asset_id=asset_id, revision=revision,
        relevance=0.5, legs=["image"],
    )  # fmt: skip
    return alert_event(data, time=datetime(2026, 11, 21, 12, tzinfo=UTC))


@dataclass
class Telling:
    """Who tells, and what can be read of it."""

    alerts: Alerts
    told: Callable[[], list[AlertEvent]]


@pytest.fixture(params=["fake", pytest.param("kafka", marks=pytest.mark.integration)])
def telling(request: pytest.FixtureRequest) -> Iterator[Telling]:
    if request.param == "fake":
        fake = FakeAlerts()
        yield Telling(fake, lambda: fake.published)
        return
    stack: Stack = request.getfixturevalue("stack")
    kafka, topic = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap), f"t{uuid.uuid4().hex[:12]}"
    ensure_topics(kafka, names=(topic,), partitions=1, replication=1)
    alerts = KafkaAlerts(kafka, topic)
    yield Telling(alerts, lambda: [_read(record) for record in records_of(kafka, topic, lane=Lane.LIVE)])
    alerts.close()


def _read(record: object) -> AlertEvent:
    event = AlertEvent.model_validate(orjson.loads(record.value))
    assert record.key == event.subject.encode()
    assert record.headers == (("content-type", b"application/cloudevents+json"),)
    return event


def test_what_is_told_can_be_read_once_publish_returns(telling: Telling) -> None:
    """As it was, in its order, as often as it was told."""
    telling.alerts.publish([alert("asset-1"), alert("unstätig · 2")])
    telling.alerts.publish([])
    telling.alerts.publish([alert("asset-1")])
    assert telling.told() == [alert("asset-1"), alert("unstätig · 2"), alert("asset-1")]


@pytest.fixture(params=["fake", pytest.param("elasticsearch", marks=pytest.mark.integration)])
def records(request: pytest.FixtureRequest) -> Iterator[OwnRecords]:
    if request.param == "fake":
        yield FakeOwnRecords()
        return
    stack: Stack = request.getfixturevalue("stack")
    client = connect(ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=120))
    name = f"own-{uuid.uuid4().hex[:12]}"
    yield ElasticsearchOwnRecords(client, name)
    client.options(ignore_status=404).indices.delete(index=f"{name}-own")
    client.close()


def test_an_alert_is_kept_once_and_known_at_once(records: OwnRecords) -> None:
    """The first that came stays, however often it comes; before any, none is known."""
    kept = KeptAlerts(records)
    ids = [alert_id("s1", "a"), alert_id("s1", "b"), alert_id("s2", "a")]
    assert kept.known(ids) == frozenset()
    kept.keep([alert("a", revision=1)])
    kept.keep([alert("a", revision=2), alert("b")])
    kept.keep([])
    assert kept.known(ids) == set(ids[:2])
    first = records.get(ALERT, ids[0])
    assert first is not None
    assert first.body["revision"] == 1


def test_a_change_of_any_standing_search_is_seen(records: OwnRecords) -> None:
    """By its sign alone; and then all of them are read."""
    searches = KeptStandingSearches(records)
    assert (searches.changed(), searches.bodies()) == ("", [])
    query = standing("one", words=words("boat"))
    records.put(OwnRecord(KIND, "one", ANNA, body=body_of(query)))
    records.put(OwnRecord(CHANGES, CHANGED, body={"sign": "x"}))
    assert (searches.changed(), searches.bodies()) == ("x", [body_of(query)])


def test_own_records_that_do_not_answer_are_told() -> None:
    """By the error that is waited out."""
    client = connect(ElasticsearchSettings(url="http://127.0.0.1:9", timeout_s=1))
    records = ElasticsearchOwnRecords(client, "nowhere")
    asked: list[Callable[[], object]] = [
        lambda: KeptAlerts(records).known(["a"]),
        lambda: KeptAlerts(records).keep([alert("a")]),
        KeptStandingSearches(records).changed,
        KeptStandingSearches(records).bodies,
    ]
    for ask in asked:
        with pytest.raises(IndexUnavailableError):
            ask()
    client.close()
