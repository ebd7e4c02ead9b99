"""Listings beyond the window, when the view that they are read from is refused, gone or incomplete."""

import pytest

from contract.reach_contract import SEEN, WINDOW, by_words
from contract.search_index_contract import SPACES
from contract.search_service_contract import PRESS
from damsight_schemas.search import SearchRequest, SearchResponse, Sort
from damsight_search.errors import IndexRefusedError, SearchUnavailableError
from damsight_search.results.deep import RENEWED
from damsight_search.results.views import SHARED_S, Views
from damsight_search.service import SearchService
from fakes.library import document, library
from fakes.search_index import FakeIndex

REQUESTS = [
    SearchRequest(text="picture", size=7),
    SearchRequest(text="picture", size=7, sort=Sort(by="created_at")),
    SearchRequest(size=7, sort=Sort(by="title")),
]


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> FakeIndex:
    """The library, larger than a window."""
    for name in ("WINDOW", "TEXT_WINDOW"):
        monkeypatch.setattr(f"damsight_search.plan.{name}", WINDOW)
    filled = FakeIndex(SPACES)
    filled.documents = library()
    return filled


def pages_of(service: SearchService, request: SearchRequest, after_each: object = None) -> list[SearchResponse]:
    """Page to the end; something may happen after each page."""
    pages = [service.search(request, PRESS)]
    while pages[-1].cursor:
        if callable(after_each):
            after_each()
        pages.append(service.search(request.model_copy(update={"cursor": pages[-1].cursor}), PRESS))
    return pages


def told(pages: list[SearchResponse]) -> list[str]:
    return [hit.asset_id for page in pages for hit in page.hits]


@pytest.mark.parametrize("request_", REQUESTS, ids=["words", "by date", "browsed"])
def test_a_view_that_is_gone_is_replaced_and_every_later_page_says_so(
    index: FakeIndex, request_: SearchRequest
) -> None:
    """Nothing that stayed as it was is lost or repeated by it."""
    pages = pages_of(by_words(index), request_, index.views.clear)
    assert sorted(told(pages)) == sorted(SEEN)
    assert RENEWED not in pages[0].degraded
    assert all(RENEWED in page.degraded for page in pages[3:])


@pytest.mark.parametrize("error", [IndexRefusedError, SearchUnavailableError])
@pytest.mark.parametrize("request_", REQUESTS, ids=["words", "by date", "browsed"])
def test_without_views_pages_are_read_from_the_index_as_it_is(
    index: FakeIndex, request_: SearchRequest, error: type[Exception]
) -> None:
    """A server that keeps none, or has lost a part of the index, is paged too, and it is said."""

    def refuse() -> str:
        raise error("no views here")

    index.freeze = refuse  # type: ignore[method-assign]  # what such a server does
    pages = pages_of(by_words(index), request_)
    assert sorted(told(pages)) == sorted(SEEN)
    assert RENEWED in pages[-1].degraded


@pytest.mark.parametrize("request_", REQUESTS, ids=["words", "by date", "browsed"])
def test_rights_are_those_of_now_and_the_order_that_of_the_view(index: FakeIndex, request_: SearchRequest) -> None:
    """What is withdrawn or deleted is passed over, what is added or moved comes where it stood, or not at all."""
    service = by_words(index)
    first = service.search(request_, PRESS)
    second = service.search(request_.model_copy(update={"cursor": first.cursor}), PRESS)
    third = service.search(request_.model_copy(update={"cursor": second.cursor}), PRESS)
    seen = [*told([first]), *told([second]), *told([third])]
    withdrawn, deleted, moved = [one for one in sorted(SEEN) if one not in seen][:3]
    index.documents |= {
        withdrawn: {**SEEN[withdrawn], "acl": ["user:anna"]},
        deleted: {"asset_id": deleted, "revision": 2, "deleted": True, "acl": []},
        moved: {**SEEN[moved], "title": "A picture", "created_at": "1970-01-01T00:00:00Z"},
        seen[0]: {**SEEN[seen[0]], "title": "Zzz picture", "created_at": "2070-01-01T00:00:00Z"},
        "new": document("new", "red", title="Picture picture", caption="picture"),
    }
    rest = pages_of(service, request_.model_copy(update={"cursor": third.cursor}))
    assert sorted([*seen, *told(rest)]) == sorted(set(SEEN) - {withdrawn, deleted})
    assert rest[-1].total.value == first.total.value - 2


def test_a_lost_part_is_told_beyond_the_window(index: FakeIndex) -> None:
    """Each page of a listing says that hits may be missing."""
    index.lost_shards = 1
    for page in pages_of(by_words(index), REQUESTS[0]):
        assert any("1 of 2 parts" in words for words in page.degraded)
        assert page.total.relation == "gte"


def test_those_who_begin_within_a_second_share_a_view() -> None:
    """However often somebody begins to page, the server keeps few views; one that is gone is never given again."""
    taken: list[str] = []
    now = [0.0]

    def freeze() -> str:
        taken.append(f"view-{len(taken)}")
        return taken[-1]

    views = Views(freeze, clock=lambda: now[0])
    assert [views.take() for _ in range(5)] == ["view-0"] * 5
    now[0] = SHARED_S + 0.1
    assert views.take() == "view-1"
    assert views.take(instead_of="view-1") == "view-2"
    assert views.take(instead_of="view-1") == "view-2"
