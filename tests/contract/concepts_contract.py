"""What people may rely on of concepts, over any index."""

from typing import Any

import pytest

from contract.search_service_contract import picture_of
from damsight_encoders.decode import PillowDecoder
from damsight_schemas.concepts import ConceptDraft
from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest
from damsight_search.agreement import Agreement
from damsight_search.errors import AssetNotFoundError, ConceptNotFoundError, NoPrincipalError, RefusedRequestError
from damsight_search.learning.concept_filters import ConceptFilters
from damsight_search.learning.concept_learning import Learning
from damsight_search.learning.concepts import ConceptKeeper
from damsight_search.ports import SearchIndex
from damsight_search.principal import signed_in, stranger
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import COLOURS, fake_encoders
from fakes.library import library
from fakes.own_records import FakeOwnRecords

ANNA = signed_in("anna", ["press"])
BERT = signed_in("bert", ["press"])
CARLA = signed_in("carla")
LIBRARIAN = signed_in("dora", ["press", "librarians"])
COLOUR_OF = {asset_id: told["tags"][0] for asset_id, told in library(96).items()}


def shelf() -> dict[str, dict[str, Any]]:
    """Return eight pictures of each colour."""
    return library(96)


def of(*colours: str, of_all: bool = False) -> list[str]:
    """Return the assets in these colours; those that everybody may see, or all."""
    public = {asset_id for asset_id, told in library(96).items() if of_all or "public" in told["acl"]}
    return [asset_id for asset_id, colour in COLOUR_OF.items() if colour in colours and asset_id in public]


def concept_filter(op: str, name: str) -> Filter:
    return Filter.model_validate({"field": "concept", "op": op, "value": name})


class ConceptsContract:
    """Subclassed for each index; `index` holds `shelf()`."""

    @pytest.fixture
    def index(self) -> SearchIndex:
        raise AssertionError("the subclass gives the index")

    @pytest.fixture
    def keeper(self, index: SearchIndex) -> ConceptKeeper:
        encoder = EncodersForQueries(fake_encoders(), PillowDecoder())
        learning = Learning(index, Agreement(index, encoder), "30s")
        return ConceptKeeper(FakeOwnRecords(), learning, ["group:librarians"])

    @pytest.fixture
    def service(self, index: SearchIndex, keeper: ConceptKeeper) -> SearchService:
        encoder = EncodersForQueries(fake_encoders(), PillowDecoder())
        cursors = Cursors(b"a secret that only this test knows")
        return SearchService(index, encoder, cursors, timeout_s=30, concepts=ConceptFilters(keeper))

    @pytest.fixture
    def warm(self, keeper: ConceptKeeper) -> str:
        """A concept that two colours meet."""
        draft = ConceptDraft(
            name="Warm", good=[*of("red")[:2], *of("orange")[:2]], bad=[*of("blue")[:2], *of("green")[:1]]
        )
        return keeper.create(draft, ANNA).id

    def test_a_concept_is_a_filter_in_every_way_of_searching(self, service: SearchService, warm: str) -> None:
        """Browsing, words, a picture, a facet and a count: the assets that meet it, and with `not` all the others."""
        assert warm
        found = {name: of(name, of_all=True) for name in COLOURS}
        wanted = {*found["red"], *found["orange"]}
        seen = {asset_id for asset_id, told in shelf().items() if {*told["acl"]} & {*ANNA}}
        met = [concept_filter("is", "warm")]
        browsed = service.search(SearchRequest(filters=met, facets=["tags"], size=200), ANNA)
        assert {hit.asset_id for hit in browsed.hits} == wanted & seen
        assert (browsed.total.value, browsed.degraded) == (len(wanted & seen), [])
        colours = {value.value for value in browsed.facets["tags"].values}
        assert colours - {"odd", "even"} == {"red", "orange"}
        others = service.search(SearchRequest(filters=[concept_filter("not", "Warm")], size=200), ANNA)
        assert {hit.asset_id for hit in others.hits} == seen - wanted
        by_words = service.search(SearchRequest(text="picture", filters=met, facets=["tags"], size=200), ANNA)
        assert {hit.asset_id for hit in by_words.hits} <= wanted & seen
        assert by_words.hits
        assert {value.value for value in by_words.facets["tags"].values} <= colours
        pictured = service.search(SearchRequest(filters=met, size=200), ANNA, [picture_of("blue")])
        assert {hit.asset_id for hit in pictured.hits} <= wanted & seen
        assert pictured.total.value <= len(wanted & seen)

    def test_pages_go_on_under_a_concept(self, service: SearchService, warm: str) -> None:
        """A cursor stays good, and tells each asset once."""
        assert warm
        request = SearchRequest(text="picture", filters=[concept_filter("is", "Warm")], size=3)
        seen: list[str] = []
        response = service.search(request, ANNA)
        while True:
            seen += [hit.asset_id for hit in response.hits]
            if response.cursor is None:
                break
            response = service.search(request.model_copy(update={"cursor": response.cursor}), ANNA)
        assert len(seen) == len(set(seen)) > 3
        assert {COLOUR_OF[one] for one in seen} <= {"red", "orange"}

    def test_nothing_hidden_is_found_by_a_shared_concept(self, service: SearchService, keeper: ConceptKeeper) -> None:
        """Whoever uses it finds what they may see, and an example that is hidden from them stays so."""
        made = keeper.create(ConceptDraft(name="Reds", good=of("red", of_all=True), shared=True), ANNA)
        hits = service.search(SearchRequest(filters=[concept_filter("is", "reds")], size=200), stranger()).hits
        assert {hit.asset_id for hit in hits} == {*of("red")}
        told = keeper.get(made.id, CARLA)
        assert (told.own, told.good, told.bad) == (False, [], [])

    def test_a_concept_is_its_owners(self, service: SearchService, keeper: ConceptKeeper, warm: str) -> None:
        """Others neither see nor use it until it is shared, and change it only as admins."""
        for use in (lambda: keeper.get(warm, BERT), lambda: keeper.delete(warm, LIBRARIAN)):
            with pytest.raises(ConceptNotFoundError):
                use()
        with pytest.raises(RefusedRequestError, match="no concept 'Warm'"):
            service.search(SearchRequest(filters=[concept_filter("is", "Warm")]), BERT)
        draft = ConceptDraft(name="Warm", good=of("red")[:2], shared=True)
        keeper.replace(warm, draft, ANNA)
        assert [one.name for one in keeper.listed(BERT)] == ["Warm"]
        with pytest.raises(ConceptNotFoundError):
            keeper.replace(warm, draft, BERT)
        assert keeper.replace(warm, draft.model_copy(update={"name": "Red"}), LIBRARIAN).name == "Red"
        assert (keeper.get(warm, ANNA).own, keeper.get(warm, LIBRARIAN).own) == (True, False)
        keeper.delete(warm, LIBRARIAN)
        assert keeper.listed(ANNA) == []

    def test_what_cannot_be_taught_is_refused(self, keeper: ConceptKeeper, warm: str) -> None:
        """An example that is hidden or absent, a name that is taken, a stranger."""
        assert warm
        hidden = next(one for one, told in shelf().items() if told["acl"] == ["group:press"])
        for asset_id in (hidden, "nowhere"):
            with pytest.raises(AssetNotFoundError):
                keeper.create(ConceptDraft(name="Other", good=[asset_id]), CARLA)
        with pytest.raises(RefusedRequestError, match="taken"):
            keeper.create(ConceptDraft(name="WARM", good=of("red")), ANNA)
        with pytest.raises(NoPrincipalError):
            keeper.create(ConceptDraft(name="Other", good=of("red")), stranger())

    def test_quality_is_told(self, keeper: ConceptKeeper) -> None:
        """One example works and warns; what has nothing in common warns; a clear concept does not."""
        one = keeper.create(ConceptDraft(name="one", good=of("red")[:1]), ANNA).quality
        assert (one.good, one.accuracy) == (1, None)
        assert "One good example" in one.warning
        colours = ["black", "white", "blue", "orange", "cyan"]
        good, bad = ([of(name, of_all=True)[place] for name in colours] for place in (0, 1))
        mixed = ConceptDraft(name="mixed", good=good, bad=bad)
        assert "cannot be told apart" in keeper.create(mixed, ANNA).quality.warning
        clear = keeper.create(ConceptDraft(name="clear", good=of("red")[:4], bad=of("blue")[:2]), ANNA).quality
        assert (clear.good, clear.bad, clear.accuracy, clear.warning) == (4, 2, 1.0, "")

    @pytest.mark.parametrize("name", ["Nothing", "warm"])
    def test_a_concept_that_is_not_there_is_refused(self, service: SearchService, name: str) -> None:
        """It is named, and never taken for one that everything or nothing meets."""
        with pytest.raises(RefusedRequestError, match="there is no concept"):
            service.search(SearchRequest(filters=[concept_filter("is", name)]), ANNA)
        with pytest.raises(RefusedRequestError, match="'is' or 'not'"):
            service.search(SearchRequest(filters=[concept_filter("prefix", name)]), ANNA)
