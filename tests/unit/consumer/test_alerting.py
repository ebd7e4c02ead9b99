"""Whoever waits for an asset is told, once, whatever happens; and delivery goes on."""

import base64
import time
from collections.abc import Sequence

import numpy as np
import pytest

from damsight_consumer.alert_records import KeptAlerts, KeptStandingSearches
from damsight_consumer.alerting import Alarms, AlertLimits
from damsight_consumer.lane import LaneLimits
from damsight_consumer.pipeline import Consumer
from damsight_consumer.records import Lane, Outcome
from damsight_consumer.standing.arrival import Arrival
from damsight_consumer.standing.watch import Watch
from damsight_encoders.load import spaces_of_encoders
from damsight_index.errors import IndexAccessError, IndexUnavailableError
from damsight_index.own_records import OwnRecord
from damsight_schemas.alerts import alert_id
from damsight_schemas.events import AssetEvent
from damsight_schemas.standing import ALERT, CHANGED, CHANGES, SHOWN, UNREAD, StandingQuery, StandingVector
from examples.assets import PARTITION, changed_event, created_event, deleted_event
from examples.pictures import jpeg
from fakes.own_records import FakeOwnRecords
from fakes.standing import ANNA, KIND, FakeAlerts, body_of, standing, words
from fakes.workshop import Workshop, running

URI = "https://dam.example/1.jpg"
SOON = AlertLimits(reload_s=0.02, backfill_topic="dam.assets.backfill.v1")
BOATS = standing("boats", words=words("boat"))
FOR_EVER = 10**9


class FaultyRecords(FakeOwnRecords):
    """Own records that fail as a test says: each error as often as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: dict[str, tuple[Exception, int]] = {}

    def _maybe(self, name: str) -> None:
        error, times = self.faults.get(name, (None, 0))
        if error is not None and times > 0:
            self.faults[name] = (error, times - 1)
            raise error

    def get(self, kind: str, record_id: str) -> OwnRecord | None:
        self._maybe("get")
        return super().get(kind, record_id)

    def known(self, kind: str, record_ids: Sequence[str]) -> frozenset[str]:
        self._maybe("known")
        return super().known(kind, record_ids)

    def create_all(self, records: Sequence[OwnRecord]) -> list[bool]:
        self._maybe("create_all")
        return super().create_all(records)


class Watched:
    """A workshop whose arrivals are held against standing searches."""

    def __init__(self, workshop: Workshop, *queries: StandingQuery, limits: AlertLimits = SOON) -> None:
        self.workshop, self.records, self.alerts = workshop, FaultyRecords(), FakeAlerts()
        workshop.limits = LaneLimits(commit_interval_s=0.01, grace_s=0.2)
        for query in queries:
            self.keep(query)
        workshop.alarms = Alarms(
            KeptStandingSearches(self.records),
            KeptAlerts(self.records),
            self.alerts,
            workshop.stored,
            spaces_of_encoders(workshop.encoders),
            limits,
        )

    def keep(self, query: StandingQuery) -> None:
        self.records.put(OwnRecord(KIND, query.saved_search_id, ANNA, body=body_of(query)))
        self.records.put(OwnRecord(CHANGES, CHANGED, body={"sign": str(time.monotonic_ns())}))

    def told(self) -> list[tuple[str, str]]:
        return [(event.data.saved_search_id, event.data.asset_id) for event in self.alerts.published]

    def kept(self) -> list[str]:
        return [record.record_id for record in self.records.of(ALERT)]


def boat(asset_id: str = "asset-1", revision: int = 1, **told: object) -> AssetEvent:
    return changed_event(asset_id, revision, **{"uri": None, "title": "A boat", **told})


def test_an_asset_that_matches_is_told_and_kept_for_its_owner(workshop: Workshop) -> None:
    """One CloudEvents event with a deterministic id, and one record, unread; what does not match is not told."""
    watched = Watched(workshop, BOATS)
    workshop.send(boat(), boat("asset-2", title="A car"), boat("asset-3", acl=["group:press"]))
    assert workshop.consume_events(3) == {Outcome.INDEXED: 3}
    (event,) = watched.alerts.published
    assert event.id == alert_id("boats", "asset-1")
    assert event.model_dump(mode="json", exclude={"id", "time"}) == {
        "specversion": "1.0",
        "source": "/damsight/standing-searches",
        "subject": "asset-1",
        "type": "dam.alert.matched.v1",
        "datacontenttype": "application/json",
        "data": {
            "saved_search_id": "boats", "name": "search boats", "owner": "user:anna", "asset_id": "asset-1",
            "revision": 1, "relevance": 1.0, "legs": ["keyword"],
        },
    }  # fmt: skip
    (record,) = watched.records.of(ALERT)
    assert (record.record_id, record.owner, record.at) == (event.id, ANNA, event.time)
    assert record.about == ("boats", "asset-1", SHOWN, UNREAD)


def test_pictures_count_just_encoded_and_stored(workshop: Workshop) -> None:
    """A new search is told of an asset whose words alone changed, by the vector that the index holds of its picture."""
    joint = workshop.encoders.joint
    assert joint is not None
    packed = base64.b64encode(joint.encode_texts(["red"])[0].astype(">f4").tobytes()).decode()
    vector = StandingVector(
        leg="image", field="image_vector", space=joint.space, vector=packed, scale=((0.5, 0.5), (1.0, 1.0))
    )
    watched = Watched(workshop, standing("first", vectors=[vector]))
    for name in ("red", "blue"):
        workshop.fetcher.files[f"https://dam.example/{name}"] = jpeg(name, (80, 60))
        workshop.send(created_event(name, uri=f"https://dam.example/{name}"))
    workshop.consume_events(2)
    assert watched.told() == [("first", "red")]
    watched.keep(standing("second", vectors=[vector]))
    fetched = len(workshop.fetcher.asked)
    sha256 = workshop.writer.documents["red"]["sha256"]
    workshop.send(changed_event("red", 2, uri="https://dam.example/red", sha256=sha256, title="New words"))
    workshop.consume_events(1)
    assert watched.told() == [("first", "red"), ("second", "red")]
    assert len(workshop.fetcher.asked) == fetched


def test_it_is_told_once_over_revisions_repeats_and_restarts(workshop: Workshop) -> None:
    """The mark outlives the process; a search that is saved later has marks of its own."""
    watched = Watched(workshop, BOATS)
    workshop.send(boat(revision=1), boat(revision=2))
    workshop.consume_events(2)
    workshop.send(boat(revision=2), boat(revision=3), deleted_event("asset-1", 4), boat(revision=5))
    workshop.consume_events(4)
    assert watched.told() == [("boats", "asset-1")]
    watched.keep(standing("again", words=words("boat")))
    workshop.send(boat(revision=6))
    workshop.consume_events(1)
    assert watched.told() == [("boats", "asset-1"), ("again", "asset-1")]


@pytest.mark.parametrize(("lane", "backfill", "tells"), [
    (Lane.BACKFILL, False, False), (Lane.BACKFILL, True, True), (Lane.RETRY, False, True),
])  # fmt: skip
def test_a_backfill_is_told_of_only_where_that_is_asked_for(
    workshop: Workshop, lane: Lane, *, backfill: bool, tells: bool
) -> None:
    """An archive that is filled in would tell of everything at once; what was only postponed is told."""
    limits = AlertLimits(reload_s=0.02, backfill=backfill, backfill_topic="dam.assets.backfill.v1")
    watched = Watched(workshop, BOATS, limits=limits)
    workshop.send(boat(), lane=lane)
    workshop.consume_events(1)
    assert watched.told() == ([("boats", "asset-1")] if tells else [])


def stopped_before_done(watched: Watched) -> None:
    """Run a consumer until the document is stored, and end it before its event is done."""
    workshop = watched.workshop
    consumer = workshop.consumer()
    with running(consumer):
        deadline = time.monotonic() + 120
        while "asset-1" not in workshop.writer.documents:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(0.05)
    assert workshop.log.committed.get(PARTITION, 0) == 0


def test_a_consumer_that_ends_before_it_told_tells_when_the_event_comes_again(workshop: Workshop) -> None:
    """The event is not done before that is acknowledged, although its document has long been stored."""
    watched = Watched(workshop, BOATS)
    watched.alerts.troubles = FOR_EVER
    workshop.send(boat())
    stopped_before_done(watched)
    watched.alerts.troubles = 0
    assert workshop.consume_events(1) == {Outcome.ALREADY: 1}
    assert watched.told() == [("boats", "asset-1")]


def test_a_consumer_that_ends_between_telling_and_keeping_tells_again_by_the_same_id(workshop: Workshop) -> None:
    """At least once, and whoever knows CloudEvents takes both for one; its owner sees one."""
    watched = Watched(workshop, BOATS)
    watched.records.faults["create_all"] = (IndexUnavailableError("down"), FOR_EVER)
    workshop.send(boat())
    stopped_before_done(watched)
    assert watched.kept() == []
    watched.records.faults.clear()
    workshop.consume_events(1)
    ids = [event.id for event in watched.alerts.published]
    assert ids == [alert_id("boats", "asset-1")] * 2
    assert watched.kept() == ids[:1]


def test_what_the_index_holds_now_counts_where_it_was_there_already(workshop: Workshop) -> None:
    """An older event's words and rights are those of the past: nobody is told of what they may no longer see."""
    watched = Watched(workshop, BOATS)
    watched.alerts.troubles = FOR_EVER
    workshop.send(boat(revision=1))
    stopped_before_done(watched)
    watched.alerts.troubles = 0
    # Another consumer stored the next revision meanwhile, for others alone.
    workshop.writer.documents["asset-1"] |= {"acl": ["group:press"], "revision": 2}
    workshop.writer.versions["asset-1"] += 4096
    assert workshop.consume_events(1) == {Outcome.ALREADY: 1}
    assert watched.told() == []


@pytest.mark.parametrize("place", ["get", "known", "create_all"])
def test_own_records_in_trouble_are_waited_for(workshop: Workshop, place: str) -> None:
    """The event is not done meanwhile, and is told once they are back."""
    watched = Watched(workshop, BOATS)
    watched.records.faults[place] = (IndexUnavailableError("down"), 3)
    workshop.send(boat())
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    assert watched.told() == [("boats", "asset-1")]
    assert watched.kept() == [alert_id("boats", "asset-1")]


def test_a_topic_in_trouble_is_waited_for(workshop: Workshop) -> None:
    """As dead letters are."""
    watched = Watched(workshop, BOATS)
    watched.alerts.troubles = 3
    workshop.send(boat())
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    assert watched.told() == [("boats", "asset-1")]


def test_without_the_right_to_read_them_delivery_goes_on_without_alerts(workshop: Workshop) -> None:
    """Nothing waits for what only somebody can mend."""
    watched = Watched(workshop, BOATS)
    watched.records.faults["get"] = (IndexAccessError("refused"), FOR_EVER)
    workshop.send(boat())
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    assert watched.told() == []


def test_a_fault_of_ours_in_the_watch_holds_nothing_up(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told and counted, and the event is done."""
    watched = Watched(workshop, BOATS)
    matches = Watch.matches

    def broken(self: Watch, arrivals: list[Arrival]) -> object:
        if any(arrival.asset_id == "asset-1" for arrival in arrivals):
            raise RuntimeError("ours")
        return matches(self, arrivals)

    monkeypatch.setattr(Watch, "matches", broken)
    workshop.send(boat(), boat("asset-2"))
    assert workshop.consume_events(2) == {Outcome.INDEXED: 2}
    assert watched.told() == [("boats", "asset-2")]
    assert _counted(workshop, "damsight_consumer_alerts_total") == {"failed": 1, "published": 1, "already": 0}


def test_how_many_are_watched_is_told(workshop: Workshop) -> None:
    """By state; a search that changes while the consumer runs is watched as it is now."""
    watched = Watched(workshop, BOATS)
    watched.records.put(OwnRecord(KIND, "broken", ANNA, body={"saved_search_id": "broken"}))

    def ready(consumer: Consumer) -> bool:
        if not watched.told():
            return False
        if len(watched.alerts.published) == 1 and "ship" not in watched.workshop.writer.documents:
            watched.keep(standing("boats", words=words("ship")))
            time.sleep(0.2)
            workshop.send(boat("ship", title="A ship"), boat("boat", title="A boat"))
        return sum(consumer.counts().values()) >= 3

    workshop.send(boat())
    workshop.consume(ready)
    assert watched.told() == [("boats", "asset-1"), ("boats", "ship")]
    states = _counted(workshop, "damsight_consumer_standing_searches", "state")
    assert states == {"watched": 1, "other_space": 0, "expired": 0, "broken": 1, "beyond": 0}


def _counted(workshop: Workshop, name: str, label: str = "outcome") -> dict[str, float]:
    samples = (one for metric in workshop.telemetry.registry.collect() for one in metric.samples)
    return {one.labels[label]: one.value for one in samples if one.name == name}


def test_vectors_of_a_stored_document_are_whole(workshop: Workshop) -> None:
    """What the index held already is read with its vectors, in the shape that was stored."""
    workshop.fetcher.files[URI] = jpeg("red", (80, 60))
    workshop.send(changed_event(uri=URI, title="A boat"))
    workshop.consume_events(1)
    (arrival,) = workshop.stored.arrivals(["asset-1", "nobody"])
    assert (arrival.revision, arrival.fields["title"]) == (1, "A boat")
    assert set(arrival.vectors) == {"image_vector", "caption_vector"}
    assert np.linalg.norm(arrival.vectors["image_vector"]) == pytest.approx(1.0, abs=0.01)
