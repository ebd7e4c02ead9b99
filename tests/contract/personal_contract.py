"""What people may rely on of personal ranking, over any index."""

from datetime import UTC, datetime

import pytest

from contract.search_service_contract import picture_of
from damsight_encoders.decode import PillowDecoder
from damsight_schemas.feedback import Action, Feedback
from damsight_schemas.search import SearchRequest, SearchResponse
from damsight_search.learning.feedback import FeedbackKeeper
from damsight_search.learning.leaning import MOST
from damsight_search.learning.personal import STRANGER, TOO_LITTLE, Personal
from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals, signed_in, stranger
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.settings import FeedbackSettings
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import fake_encoders
from fakes.library import library
from fakes.own_records import FakeOwnRecords

ANNA = signed_in("anna", ["press"])
BLUES = [asset_id for asset_id, told in library().items() if told["tags"][0] == "blue"]
PLAIN = SearchRequest(text="picture market", explain=True, size=200)
MINE = PLAIN.model_copy(update={"personal": True})


class PersonalContract:
    """Subclassed for each index; `index` holds `library()`."""

    @pytest.fixture
    def index(self) -> SearchIndex:
        raise AssertionError("the subclass gives the index")

    @pytest.fixture
    def records(self) -> FakeOwnRecords:
        return FakeOwnRecords()

    @pytest.fixture
    def personal(self, index: SearchIndex, records: FakeOwnRecords) -> Personal:
        return Personal(records, index, timeout="30s")

    @pytest.fixture
    def keeper(self, index: SearchIndex, records: FakeOwnRecords, personal: Personal) -> FeedbackKeeper:
        return FeedbackKeeper(records, index, FeedbackSettings(), on_forget=personal.forget)

    @pytest.fixture
    def service(self, index: SearchIndex, personal: Personal) -> SearchService:
        encoder = EncodersForQueries(fake_encoders(), PillowDecoder())
        cursors = Cursors(b"a secret that only this test knows")
        return SearchService(index, encoder, cursors, timeout_s=30, personal=personal)

    def test_what_somebody_took_comes_first_among_equals(self, service: SearchService, keeper: FeedbackKeeper) -> None:
        """The same hits, another order, by no more than the bound, and explain tells of it."""
        likes(keeper, ANNA, "downloaded")
        plain, mine = service.search(PLAIN, ANNA), service.search(MINE, ANNA)
        before = {hit.asset_id: hit for hit in plain.hits}
        assert {hit.asset_id for hit in mine.hits} == before.keys()
        assert (mine.total, mine.degraded) == (plain.total, [])
        assert mean_place(mine) < mean_place(plain)
        for hit in mine.hits:
            (leg,) = [leg for leg in hit.legs if leg.leg == "personal"]
            assert 0 <= leg.contribution <= MOST + 1e-6
            assert hit.relevance == pytest.approx(before[hit.asset_id].relevance + leg.contribution, abs=1e-5)
            assert (leg.rank <= len(BLUES)) == (hit.asset_id in BLUES)

    def test_a_picture_with_a_profile_brings_nothing_else(self, service: SearchService, keeper: FeedbackKeeper) -> None:
        """What only the profile would bring is dropped, from the total too."""
        likes(keeper, ANNA, "marked-right")
        request = SearchRequest(text="asset-003", weights={"image": 0, "caption": 0}, personal=True)
        assert [hit.asset_id for hit in service.search(request, ANNA).hits] == ["asset-003"]
        assert service.search(request, ANNA).total.value == 1
        pictured = service.search(SearchRequest(personal=True, size=200), ANNA, [picture_of("red")])
        plain = service.search(SearchRequest(size=200), ANNA, [picture_of("red")])
        assert {hit.asset_id for hit in pictured.hits} == {hit.asset_id for hit in plain.hits}
        assert pictured.total == plain.total

    def test_who_has_no_profile_is_told(self, service: SearchService, keeper: FeedbackKeeper) -> None:
        """A stranger, a newcomer, and who only marked as wrong; the answer is the plain one."""
        likes(keeper, signed_in("carla"), "marked-wrong")
        for who, said in ((stranger(), STRANGER), (signed_in("bert"), TOO_LITTLE), (signed_in("carla"), TOO_LITTLE)):
            mine = service.search(MINE, who)
            assert mine.degraded == [said]
            assert mine.hits == service.search(PLAIN, who).hits

    def test_a_profile_goes_with_its_feedback(
        self, service: SearchService, keeper: FeedbackKeeper, personal: Personal, index: SearchIndex
    ) -> None:
        """At once, though it was kept for some minutes; another's stays."""
        likes(keeper, ANNA, "opened")
        bert = signed_in("bert", ["press"])
        likes(keeper, bert, "opened")
        assert service.search(MINE, ANNA).degraded == service.search(MINE, bert).degraded == []
        keeper.forget(ANNA)
        assert service.search(MINE, ANNA).degraded == [TOO_LITTLE]
        assert personal.profile(bert, index.spaces()) is not None

    def test_a_profile_is_made_of_what_its_person_may_see_now(self, index: SearchIndex, keeper: FeedbackKeeper) -> None:
        """Rights that were lost take their assets out of it."""
        hidden = [asset_id for asset_id, told in library().items() if told["acl"] == ["group:press"]]
        for asset_id in hidden:
            keeper.keep(Feedback(asset_id=asset_id, action="downloaded"), ANNA)
        fresh = Personal(keeper._records, index, timeout="30s")
        assert fresh.profile(ANNA, index.spaces()) is not None
        assert fresh.profile(signed_in("anna"), index.spaces()) is None

    def test_older_acts_weigh_less(self, index: SearchIndex, records: FakeOwnRecords) -> None:
        """Reds of years ago leave a profile of blues."""
        now = datetime(2026, 11, 21, tzinfo=UTC)
        reds = [asset_id for asset_id, told in library().items() if told["tags"][0] == "red"]
        for ids, year in ((reds, 2020), (BLUES, 2026)):
            keeper = FeedbackKeeper(records, index, FeedbackSettings(), clock=lambda year=year: now.replace(year=year))  # type: ignore[misc]  # a default binds it
            for asset_id in ids:
                keeper.keep(Feedback(asset_id=asset_id, action="downloaded"), ANNA)
        mixed = Personal(records, index, timeout="30s", clock=lambda: now).profile(ANNA, index.spaces())
        alone = FakeOwnRecords()
        likes(FeedbackKeeper(alone, index, FeedbackSettings(), clock=lambda: now), ANNA, "downloaded")
        blue = Personal(alone, index, timeout="30s", clock=lambda: now).profile(ANNA, index.spaces())
        assert mixed is not None
        assert blue is not None
        assert mixed == pytest.approx(blue, abs=1e-3)


def likes(keeper: FeedbackKeeper, who: Principals, action: Action) -> None:
    """Have somebody do something with every blue picture that they may see."""
    for asset_id in BLUES:
        if {*library()[asset_id]["acl"]} & {*who}:
            keeper.keep(Feedback(asset_id=asset_id, action=action), who)


def mean_place(response: SearchResponse) -> float:
    """Return where the blue pictures stand, on average."""
    places = [place for place, hit in enumerate(response.hits) if hit.asset_id in BLUES]
    return sum(places) / len(places)
