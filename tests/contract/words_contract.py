"""What people may rely on when they type words, over any index and on any server."""

from collections.abc import Sequence
from typing import Any

import pytest

from contract.search_service_contract import Shelf, service_over
from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest, SearchResponse
from damsight_search.principal import signed_in, stranger
from damsight_search.service import SearchService
from fakes.library import document

ANNA = signed_in("anna")
WORDS_ALONE: dict[Any, float] = {"image": 0, "caption": 0}
HOSTILE = (
    '"', '""', "-", '-""', "tags:", ":", '"!!!"', "-!!!", "the of and", "\x00", "a" * 2000, "红" * 999, '" - "',
    "title:" + "x" * 1990, '"' + "y " * 200 + '"', "-" + "z" * 1900, "e\u0301" * 600, "🦊 -🦊", "a-b" * 600,
)  # fmt: skip


def shelf_of_words() -> dict[str, dict[str, Any]]:
    """Assets whose words are told apart by where they stand."""
    return {
        "boat": document("boat", "red", title="Red boat", tags=["harbour", "sea"], filename="IMG_2041.jpg", width=300),
        "apart": document("apart", "red", title="A boat, and the sky is red", caption="a quiet harbour", width=100),
        "blue": document("blue", "blue", title="Blue boat", tags=["sea view"], created_at="2024-05-01T08:00:00Z"),
        "horse": document("horse", "green", title="Horse & <b>rider</b>", caption="a loud market"),
        "car": document("car", "white", title="红色汽车", description="a car; 车 and 红 stand apart: 汽 色"),
        "apart-car": document("apart-car", "white", title="车 红", caption="a tiny garden"),
        "hidden": document("hidden", "red", acl=("user:anna",), title="Red zeppelin", tags=["zeppelin"]),
    }


def ids(response: SearchResponse) -> list[str]:
    return [hit.asset_id for hit in response.hits]


class WordsContract:
    """Subclassed for each index; `shelf` holds `shelf_of_words()`, and hidden assets that a test may add."""

    @pytest.fixture
    def shelf(self) -> Shelf:
        raise AssertionError("the subclass gives the shelf")

    @pytest.fixture
    def service(self, shelf: Shelf) -> SearchService:
        return service_over(shelf.index)

    def found(self, service: SearchService, text: str, who: Sequence[str] = ANNA, **more: Any) -> list[str]:
        request = SearchRequest(text=text, weights=WORDS_ALONE, size=200, min_relevance=0, **more)
        return ids(service.search(request, who))

    def test_a_phrase_and_an_exclusion_hold_for_what_vectors_bring(self, service: SearchService) -> None:
        """Every hit of every leg holds the phrase and nothing that is excluded."""
        everything = SearchRequest(text='"red boat"', min_relevance=0, size=200)
        assert ids(service.search(everything, ANNA)) == ["boat"]
        without = service.search(everything.model_copy(update={"text": 'red -harbour -"zeppelin"'}), ANNA)
        assert not {"boat", "apart", "hidden"} & set(ids(without))
        assert without.hits

    def test_conditions_in_the_text_are_filters(self, service: SearchService) -> None:
        """They hold in every leg, and the answer tells how they were read."""
        response = service.search(SearchRequest(text="boat width:>=200", min_relevance=0), ANNA)
        assert ids(response) == ["boat"]
        assert response.understood is not None
        assert response.understood.text == "boat"
        assert response.understood.filters == (Filter(field="width", op="range", value={"gte": "200"}),)
        assert ids(service.search(SearchRequest(text="created_at:2024"), ANNA)) == ["blue"]
        assert set(self.found(service, "-boat")) == {"horse", "car", "apart-car", "hidden"}

    def test_only_the_first_page_tells_how_it_was_read(self, service: SearchService) -> None:
        """A cursor continues; it does not read anew."""
        request = SearchRequest(text='boat -"zeppelin"', size=1, min_relevance=0)
        first = service.search(request, ANNA)
        assert first.understood is not None
        second = service.search(request.model_copy(update={"cursor": first.cursor}), ANNA)
        assert second.hits
        assert second.understood is None

    def test_words_side_by_side_beat_words_apart_and_titles_beat_captions(self, service: SearchService) -> None:
        """A better place and a phrase are worth more."""
        assert self.found(service, "red boat")[:2] == ["boat", "apart"]
        assert self.found(service, "harbour")[:2] == ["boat", "apart"]

    def test_a_mistyped_word_is_found_below_every_true_match(self, service: SearchService) -> None:
        """Letters left out, changed or exchanged; and what may have been meant is told where nothing holds the word."""
        for text in ("hrose", "horsse", "hors"):
            assert "horse" in self.found(service, text)
        response = service.search(SearchRequest(text="hrose rider", weights=WORDS_ALONE, min_relevance=0), ANNA)
        assert ids(response) == ["horse"]
        assert response.understood is not None
        assert response.understood.did_you_mean == "Horse rider"
        true = service.search(SearchRequest(text="horse"), ANNA).understood
        assert true is not None
        assert true.did_you_mean is None

    def test_nothing_is_meant_that_may_not_be_seen(self, service: SearchService) -> None:
        """A hidden asset's words are not guessed at."""
        for who, meant in ((ANNA, "zeppelin"), (stranger(), None)):
            told = service.search(SearchRequest(text="zeppelyn", weights=WORDS_ALONE, min_relevance=0), who).understood
            assert told is not None
            assert (told.did_you_mean or "").lower() == (meant or "")

    def test_the_score_is_the_same_whatever_is_hidden(self, shelf: Shelf, service: SearchService) -> None:
        """How rare a word is, is counted over what may be seen."""
        request = SearchRequest(text="red boat sky", weights=WORDS_ALONE, min_relevance=0, explain=True)
        before = service.search(request, stranger())
        crowd = {
            f"h-{number}": document(f"h-{number}", None, acl=("user:x",), title="Red red sky") for number in range(30)
        }
        shelf.store(crowd)
        after = service.search(request, stranger())
        assert [hit.model_dump() for hit in after.hits] == [hit.model_dump() for hit in before.hits]
        assert after.total == before.total

    def test_a_word_in_a_title_scores_one(self, service: SearchService) -> None:
        """The keyword leg's score is 0..1 and means the same for every query."""
        request = SearchRequest(text="rider", weights=WORDS_ALONE, explain=True)
        (hit,) = service.search(request, ANNA).hits
        assert [leg.score for leg in hit.legs if leg.leg == "keyword"] == pytest.approx([1.0])

    def test_file_names_ids_and_numbers_are_recognised(self, service: SearchService) -> None:
        """Whole names are pinned, their parts are words, and an exclusion takes a file name as well."""
        for text in ("IMG_2041.jpg", "img_2041", "2041", "IMG 2041", '"IMG_2041.jpg"'):
            assert self.found(service, text) == ["boat"]
        assert "boat" not in self.found(service, "boat -IMG_2041.jpg")

    def test_what_is_written_without_spaces_is_found_by_its_pairs(self, service: SearchService) -> None:
        """Neighbours count more than the same characters apart."""
        assert self.found(service, "汽车")[0] == "car"
        assert self.found(service, "红色汽车")[0] == "car"
        assert self.found(service, "车红")[0] == "apart-car"

    def test_only_what_was_looked_for_is_marked(self, service: SearchService) -> None:
        """A phrase's words where they stand together; everything else is escaped."""
        phrase = service.search(SearchRequest(text='"red boat"'), ANNA).hits[0].highlights["title"]
        assert phrase[0].replace("</mark> <mark>", " ") == "<mark>Red boat</mark>"
        (hit,) = service.search(SearchRequest(text="rider", weights=WORDS_ALONE), ANNA).hits
        assert hit.highlights["title"] == ["Horse &amp; &lt;b&gt;<mark>rider</mark>&lt;&#x2F;b&gt;"]

    def test_lone_and_hostile_operators_are_harmless(self, service: SearchService) -> None:
        """Whatever is typed, the index takes the body."""
        for text in HOSTILE:
            assert service.search(SearchRequest(text=text, size=1), ANNA).degraded == []
            service.suggest(text, ANNA)
