"""Paging through ten thousand hits on a real Elasticsearch while the index changes under the pages."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pytest
from elasticsearch.helpers import pack_dense_vector

from contract.search_index_contract import SPACES
from contract.search_service_contract import service_over
from damsight_devstack import Stack
from damsight_schemas.search import SearchRequest, SearchResponse, Sort
from damsight_search.index import ElasticsearchIndex
from damsight_search.principal import stranger
from damsight_search.results.deep import BEYOND, RENEWED
from damsight_search.service import SearchService
from fakes.real_index import RealIndex, real_index

COUNT = 10_000
TOUCHED = 2_000
"""The first so many may be changed or deleted; the others stay as they are."""
AT_ONCE = 2_500
WHO = stranger()
DIMENSIONS = SPACES.image_vector.dimensions if SPACES.image_vector else 0


def boat(number: int, *, revision: int = 1, **changes: Any) -> dict[str, Any]:
    """Return one asset that matches the words; every fortieth has a picture."""
    told = {
        "asset_id": f"boat-{number:05d}",
        "revision": revision,
        "deleted": False,
        "acl": ["public"],
        "title": f"boat {number}" if number % 3 else "boat harbour",
        "created_at": f"20{number % 20:02d}-0{1 + number % 9}-01T08:00:00Z",
    }
    if number % 40 == 0:
        vector = np.random.default_rng(number).normal(size=DIMENSIONS)
        told["image_vector"] = pack_dense_vector((vector / np.linalg.norm(vector)).tolist())
    return told | changes


@pytest.fixture(scope="module")
def real(stack: Stack) -> Iterator[RealIndex]:
    with real_index(stack.elasticsearch_url, SPACES) as index:
        for start in range(0, COUNT, AT_ONCE):
            index.store({told["asset_id"]: told for told in map(boat, range(start, start + AT_ONCE))})
        yield index


class Noting(ElasticsearchIndex):
    """The real index, which notes the views that it keeps."""

    views: tuple[str, ...] = ()

    def freeze(self) -> str:
        """Note the view."""
        view = super().freeze()
        self.views = (*self.views, view)
        return view


class Walk:
    """Somebody who pages through one request to its end."""

    def __init__(self, service: SearchService, request: SearchRequest) -> None:
        self.service = service
        self.request = request
        self.seen: list[str] = []
        self.cursor: str | None = None
        self.ended = False
        self.first: SearchResponse | None = None
        self.notes: set[str] = set()

    def step(self) -> None:
        """Read the next page."""
        if self.ended:
            return
        response = self.service.search(self.request.model_copy(update={"cursor": self.cursor}), WHO)
        self.first = self.first or response
        self.seen += [hit.asset_id for hit in response.hits]
        self.notes |= {*response.notes, *response.degraded}
        self.cursor, self.ended = response.cursor, response.cursor is None


def disturb(real: RealIndex, turn: int) -> None:
    """Add some that match, move some to another place of every order, delete some, withdraw some."""
    numbers = np.random.default_rng(turn).choice(TOUCHED, size=16, replace=False).tolist()
    revision = turn + 2
    changed: dict[str, dict[str, Any]] = {f"new-{turn}": boat(COUNT + turn, asset_id=f"new-{turn}")}
    for place, number in enumerate(numbers):
        told = boat(number, revision=revision)
        if place < 4:
            told = {"asset_id": told["asset_id"], "revision": revision, "deleted": True, "acl": []}
        elif place < 8:
            told |= {"acl": ["user:anna"]}
        else:
            told |= {"title": "boat boat harbour boat" if place % 2 else "a boat", "created_at": "2030-01-01T00:00:00Z"}
        changed[told["asset_id"]] = told
    real.store(changed)


@pytest.mark.integration
def test_ten_thousand_hits_come_once_each_while_the_index_changes(real: RealIndex) -> None:
    """No repeat, and no untouched asset is missed: by words beyond the window, by date, and browsed."""
    service = service_over(real.index)
    by_date = Sort(by="created_at", order="asc")
    walks = [
        Walk(service, SearchRequest(text="boat", size=200)),
        Walk(service, SearchRequest(text="boat", size=200, sort=by_date)),
        Walk(service, SearchRequest(size=200, sort=Sort(by="title"))),
    ]
    for turn in range(COUNT):
        for walk in walks:
            walk.step()
        if all(walk.ended for walk in walks):
            break
        if turn % 4 == 0:
            disturb(real, turn)
    untouched = {f"boat-{number:05d}" for number in range(TOUCHED, COUNT)}
    for walk in walks:
        assert len(walk.seen) == len(set(walk.seen))
        assert untouched <= set(walk.seen)
        assert walk.first is not None
        assert walk.first.total.value == COUNT
        assert RENEWED not in walk.notes
    assert BEYOND in walks[0].notes
    dates = [boat(int(one[5:]))["created_at"] for one in walks[1].seen if one in untouched]
    assert dates == sorted(dates)


@pytest.mark.integration
@pytest.mark.parametrize("by", ["relevance", "created_at"])
def test_a_view_that_was_closed_is_replaced_and_it_is_said(
    real: RealIndex, by: Literal["relevance", "created_at"]
) -> None:
    """Paging goes on where it was, in a new view, and tells that what was changed meanwhile may be amiss."""
    index = Noting(real.client, real.settings.alias)
    walk = Walk(service_over(index), SearchRequest(text="harbour", size=200, sort=Sort(by=by)))
    for _ in range(3):
        walk.step()
    assert len(index.views) == 1
    real.client.close_point_in_time(id=index.views[0])
    while not walk.ended:
        walk.step()
    assert RENEWED in walk.notes
    assert len(walk.seen) == len(set(walk.seen))
