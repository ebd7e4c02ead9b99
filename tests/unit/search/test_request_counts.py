"""What an answer costs, in requests to the index: pinned, so that none is added in silence."""

import threading

import pytest

from contract.search_index_contract import SPACES
from contract.search_service_contract import PRESS, service_over
from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest, Sort
from damsight_search.errors import SearchUnavailableError
from damsight_search.ports import Answer, Body
from fakes.library import library
from fakes.search_index import FakeIndex

RED = [Filter(field="tags", value="red")]
WORDS = {"image": 0.0, "caption": 0.0, "frame": 0.0}


def asked_by(*requests: SearchRequest) -> list[int]:
    """Return how many requests each page took; a request that has no cursor gets the page before's."""
    index = FakeIndex(SPACES)
    index.documents = library()
    service, costs, cursor = service_over(index), [], None
    for request in requests:
        before = len(index.asked) + len(index.views)
        cursor = service.search(request.model_copy(update={"cursor": cursor}), PRESS).cursor
        costs.append(len(index.asked) + len(index.views) - before)
    return costs


@pytest.mark.parametrize(
    ("request_", "cost"),
    [
        (SearchRequest(text="red", size=5), 2),
        (SearchRequest(text="red", size=5, facets=["tags", "kind", "created_at"]), 2),
        (SearchRequest(text="red", size=5, facets=["kind"], filters=RED), 2),
        (SearchRequest(text="red", size=5, facets=["tags"], filters=RED), 3),
        (SearchRequest(text="red", size=5, facets=["tags"], filters=RED, weights=WORDS), 2),
        (SearchRequest(text="red", size=5, sort=Sort(by="title")), 2),
        (SearchRequest(text="rde", size=5), 2),
        (SearchRequest(like=["asset-003"], size=5), 3),
        (SearchRequest(size=5), 1),
        (SearchRequest(size=5, facets=["tags", "kind"], filters=RED), 1),
    ],
    ids=lambda one: str(one.model_dump(exclude_defaults=True)) if isinstance(one, SearchRequest) else "",
)
def test_a_first_page_costs_no_more_than_it_must(request_: SearchRequest, cost: int) -> None:
    """One search for the window, one request for the page; a second search only where a chosen facet needs it."""
    assert asked_by(request_) == [cost]


def test_a_page_of_the_window_is_one_request() -> None:
    """The order is in the cursor: only the page's documents are read."""
    request = SearchRequest(text="red", size=5)
    assert asked_by(request, request, request) == [2, 1, 1]


def test_a_page_beyond_is_two_requests_once_the_view_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """One lists, one reads the documents under the rights of now; the view is kept with the first of them."""
    for name in ("WINDOW", "TEXT_WINDOW"):
        monkeypatch.setattr(f"damsight_search.plan.{name}", 10)
    words = SearchRequest(text="picture", size=5, weights=WORDS)
    assert asked_by(words, words, words, words) == [2, 1, 3, 2]
    browsed = SearchRequest(size=5)
    assert asked_by(browsed, browsed, browsed) == [1, 3, 2]


class BothAtOnce(FakeIndex):
    """Answers the first two requests only when both are there."""

    def __init__(self) -> None:
        super().__init__(SPACES)
        self.documents = library()
        self._both = threading.Barrier(2, timeout=20)
        self._first = iter(range(2))

    def search(self, body: Body) -> Answer:
        if next(self._first, None) is not None:
            self._both.wait()
        return super().search(body)


def test_the_siblings_of_what_is_chosen_are_asked_for_beside_the_window() -> None:
    """Neither needs the other, so nobody waits for both in turn; one after the other would wait for ever here."""
    chosen = SearchRequest(text="red", size=5, facets=["tags"], filters=RED)
    answer = service_over(BothAtOnce()).search(chosen, PRESS)
    assert {one.value for one in answer.facets["tags"].values} > {"red"}


class Down(FakeIndex):
    """Answers nothing."""

    def search(self, body: Body) -> Answer:
        raise SearchUnavailableError("nothing answers")


def test_what_is_asked_beside_hides_no_failure() -> None:
    """The window's own error is raised, and once."""
    chosen = SearchRequest(text="red", size=5, facets=["tags"], filters=RED)
    with pytest.raises(SearchUnavailableError, match="nothing answers"):
        service_over(Down(SPACES)).search(chosen, PRESS)
