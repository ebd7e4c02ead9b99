"""How far an answer reaches: facets and their siblings, sorting, and pages beyond the window; over any index."""

from collections import Counter
from typing import Any, Literal

import pytest

from contract.search_service_contract import PRESS, PUBLIC, everything, ids, picture_of, service_over
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.ports import Encoders
from damsight_schemas.filters import Filter
from damsight_schemas.search import Facet, SearchRequest, SearchResponse, Sort
from damsight_search.ports import SearchIndex
from damsight_search.principal import stranger
from damsight_search.results.answering import WORST_FIRST
from damsight_search.results.deep import BEYOND
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.library import library

SEEN = {asset_id: told for asset_id, told in library().items() if set(told["acl"]) & set(PRESS)}
RED = Filter(field="tags", value="red")
IN_2003 = Filter(field="created_at", value="2003")
EVERY_WAY: list[tuple[SearchRequest, list[bytes]]] = [
    (SearchRequest(size=200), []),
    (SearchRequest(text="picture", size=200), []),
    (SearchRequest(text="picture", weights={"image": 0, "caption": 0, "frame": 0}, size=200), []),
    (SearchRequest(size=200), [picture_of("red")]),
]
WINDOW = 12


def by_words(index: SearchIndex) -> SearchService:
    """Return a search that has no models."""
    return SearchService(index, EncodersForQueries(Encoders(None, None), PillowDecoder()), Cursors(b"k" * 32))


def counts(facet: Facet) -> dict[Any, int]:
    """Return how often each value was counted."""
    return {one.value: one.count for one in facet.values}


def tags_of(told: list[dict[str, Any]]) -> Counter[str]:
    """Count tags."""
    return Counter(tag for one in told for tag in one["tags"])


class ReachContract:
    """Subclassed for each index; `index` holds `library()`, and no test changes it."""

    @pytest.fixture
    def index(self) -> SearchIndex:
        raise AssertionError("the subclass gives the index")

    @pytest.fixture
    def small_window(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make the library larger than a window."""
        for name in ("WINDOW", "TEXT_WINDOW"):
            monkeypatch.setattr(f"damsight_search.plan.{name}", WINDOW)

    @pytest.mark.parametrize(("request_", "pictures"), EVERY_WAY, ids=["browsed", "all legs", "words", "picture"])
    def test_a_chosen_facet_keeps_its_siblings(
        self, index: SearchIndex, request_: SearchRequest, pictures: list[bytes]
    ) -> None:
        """It is counted without its own filter and with all others; the rest is counted with every filter."""
        service = service_over(index)
        asked = request_.model_copy(update={"facets": ["tags", "created_at", "kind"]})
        neither = service.search(asked, PRESS, pictures)
        one = service.search(asked.model_copy(update={"filters": [RED]}), PRESS, pictures)
        both = service.search(asked.model_copy(update={"filters": [RED, IN_2003]}), PRESS, pictures)
        assert counts(one.facets["tags"]) == counts(neither.facets["tags"])
        assert all("red" in hit.asset["tags"] for hit in one.hits)
        reds = [told for told in SEEN.values() if "red" in told["tags"]]
        years = Counter(told["created_at"][:4] for told in reds if "created_at" in told)
        assert counts(one.facets["created_at"]) == counts(both.facets["created_at"]) == years
        in_2003 = [told for told in SEEN.values() if told.get("created_at", "").startswith("2003")]
        assert counts(both.facets["tags"]) == tags_of(in_2003)
        assert both.facets["kind"].counted == both.total.value == len(both.hits)

    def test_a_bound_is_true(self, index: SearchIndex) -> None:
        """It is "all" where everything that matches was counted, and that is as many as the total tells."""
        for request, pictures in EVERY_WAY:
            asked = request.model_copy(update={"facets": ["tags"]})
            answer = service_over(index).search(asked, PRESS, pictures)
            assert (answer.facets["tags"].bound, answer.facets["tags"].counted) == ("all", answer.total.value)
            assert counts(answer.facets["tags"]) == tags_of([hit.asset for hit in answer.hits])

    def test_facets_count_what_the_cut_off_left(self, index: SearchIndex) -> None:
        """Nobody is offered a value whose assets were cut off."""
        request = SearchRequest(text="red harbour", min_relevance=0.5, facets=["tags"], size=200)
        answer = service_over(index).search(request, PRESS)
        assert 0 < len(answer.hits) < len(SEEN)
        assert counts(answer.facets["tags"]) == tags_of([hit.asset for hit in answer.hits])
        assert answer.facets["tags"].counted == answer.total.value == len(answer.hits)

    def test_a_facet_that_nothing_holds_still_offers_its_siblings(self, index: SearchIndex) -> None:
        """Who chose a value without hits can choose another."""
        nothing = Filter(field="tags", value="no such tag")
        for request, pictures in EVERY_WAY:
            asked = request.model_copy(update={"facets": ["tags"], "filters": [nothing]})
            answer = service_over(index).search(asked, PRESS, pictures)
            assert (answer.hits, answer.total.value, answer.cursor) == ([], 0, None)
            assert counts(answer.facets["tags"]) == tags_of(list(SEEN.values()))

    @pytest.mark.usefixtures("small_window")
    def test_words_are_paged_to_their_last_match(self, index: SearchIndex) -> None:
        """Beyond the window the matches follow in the order of the words, no more relevant, and the page says so."""
        service = by_words(index)
        request = SearchRequest(text="picture", size=7, explain=True)
        pages: list[SearchResponse] = []
        cursor = None
        while not pages or cursor:
            pages.append(service.search(request.model_copy(update={"cursor": cursor}), PRESS))
            cursor = pages[-1].cursor
        hits = [hit for page in pages for hit in page.hits]
        assert len(hits) == len({hit.asset_id for hit in hits}) == pages[0].total.value
        assert {hit.asset_id for hit in hits} == set(SEEN)
        assert pages[0].total.relation == "eq"
        assert [BEYOND in page.notes for page in pages] == [False, True, True, True, True, True][: len(pages)]
        relevances = [hit.relevance for hit in hits]
        assert relevances == sorted(relevances, reverse=True)
        ranks = [leg.rank for hit in hits for leg in hit.legs if leg.leg == "keyword"]
        assert ranks == list(range(1, len(hits) + 1))

    @pytest.mark.usefixtures("small_window")
    @pytest.mark.parametrize("order", ["asc", "desc"])
    def test_the_relevant_set_is_sorted_whole(self, index: SearchIndex, order: Literal["asc", "desc"]) -> None:
        """By date, all that is relevant comes in exact order, and not what the window happened to hold."""
        request = SearchRequest(text="picture", size=7, sort=Sort(by="created_at", order=order))
        found = everything(by_words(index), request, PRESS)
        assert sorted(found) == sorted(SEEN)
        dates = [SEEN[one]["created_at"] for one in found if "created_at" in SEEN[one]]
        assert dates == sorted(dates, reverse=order == "desc")
        assert all("created_at" not in SEEN[one] for one in found[len(dates) :])

    @pytest.mark.usefixtures("small_window")
    def test_the_least_relevant_first_ends_with_the_window_and_says_so(self, index: SearchIndex) -> None:
        """What was not compared by every leg has no place before what was."""
        worst = Sort(by="relevance", order="asc")
        answer = by_words(index).search(SearchRequest(text="picture", size=200, sort=worst), PRESS)
        assert (len(answer.hits), answer.cursor, answer.notes) == (WINDOW, None, [WORST_FIRST])
        assert answer.total.value == len(SEEN)

    def test_browsing_reaches_everything(self, index: SearchIndex) -> None:
        """Filters and sort alone have no end."""
        request = SearchRequest(size=7, sort=Sort(by="title", order="desc"))
        found = everything(service_over(index), request, PRESS)
        assert sorted(found) == sorted(SEEN)
        titles = [SEEN[one]["title"].lower() for one in found]
        assert titles == sorted(titles, reverse=True)
        assert ids(service_over(index).search(request, PRESS)) == found[:7]

    def test_totals_do_not_lie(self, index: SearchIndex) -> None:
        """Counts are exact where everything is known: browsing, and windows that hold all there is."""
        service = service_over(index)
        assert service.search(SearchRequest(size=1), PRESS).total.relation == "eq"
        every = service.search(SearchRequest(text="red", size=1), stranger())
        assert (every.total.value, every.total.relation) == (len(PUBLIC), "eq")
        some = service.search(SearchRequest(text="red", size=200, min_relevance=0.4), PRESS)
        assert some.total.value == len(some.hits) < len(library())
        assert all(hit.relevance >= 0.4 for hit in some.hits)
