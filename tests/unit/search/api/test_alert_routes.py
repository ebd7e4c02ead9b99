"""Alerts over HTTP: one's own, newest first, of assets that one may see now; read, hidden, and never of others."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from contract.search_index_contract import SPACES
from damsight_consumer.alert_records import KeptAlerts
from damsight_schemas.alerts import AlertMatched, alert_event, alert_id
from damsight_schemas.standing import ALERT
from damsight_search.authorizing import Authorizing
from damsight_search.errors import NoPrincipalError
from damsight_search.features import Features
from damsight_search.principal import signed_in, stranger
from damsight_search.standing.alert_inbox import AlertInbox
from fakes.library import library
from fakes.own_records import FakeOwnRecords
from fakes.search_app import api, bearer
from fakes.search_index import FakeIndex

ADDRESS = "/api/v1/alerts"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANNA = bearer("anna", ())
PUBLIC = [one for one, told in library().items() if "public" in told["acl"]]
PRESS = [one for one, told in library().items() if told["acl"] == ["group:press"]]


@dataclass
class Desk:
    client: TestClient
    records: FakeOwnRecords
    index: FakeIndex

    def arrive(self, *asset_ids: str, owner: str = "user:anna", search: str = "s1", second: int = 0) -> None:
        """Keep alerts as the consumer does."""
        at = NOON + timedelta(seconds=second)
        data = [
            AlertMatched(
                saved_search_id=search, name="Red ones", owner=owner, asset_id=one, revision=1, relevance=0.5,
                legs=["image"],
            )
            for one in asset_ids
        ]  # fmt: skip
        KeptAlerts(self.records).keep([alert_event(one, time=at) for one in data])

    def shown(self, headers: dict[str, str] = ANNA, **asked: Any) -> dict[str, Any]:
        answer = self.client.get(ADDRESS, params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
def desk() -> Iterator[Desk]:
    index, records = FakeIndex(SPACES), FakeOwnRecords()
    index.documents = library()
    features = Features(alerts=AlertInbox(records, index, timeout="5s"))
    with api(index, auth={"anonymous": True}, features=features) as client:
        yield Desk(client, records, index)


def assets(page: dict[str, Any]) -> list[str]:
    return [one["asset_id"] for one in page["alerts"]]


def test_they_come_newest_first_with_the_asset_as_it_is_now(desk: Desk) -> None:
    """With why, since when, and whether it was read; never a vector, and never what is others'."""
    desk.arrive(PUBLIC[0])
    desk.arrive(PUBLIC[1], second=5)
    desk.arrive(PUBLIC[2], owner="user:bert", second=9)
    page = desk.shown()
    assert assets(page) == [PUBLIC[1], PUBLIC[0]]
    assert (page["unread"], page["cursor"]) == (2, None)
    last = page["alerts"][1]
    assert last["asset"]["title"] == library()[PUBLIC[0]]["title"]
    assert not any("vector" in name for name in last["asset"])
    plain = {name: last[name] for name in last if name != "asset"}
    assert plain == {
        "id": alert_id("s1", PUBLIC[0]), "saved_search_id": "s1", "name": "Red ones", "asset_id": PUBLIC[0],
        "revision": 1, "relevance": 0.5, "legs": ["image"], "at": "2026-11-21T12:00:00Z", "read": False,
    }  # fmt: skip


def test_an_asset_that_may_not_be_seen_any_more_is_as_if_it_had_not_come(desk: Desk) -> None:
    """Neither its alert nor its part in a count is shown; with the right back, it is."""
    desk.arrive(PUBLIC[0], PRESS[0], "gone")
    assert (assets(desk.shown()), desk.shown()["unread"]) == ([PUBLIC[0]], 1)
    seen = desk.shown(bearer("anna", ("press",)))
    assert (set(assets(seen)), seen["unread"]) == ({PUBLIC[0], PRESS[0]}, 2)


def test_the_hosts_own_word_counts() -> None:
    """What it refuses is not shown, and not counted."""

    class Host:
        def authorize(self, principals: list[str], ids: list[str]) -> list[str]:
            return [one for one in ids if one != PUBLIC[0]]

    index, records = FakeIndex(SPACES), FakeOwnRecords()
    index.documents = library()
    inbox = AlertInbox(records, index, timeout="5s", authorizing=Authorizing(Host()))
    Desk(None, records, index).arrive(PUBLIC[0], PUBLIC[1])  # type: ignore[arg-type]  no client is asked
    page = inbox.page(signed_in("anna"), size=9)
    assert ([one.asset_id for one in page.alerts], page.unread) == ([PUBLIC[1]], 1)
    with pytest.raises(NoPrincipalError):
        inbox.page(stranger(), size=9)


def test_pages_neither_repeat_nor_leave_out(desk: Desk) -> None:
    """Of many that came in one millisecond too, with hidden assets in between."""
    desk.arrive(*PUBLIC[:7], *PRESS[:4])
    desk.arrive(*PUBLIC[7:9], second=3)
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(20):
        page = desk.shown(size=2, **({"cursor": cursor} if cursor else {}))
        seen += assets(page)
        cursor = page["cursor"]
        if cursor is None:
            break
    assert cursor is None
    assert sorted(seen) == sorted(PUBLIC[:9])
    assert set(seen[:2]) == set(PUBLIC[7:9])


def test_reading_and_hiding_are_ones_own(desk: Desk) -> None:
    """What is read is counted no more; what is hidden is shown no more, and its mark stays."""
    desk.arrive(PUBLIC[0], PUBLIC[1])
    first, second = (alert_id("s1", one) for one in PUBLIC[:2])

    def read(ids: list[str], headers: dict[str, str]) -> Any:
        return desk.client.post(f"{ADDRESS}/read", json={"alert_ids": ids}, headers=headers).json()

    assert read([first], bearer("bert")) == {"changed": 0}
    assert read([first, first, "f" * 40], ANNA) == {"changed": 1}
    assert read([first], ANNA) == {"changed": 0}
    assert assets(desk.shown(unread=True)) == [PUBLIC[1]]
    assert desk.shown()["unread"] == 1
    assert desk.client.delete(f"{ADDRESS}/{second}", headers=bearer("bert")).status_code == 404
    assert desk.client.delete(f"{ADDRESS}/{second}", headers=ANNA).status_code == 204
    assert desk.client.delete(f"{ADDRESS}/{second}", headers=ANNA).status_code == 404
    assert assets(desk.shown()) == [PUBLIC[0]]
    assert desk.records.known(ALERT, [second]) == {second}


@pytest.mark.parametrize(
    ("address", "status"),
    [(f"{ADDRESS}?cursor=nonsense", 422), (f"{ADDRESS}?cursor=MjAyNg==", 422), (f"{ADDRESS}?size=0", 422)],
)
def test_what_is_wrong_is_named(desk: Desk, address: str, status: int) -> None:
    """A damaged cursor, a page of nothing."""
    answer = desk.client.get(address, headers=ANNA)
    assert answer.status_code == status
    assert answer.json()["fields"]


def test_strangers_have_none(desk: Desk) -> None:
    """Nobody could tell whose they are."""
    assert desk.client.get(ADDRESS).status_code == 401
