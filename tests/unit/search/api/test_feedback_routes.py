"""Feedback over HTTP: under the token's rights, refused where it is wrong, and absent where it is not wired."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from contract.search_index_contract import SPACES
from damsight_search.features import Features
from damsight_search.learning.feedback import KIND, FeedbackKeeper
from damsight_search.settings import FeedbackSettings
from fakes.library import library
from fakes.own_records import FakeOwnRecords
from fakes.search_app import api, bearer
from fakes.search_index import FakeIndex

ADDRESS = "/api/v1/feedback"
OPENED = {"asset_id": "asset-003", "action": "opened", "text": "red", "rank": 1}


@pytest.fixture
def records() -> FakeOwnRecords:
    return FakeOwnRecords()


@pytest.fixture
def client(records: FakeOwnRecords) -> Iterator[TestClient]:
    index = FakeIndex(SPACES)
    index.documents = library()
    keeper = FeedbackKeeper(records, index, FeedbackSettings())
    with api(index, auth={"anonymous": True}, features=Features(feedback=keeper)) as client:
        yield client


def test_an_act_is_kept_and_forgotten(client: TestClient, records: FakeOwnRecords) -> None:
    """POST keeps for whoever the token names; DELETE forgets theirs."""
    assert client.post(ADDRESS, json=OPENED, headers=bearer()).json() == {"kept": True}
    assert [record.owner for record in records.of(KIND)] == ["user:bert"]
    assert client.delete(ADDRESS, headers=bearer("carla")).json() == {"forgotten": 0}
    assert client.delete(ADDRESS, headers=bearer()).json() == {"forgotten": 1}


def test_a_strangers_act_is_taken_and_not_kept(client: TestClient, records: FakeOwnRecords) -> None:
    """A page need not know who may be kept: it is no error."""
    assert client.post(ADDRESS, json=OPENED).json() == {"kept": False}
    assert records.kept == {}


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"asset_id": "asset-005"}, 404, "asset-not-found"),
        ({"asset_id": "nowhere"}, 404, "asset-not-found"),
        ({"action": "liked"}, 422, "invalid-request"),
        ({"rank": 0}, 422, "invalid-request"),
        ({"text": "a" * 2001}, 422, "invalid-request"),
        ({"person": "user:anna"}, 422, "invalid-request"),
    ],
    ids=["forbidden", "absent", "unknown act", "no rank", "long text", "unknown field"],
)
def test_what_is_wrong_is_refused(client: TestClient, change: dict[str, object], status: int, problem: str) -> None:
    """Assets one may not see, unknown acts, and fields that are not there are problems with a name."""
    told = client.post(ADDRESS, json={**OPENED, **change}, headers=bearer())
    assert (told.status_code, told.json()["type"]) == (status, f"urn:damsight:problem:{problem}")


def test_without_the_feature_there_is_no_address() -> None:
    """What is not wired is not there."""
    with api() as client:
        assert client.post(ADDRESS, json=OPENED, headers=bearer()).status_code == 404
