"""The addresses of duplicates and groups."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from contract.duplicates_contract import shelf
from contract.search_index_contract import SPACES
from contract.search_service_contract import service_over
from damsight_search.duplication.asset_duplicates import Duplicates
from damsight_search.features import Features
from damsight_search.grouping.groups import Groups
from fakes.search_app import api, bearer
from fakes.search_index import FakeIndex


@pytest.fixture(scope="module")
def client() -> TestClient:
    index = FakeIndex(SPACES)
    index.documents = shelf() | {"a/b": {**shelf()["film"], "asset_id": "a/b"}}
    return api(index, features=Features(duplicates=Duplicates(index), groups=Groups(service_over(index), index)))


def test_an_assets_duplicates_have_an_address(client: TestClient) -> None:
    """Also where the id holds a slash."""
    told = client.get("/api/v1/assets/a/b/duplicates", headers=bearer()).json()
    assert [one["asset_id"] for one in told["duplicates"]] == ["film", "film-copy"]
    assert told["complete"] is True


def test_what_is_hidden_has_no_duplicates(client: TestClient) -> None:
    """The same answer as for what is not there; without a token, none at all."""
    hidden = client.get("/api/v1/assets/red-secret/duplicates", headers=bearer("anna", ()))
    missing = client.get("/api/v1/assets/nothing/duplicates", headers=bearer("anna", ()))
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.json()["type"] == missing.json()["type"]
    assert client.get("/api/v1/assets/red/duplicates").status_code == 401


def test_groups_of_a_search_have_an_address(client: TestClient) -> None:
    """A search request, and how many groups."""
    told = client.post("/api/v1/groups", json={"text": "thing", "count": 2}, headers=bearer()).json()
    assert len(told["groups"]) == 2
    assert len(told["places"]) == told["counted"]
    assert "vector" not in str(told["groups"])
    assert client.post("/api/v1/groups", json={"text": "thing"}).status_code == 401


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"count": 1}, "count"),
        ({"count": 13}, "count"),
        ({"count": 2.5}, "count"),
        ({"cursor": "x"}, "cursor"),
        ({"facets": ["tags"]}, "facets"),
        ({"size": 25}, "size"),
        ({"groups": 3}, "groups"),
        ({"filters": [{"field": "nothing", "value": 1}]}, "filters.0.field"),
    ],
)
def test_what_groups_do_not_take_is_refused(client: TestClient, given: dict[str, Any], says: str) -> None:
    """Each field by its name; nothing is ignored in silence."""
    answer = client.post("/api/v1/groups", json=given, headers=bearer())
    assert answer.status_code == 422
    assert says in answer.text


def test_where_they_are_not_wired_they_are_not_there() -> None:
    """A host that takes the search alone offers no groups."""
    assert api(FakeIndex(SPACES)).post("/api/v1/groups", json={}, headers=bearer()).status_code == 404
