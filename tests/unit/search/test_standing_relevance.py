"""An arriving asset is as relevant to a standing search as the calibrated search itself would say."""

import base64
import math
from typing import Any

import numpy as np
import pytest

from contract.search_index_contract import SPACES
from damsight_consumer.standing.arrival import Arrival
from damsight_consumer.standing.watch import Watch
from damsight_encoders.decode import PillowDecoder
from damsight_schemas.saved_searches import SavedSearchDraft
from damsight_schemas.search import SearchRequest
from damsight_schemas.space import VECTOR_FIELDS
from damsight_schemas.standing import STANDING_SEARCH, StandingQuery
from damsight_search.principal import signed_in
from damsight_search.relevance.calibrating import Calibrator
from damsight_search.relevance.calibrations import Calibrations
from damsight_search.relevance.cutting import AUTO
from damsight_search.relevance.weighing import Weighing
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.settings import SavedSearchSettings
from damsight_search.standing.standing_bootstrap import StandingSearches, wire_standing
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import fake_encoders
from fakes.library import library
from fakes.own_records import FakeOwnRecords
from fakes.search_index import FakeIndex

# Who sees fewer than a leg brings: nothing is left out of their searches by chance.
CARLA = signed_in("carla")
LOOKS = {"keyword": 0, "exact": 0}


class Shelf:
    """A calibrated index, its search, and what watches for arrivals."""

    def __init__(self) -> None:
        self.index, self.records = FakeIndex(SPACES), FakeOwnRecords()
        self.index.documents = library(160)
        self.encoder = EncodersForQueries(fake_encoders(), PillowDecoder())
        self.calibrations = Calibrations(self.index, self.records)
        weighing = Weighing(self.calibrations)
        self.service = SearchService(self.index, self.encoder, Cursors(b"s" * 32), weighing=weighing)
        self.wired: StandingSearches = wire_standing(
            SavedSearchSettings(), self.service, self.index, self.encoder, self.records, weighing=weighing
        )

    def calibrate(self) -> None:
        Calibrator(self.index, self.encoder, self.records).calibrate()
        self.calibrations.read()

    def standing(self, saved_search_id: str) -> StandingQuery:
        record = self.records.get(STANDING_SEARCH, saved_search_id)
        assert record is not None
        return StandingQuery.model_validate(record.body)

    def save(self, request: SearchRequest) -> StandingQuery:
        saved = self.wired.saved_searches.save(SavedSearchDraft(name="x", request=request, alert=True), CARLA)
        return self.standing(saved.id)

    def searched(self, request: SearchRequest) -> dict[str, float]:
        answer = self.service.search(request.model_copy(update={"size": 200}), CARLA)
        return {hit.asset_id: hit.relevance for hit in answer.hits}

    def watched(self, query: StandingQuery) -> dict[str, float]:
        arrivals = [_arrival(body) for body in self.index.documents.values()]
        return {match.asset_id: match.relevance for match in Watch([query]).matches(arrivals)}


def _arrival(body: dict[str, Any]) -> Arrival:
    fields = {name: value for name, value in body.items() if name not in VECTOR_FIELDS}
    vectors = {
        name: np.frombuffer(base64.b64decode(body[name]), ">f4").astype(np.float32)
        for name in VECTOR_FIELDS
        if name in body
    }
    return Arrival(body["asset_id"], body["revision"], fields, vectors)


def _odds(relevance: float) -> float:
    return math.log(relevance / (1 - relevance))


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest(text="red", weights={**LOOKS, "caption": 0}),
        SearchRequest(text="red", weights=LOOKS),
        SearchRequest(like=["asset-003"]),
        SearchRequest(
            like=["asset-003"], unlike=["asset-002"], filters=[{"field": "tags", "op": "is", "value": "odd"}]
        ),
    ],
    ids=["image", "image-and-caption", "like", "like-and-unlike"],
)
def test_it_is_as_relevant_as_the_search_says(request_: SearchRequest) -> None:
    """Evidence adds up alike, by leg, weight and calibration; only the number that it is measured against may differ.

    That number is one for the whole index, so a standing search finds nothing that the search does not.
    """
    shelf = Shelf()
    shelf.calibrate()
    query = shelf.save(request_)
    assert (query.agree, query.at_least) == ("sum", AUTO)
    searched, watched = shelf.searched(request_), shelf.watched(query)
    assert watched
    assert set(watched) <= set(searched)
    # The answer tells six digits: where hardly any doubt is left, its odds say nothing.
    doubtful = [asset_id for asset_id in watched if 1e-3 < searched[asset_id] < 1 - 1e-3]
    stricter = [_odds(searched[asset_id]) - _odds(watched[asset_id]) for asset_id in doubtful]
    if stricter:
        assert max(stricter) - min(stricter) < 0.15
        left_out = set(searched) - set(watched)
        assert all(_odds(searched[asset_id]) - max(stricter) < _odds(AUTO) + 0.15 for asset_id in left_out)


def test_what_was_saved_before_there_was_a_calibration_is_compiled_anew() -> None:
    """First by a high floor, then by evidence; and once it fits, it is left as it is."""
    shelf = Shelf()
    query = shelf.save(SearchRequest(text="red", weights=LOOKS))
    assert (query.agree, query.among, query.at_least) == ("any", None, 0.0)
    assert {vector.leg: vector.floor for vector in query.vectors} == {"image": 0.35, "caption": 0.6, "frame": 0.35}
    assert shelf.wired.upkeep.look() == 0
    shelf.calibrate()
    assert shelf.wired.upkeep.look() == 1
    assert shelf.wired.upkeep.look() == 0
    after = shelf.standing(query.saved_search_id)
    assert (after.agree, after.among) == ("sum", 160.0)
    assert after.until == query.until


def test_the_relevance_that_is_asked_for_is_asked_of_what_arrives() -> None:
    """More of it, fewer alerts."""
    shelf = Shelf()
    shelf.calibrate()
    few, many = (
        shelf.watched(shelf.save(SearchRequest(text="red", weights=LOOKS, min_relevance=least)))
        for least in (0.9, 0.01)
    )
    assert set(few) < set(many)
    assert all(relevance >= 0.9 for relevance in few.values())
