"""The search over an index in memory: its contract, and what it does when something is down."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from contract.search_index_contract import SPACES
from contract.search_service_contract import PRESS, SearchServiceContract, Shelf, picture_of, service_over
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.errors import EncoderUnavailableError
from damsight_encoders.ports import Encoders
from damsight_schemas.errors import SpaceMismatchError
from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest
from damsight_schemas.space import IndexSpaces
from damsight_search.errors import (
    EncoderDownError,
    IndexRefusedError,
    RefusedRequestError,
    SearchTimeoutError,
    SearchUnavailableError,
)
from damsight_search.plan import WEIGHTS
from damsight_search.ports import Body
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.vectors.late_encoders import LateEncoders
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import FakeJointEncoder, fake_encoders
from fakes.library import library
from fakes.search_index import FakeIndex


@dataclass
class MemoryShelf:
    index: FakeIndex

    def store(self, documents: dict[str, dict[str, Any]]) -> None:
        self.index.documents |= documents


def filled() -> FakeIndex:
    index = FakeIndex(SPACES)
    index.documents = library()
    return index


class TestSearchInMemory(SearchServiceContract):
    @pytest.fixture
    def shelf(self) -> Shelf:
        return MemoryShelf(filled())


class _Down:
    """An encoder whose service does not answer."""

    def __init__(self, spaces: IndexSpaces = SPACES) -> None:
        self.spaces = spaces

    def words(self, *_given: object) -> np.ndarray[Any, Any]:
        raise EncoderDownError("the encoder service does not answer")

    def opened(self, *_given: object) -> np.ndarray[Any, Any]:
        raise EncoderDownError("the encoder service does not answer")

    def picture(self, *_given: object) -> np.ndarray[Any, Any]:
        raise EncoderDownError("the encoder service does not answer")


def with_encoder(index: FakeIndex, encoder: Any) -> SearchService:
    return SearchService(index, encoder, Cursors(b"a secret that only this test knows"))


def refusing_vectors(body: Body) -> None:
    if "knn" in body:
        raise IndexRefusedError("the vector field is broken")


def test_without_an_encoder_words_still_find_and_it_is_said() -> None:
    """Encoder down: keyword and exact legs answer, and `degraded` tells what was not searched."""
    response = with_encoder(filled(), _Down()).search(SearchRequest(text="red"), PRESS)
    assert response.hits
    assert [reason.partition(":")[0] for reason in response.degraded] == [
        "Not searched by what pictures show",
        "Not searched by the meaning of captions",
    ]
    assert (
        with_encoder(filled(), _Down()).search(SearchRequest(text="asset-007"), PRESS).hits[0].asset_id == "asset-007"
    )


def test_what_was_degraded_is_said_on_every_page() -> None:
    """The second page does not pretend that all went well."""
    service = with_encoder(filled(), _Down())
    first = service.search(SearchRequest(text="picture", size=5), PRESS)
    second = service.search(SearchRequest(text="picture", size=5, cursor=first.cursor), PRESS)
    assert second.degraded == first.degraded != []


def test_a_picture_alone_cannot_be_searched_by_without_an_encoder() -> None:
    """There is nothing else to go by, so it is an error and not an empty page."""
    with pytest.raises(EncoderDownError):
        with_encoder(filled(), _Down()).search(SearchRequest(), PRESS, [picture_of("red")])
    with_words = with_encoder(filled(), _Down()).search(SearchRequest(text="red"), PRESS, [picture_of("red")])
    assert with_words.hits
    assert with_words.degraded


def test_likes_need_no_encoder() -> None:
    """Their vectors are in the index."""
    assert with_encoder(filled(), _Down()).similar("asset-003", PRESS).hits


def test_when_vectors_are_refused_words_and_exact_hits_stay() -> None:
    """A request with words survives a broken vector leg, and says so; one without cannot."""
    index = filled()
    index.before = refusing_vectors
    response = service_over(index).search(SearchRequest(text="asset-007"), PRESS)
    assert response.hits[0].asset_id == "asset-007"
    assert "Searched by words alone" in response.degraded[0]
    with pytest.raises(IndexRefusedError):
        service_over(index).similar("asset-003", PRESS)


@pytest.mark.parametrize("error", [SearchTimeoutError, SearchUnavailableError])
@pytest.mark.parametrize(
    "ask",
    [
        lambda service: service.search(SearchRequest(text="red"), PRESS),
        lambda service: service.search(SearchRequest(), PRESS),
        lambda service: service.asset("asset-001", PRESS),
        lambda service: service.suggest("re", PRESS),
    ],
)
def test_a_search_that_does_not_end_is_an_error(error: type[Exception], ask: Callable[[SearchService], object]) -> None:
    """Never an empty page: a timeout and a lost index are told as what they are."""
    index = filled()

    def fail(_body: Body) -> None:
        raise error("too slow")

    index.before = fail
    with pytest.raises(error):
        ask(service_over(index))


def test_lost_shards_are_said() -> None:
    """Where a part of the index did not answer, hits may be missing: the answer says so and counts "at least"."""
    index = filled()
    index.lost_shards = 1
    for request in (SearchRequest(text="red"), SearchRequest()):
        response = service_over(index).search(request, PRESS)
        assert response.hits
        assert response.total.relation == "gte"
        assert any("1 of 2 parts of the index" in reason for reason in response.degraded)


def test_a_start_with_the_wrong_model_stops_with_both_names() -> None:
    """Vectors of two models never meet; a model that is not loaded is no mismatch."""
    index = filled()
    other = EncodersForQueries(Encoders(joint=FakeJointEncoder("another-joint"), caption=None), PillowDecoder())
    with pytest.raises(SpaceMismatchError, match=r"fake-joint@1.*another-joint@1.*damsight index"):
        with_encoder(index, other).require_matching_models("assets")
    with_encoder(index, EncodersForQueries(Encoders(None, None), PillowDecoder())).require_matching_models("assets")


def test_a_switch_to_another_models_index_turns_the_vectors_off() -> None:
    """While it runs, another generation with another space may go live: its vectors are not compared with ours."""
    index = filled()
    service = service_over(index)
    service.require_matching_models("assets")
    assert service.search(SearchRequest(text="red"), PRESS).degraded == []
    index.generation = "assets-000002"
    index.indexed_spaces = SPACES.model_copy(update={"image_vector": FakeJointEncoder("another-joint").space})
    switched = service.search(SearchRequest(text="red", explain=True), PRESS)
    assert "switched to another generation" in switched.degraded[0]
    assert {leg.leg for hit in switched.hits for leg in hit.legs} <= {"exact", "keyword"}
    after = service.search(SearchRequest(text="red", explain=True), PRESS)
    assert "image" not in {leg.leg for hit in after.hits for leg in hit.legs}
    assert "caption" in {leg.leg for hit in after.hits for leg in hit.legs}
    assert "another-joint@1" in after.degraded[0]


def test_an_encoder_service_that_starts_late_is_found() -> None:
    """Until it answers, words alone; it is asked again after a while, and not at every search."""
    tries: list[int] = []
    now = [0.0]

    def load() -> Encoders:
        tries.append(1)
        if len(tries) < 3:
            raise EncoderUnavailableError("connection refused")
        return fake_encoders()

    encoder = LateEncoders(load, PillowDecoder(), clock=lambda: now[0])
    service = with_encoder(filled(), encoder)
    service.require_matching_models("assets")
    assert "connection refused" in service.search(SearchRequest(text="red"), PRESS).degraded[0]
    assert len(tries) == 1
    now[0] = 11.0
    assert service.search(SearchRequest(text="red"), PRESS).degraded
    now[0] = 22.0
    assert service.search(SearchRequest(text="red"), PRESS).degraded == []
    assert len(tries) == 3


def test_words_are_encoded_once() -> None:
    """Paging back and asking again cost no encoding."""
    encoders = fake_encoders()
    service = with_encoder(filled(), EncodersForQueries(encoders, PillowDecoder()))
    for _ in range(3):
        service.search(SearchRequest(text="red"), PRESS)
    assert encoders.caption.purposes == ["query"]  # type: ignore[union-attr]  # the fake has it


def test_a_leg_that_weighs_nothing_is_not_sent() -> None:
    """Turning a leg off saves its work."""
    index = filled()
    weights = {"caption": 0.0, "exact": 0.0, "keyword": 0.0, "frame": 0.0}
    service_over(index).search(SearchRequest.model_validate({"text": "red", "weights": weights}), PRESS)
    assert [leg["field"] for leg in index.asked[0]["knn"]] == ["image_vector"]
    assert "query" not in index.asked[0]
    with pytest.raises(RefusedRequestError, match="weights"):
        service_over(index).search(
            SearchRequest.model_validate({"text": "red", "weights": dict.fromkeys(WEIGHTS, 0)}), PRESS
        )


def test_a_search_is_one_request_and_one_for_the_page() -> None:
    """All legs and facets go together; only the page's documents are read."""
    index = filled()
    request = SearchRequest(text="red", facets=["tags"], filters=[Filter(field="kind", value="image")], size=5)
    service_over(index).search(request, PRESS)
    assert len(index.asked) == 2
    assert len(index.asked[1]["post_filter"]["bool"]["filter"][-1]["ids"]["values"]) == 5


def test_an_index_without_vectors_is_searched_by_words_and_nothing_is_amiss() -> None:
    """An index that was made for words alone is not degraded."""
    index = filled()
    index.indexed_spaces = IndexSpaces()
    response = service_over(index).search(SearchRequest(text="red"), PRESS)
    assert response.hits
    assert response.degraded == []
    with pytest.raises(EncoderDownError, match="holds no image_vector"):
        service_over(index).search(SearchRequest(), PRESS, [picture_of("red")])
