"""Saved searches over HTTP: their owner's alone, run by the rights of the moment, watched for where that is asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from contract.search_index_contract import SPACES
from contract.search_service_contract import service_over
from damsight_encoders.decode import PillowDecoder
from damsight_schemas.space import IndexSpaces, Space
from damsight_schemas.standing import ALERT, CHANGED, CHANGES, SAVED_SEARCH, STANDING_SEARCH, StandingQuery
from damsight_search.errors import EncoderDownError
from damsight_search.features import Features
from damsight_search.settings import SavedSearchSettings
from damsight_search.standing.standing_bootstrap import StandingSearches, wire_standing
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import FakeJointEncoder, fake_encoders
from fakes.library import library
from fakes.own_records import FakeOwnRecords
from fakes.search_app import api, bearer
from fakes.search_index import FakeIndex

ADDRESS = "/api/v1/saved-searches"
RED = {"name": "Red ones", "request": {"text": "red"}, "alert": True}
FEW = SavedSearchSettings(most=3, standing_days=10)


class Encoder(EncodersForQueries):
    """Answers, unless a test says otherwise."""

    down = False

    def words(self, text: str, field: Any) -> Any:
        if self.down:
            raise EncoderDownError("the fake encoder is down")
        return super().words(text, field)


@dataclass
class Desk:
    """A client, and what stands behind it."""

    client: TestClient
    records: FakeOwnRecords
    index: FakeIndex
    encoder: Encoder
    wired: StandingSearches

    def save(self, who: dict[str, str] | None = None, **told: Any) -> dict[str, Any]:
        answer = self.client.post(ADDRESS, json={**RED, **told}, headers=who or bearer("anna"))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def standing(self, saved_search_id: str) -> StandingQuery | None:
        record = self.records.get(STANDING_SEARCH, saved_search_id)
        return None if record is None else StandingQuery.model_validate(record.body)

    def sign(self) -> object:
        record = self.records.get(CHANGES, CHANGED)
        return None if record is None else record.body["sign"]


@pytest.fixture
def desk() -> Iterator[Desk]:
    index, records = FakeIndex(SPACES), FakeOwnRecords()
    index.documents = library()
    encoder = Encoder(fake_encoders(), PillowDecoder())
    wired = wire_standing(FEW, service_over(index), index, encoder, records)
    features = Features(saved_searches=wired.saved_searches, alerts=wired.alerts)
    with api(index, auth={"anonymous": True}, features=features) as client:
        yield Desk(client, records, index, encoder, wired)


def test_a_search_is_saved_listed_changed_and_deleted(desk: Desk) -> None:
    """Each by its owner; the request comes back as it was sent."""
    saved = desk.save(alert=False)
    assert (saved["name"], saved["request"]["text"], saved["alert"]) == ("Red ones", "red", False)
    assert saved["standing"] is None
    other = desk.save(name="a first", request={"filters": [{"field": "tags", "value": "blue"}]}, alert=False)
    listed = desk.client.get(ADDRESS, headers=bearer("anna")).json()["saved_searches"]
    assert [one["name"] for one in listed] == ["a first", "Red ones"]
    place = f"{ADDRESS}/{saved['id']}"
    changed = desk.client.put(place, json={**RED, "name": "Reds"}, headers=bearer("anna")).json()
    assert (changed["id"], changed["name"], changed["created_at"]) == (saved["id"], "Reds", saved["created_at"])
    assert changed["modified_at"] > saved["modified_at"]
    assert desk.client.get(place, headers=bearer("anna")).json() == changed
    assert desk.client.delete(place, headers=bearer("anna")).status_code == 204
    assert desk.client.get(place, headers=bearer("anna")).status_code == 404
    left = desk.client.get(ADDRESS, headers=bearer("anna")).json()["saved_searches"]
    assert [one["id"] for one in left] == [other["id"]]


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_what_is_others_is_as_if_it_were_not_there(desk: Desk, method: str) -> None:
    """The same answer as for what never was; and strangers have none at all."""
    saved = desk.save()
    body = {"json": RED} if method == "put" else {}
    answers = [
        getattr(desk.client, method)(f"{ADDRESS}/{one}", headers=bearer("bert"), **body)
        for one in (saved["id"], "0" * 32)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text.replace(saved["id"], "0" * 32) == answers[1].text
    assert desk.client.get(ADDRESS, headers=bearer("bert")).json() == {"saved_searches": []}
    stranger = getattr(desk.client, method)(f"{ADDRESS}/{saved['id']}", **body)
    assert stranger.status_code == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"request": {"text": "red", "cursor": "x"}}, "(whole)"),
        ({"request": {"filters": [{"field": "nothing", "value": 1}]}}, "filters.0.field"),
        ({"request": {"weights": {"personal": 1}}}, "weights.personal"),
        ({"request": {}}, "alert"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_cannot_be_saved_is_refused_whole(desk: Desk, change: dict[str, Any], field: str) -> None:
    """The field is named, and nothing is kept: neither the search nor what it would be watched by."""
    answer = desk.client.post(ADDRESS, json={**RED, **change}, headers=bearer("anna"))
    assert answer.status_code == 422
    if field != "weights.personal":
        assert [one["field"] for one in answer.json()["fields"]] == [field]
    assert desk.records.kept == {}


def test_a_person_saves_so_many_and_a_stranger_none(desk: Desk) -> None:
    """Each person has their own number; the message says what to do."""
    for number in range(3):
        desk.save(name=f"{number}", alert=False)
    full = desk.client.post(ADDRESS, json=RED, headers=bearer("anna"))
    assert full.status_code == 422
    assert "delete one first" in full.text
    desk.save(bearer("bert"))
    assert desk.client.post(ADDRESS, json=RED).status_code == 401


def test_it_is_run_by_the_rights_of_whoever_asks_now(desk: Desk) -> None:
    """What its owner could see when it was saved is not seen any more once the rights are gone; pages follow."""
    saved = desk.save(bearer("anna", ("press",)), alert=False)
    place = f"{ADDRESS}/{saved['id']}/hits"

    def every(headers: dict[str, str]) -> set[str]:
        seen: set[str] = set()
        cursor = None
        while True:
            asked = {"size": 3, **({"cursor": cursor} if cursor else {})}
            answer = desk.client.get(place, params=asked, headers=headers).json()
            assert not seen & {hit["asset_id"] for hit in answer["hits"]}
            seen |= {hit["asset_id"] for hit in answer["hits"]}
            cursor = answer["cursor"]
            if cursor is None:
                return seen

    with_press, without = every(bearer("anna", ("press",))), every(bearer("anna", ()))
    assert without < with_press
    seen = {one for one, told in library().items() if {"public", "user:anna"} & set(told["acl"])}
    assert without <= seen


def test_with_alert_it_is_compiled_with_its_owners_rights(desk: Desk) -> None:
    """Words, both vectors with their spaces, filters, phrases and exclusions; consumers see that something changed."""
    text = '"red picture" -blue red kind:image'
    saved = desk.save(bearer("anna", ("press",)), request={"text": text, "like": ["asset-001"]})
    query = desk.standing(saved["id"])
    assert query is not None
    assert query.principals == ("group:press", "public", "user:anna")
    assert (query.name, query.owner, query.agree) == ("Red ones", "user:anna", "any")
    assert {vector.leg: vector.space for vector in query.vectors}["image"] == SPACES.image_vector
    assert query.without == ("asset-001",)
    assert set(query.words) == {(("red",),), (("picture",),)}
    assert {"term": {"kind": "image"}} in query.filters
    assert len(query.filters) == 3
    assert saved["standing"]["watched"]
    assert timedelta(days=9) < query.until - datetime.now(UTC) <= timedelta(days=10)
    before = desk.sign()
    desk.client.put(f"{ADDRESS}/{saved['id']}", json={**RED, "alert": False}, headers=bearer("anna"))
    assert desk.standing(saved["id"]) is None
    assert desk.sign() != before


def test_its_owner_coming_back_renews_it_with_the_rights_of_now(desk: Desk) -> None:
    """By looking at it or running it; it is written only where something changes."""
    saved = desk.save(bearer("anna", ("press",)))
    place = f"{ADDRESS}/{saved['id']}"
    sign = desk.sign()
    desk.client.get(place, headers=bearer("anna", ("press",)))
    assert desk.sign() == sign
    desk.client.get(f"{place}/hits", headers=bearer("anna", ("sport",)))
    query = desk.standing(saved["id"])
    assert query is not None
    assert query.principals == ("group:sport", "public", "user:anna")
    record = desk.records.get(STANDING_SEARCH, saved["id"])
    assert record is not None
    record.body["until"] = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert desk.client.get(place, headers=bearer("anna")).json()["standing"]["watched"]
    listed = desk.client.get(ADDRESS, headers=bearer("anna")).json()["saved_searches"]
    assert listed[0]["standing"]["watched"]


def test_looking_at_what_came_renews_all_of_ones_own_once_a_day(desk: Desk) -> None:
    """With the rights of now; nobody else's look does."""
    saved = desk.save(bearer("anna", ("press",)))
    for who in (bearer("bert"), bearer("anna", ("press",))):
        sign = desk.sign()
        desk.client.get("/api/v1/alerts", headers=who)
        assert desk.sign() == sign
    desk.client.get("/api/v1/alerts", headers=bearer("anna", ("sport",)))
    query = desk.standing(saved["id"])
    assert query is not None
    assert "group:sport" in query.principals
    sign = desk.sign()
    desk.client.get("/api/v1/alerts", headers=bearer("anna", ("sport",)))
    assert desk.sign() == sign


def test_saved_while_the_encoder_is_down_it_is_compiled_later(desk: Desk) -> None:
    """It is watched for by its words meanwhile, and by its vectors once they can be made."""
    desk.encoder.down = True
    saved = desk.save()
    assert saved["standing"]["lacks"]
    query = desk.standing(saved["id"])
    assert query is not None
    assert query.vectors == ()
    assert desk.wired.upkeep.look() == 0
    desk.encoder.down = False
    assert desk.wired.upkeep.look() == 1
    query = desk.standing(saved["id"])
    assert query is not None
    assert {vector.leg for vector in query.vectors} >= {"image", "caption"}
    assert desk.wired.upkeep.look() == 0


def test_when_the_models_change_it_is_compiled_anew_and_lives_no_longer(desk: Desk) -> None:
    """By the rights that it had, and only once the encoders are those of the index."""
    saved = desk.save(bearer("anna", ("press",)))
    before = desk.standing(saved["id"])
    assert before is not None
    other = FakeJointEncoder("another")
    space = Space.model_validate(other.space.model_dump())
    desk.index.indexed_spaces = IndexSpaces.model_validate({**SPACES.model_dump(), "image_vector": space})
    assert desk.wired.upkeep.look() in (0, 1)
    desk.encoder._encoders = type(fake_encoders())(
        **{**{name: getattr(fake_encoders(), name) for name in ("caption",)}, "joint": other}
    )
    desk.wired.upkeep.look()
    after = desk.standing(saved["id"])
    assert after is not None
    assert {vector.space for vector in after.vectors if vector.leg == "image"} == {space}
    assert (after.principals, after.until) == (before.principals, before.until)


def test_what_is_old_or_has_lost_its_search_goes(desk: Desk) -> None:
    """Alerts by their age; a standing search whose saved one is gone; deleting takes a search's alerts with it."""
    saved = desk.save()
    desk.records.delete(SAVED_SEARCH, saved["id"])
    desk.wired.upkeep.look()
    assert desk.standing(saved["id"]) is None
    assert list(desk.records.of(ALERT)) == []
