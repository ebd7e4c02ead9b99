"""Recent searches over HTTP: noted by a search, suggested to their person, forgotten at their word."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from contract.search_index_contract import SPACES
from damsight_encoders.decode import PillowDecoder
from damsight_search.api.app import create_app
from damsight_search.features import Features
from damsight_search.kept_records import KeptRecords
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.settings import load_settings
from damsight_search.vectors.query_encoder import EncodersForQueries
from damsight_search.words.recent_searches import RecentSearches
from fakes.encoders import fake_encoders
from fakes.library import library
from fakes.own_records import FakeOwnRecords
from fakes.search_app import SECRET, api, bearer
from fakes.search_index import FakeIndex

ADDRESS = "/api/v1/recent-searches"


@pytest.fixture
def client() -> Iterator[TestClient]:
    index = FakeIndex(SPACES)
    index.documents = library()
    recent = RecentSearches(KeptRecords(FakeOwnRecords()), every_s=3600)
    encoder = EncodersForQueries(fake_encoders(), PillowDecoder())
    service = SearchService(index, encoder, Cursors(b"a secret that only this test knows"), recent=recent)
    settings = load_settings(auth={"secret": SECRET, "anonymous": True})
    with TestClient(create_app(service, settings, Features(recent=recent))) as client:
        yield client


def suggested(client: TestClient, headers: dict[str, str] | None = None) -> list[dict[str, str]]:
    told: list[dict[str, str]] = client.get("/api/v1/suggest", params={"q": ""}, headers=headers).json()["suggestions"]
    return told


def test_a_search_is_suggested_again_to_its_person_alone_and_forgotten_at_their_word(client: TestClient) -> None:
    """Others and strangers are told nothing of it, and its next pages are no searches of their own."""
    request = {"text": "red harbour", "size": 2}
    first = client.post("/api/v1/search", json=request, headers=bearer()).json()
    client.post("/api/v1/search", json={**request, "cursor": first["cursor"]}, headers=bearer())
    client.post("/api/v1/search", json={"text": "blue"})
    assert suggested(client, bearer()) == [{"text": "red harbour", "origin": "recent"}]
    assert suggested(client, bearer("carla")) == suggested(client) == []
    assert client.delete(ADDRESS).json() == {"forgotten": 0}
    assert client.delete(ADDRESS, headers=bearer()).json() == {"forgotten": 1}
    assert suggested(client, bearer()) == []


def test_where_they_are_not_kept_there_is_nothing_to_forget() -> None:
    """DAMSIGHT_SEARCH__RECENT=false: the address is not there."""
    with api() as without:
        assert without.delete(ADDRESS, headers=bearer()).status_code == 404
