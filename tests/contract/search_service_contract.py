"""What people may rely on of the search, over any index: run on the one in memory and on a real Elasticsearch."""

import io
from collections.abc import Sequence
from typing import Any, Protocol

import pytest
from PIL import Image

from damsight_encoders.decode import PillowDecoder
from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest, SearchResponse, Sort
from damsight_search.errors import (
    AssetNotFoundError,
    CursorError,
    NoPrincipalError,
    NothingToCompareError,
    NotOfferedError,
    PictureRefusedError,
)
from damsight_search.ports import SearchIndex
from damsight_search.principal import signed_in, stranger
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import COLOURS, fake_encoders
from fakes.library import document, library

PRESS = signed_in("bert", ["press"])
NOBODY_KNOWN = signed_in("nobody")
PUBLIC = {asset_id for asset_id, told in library().items() if "public" in told["acl"]}
FORBIDDEN = set(library()) - PUBLIC


class Shelf(Protocol):
    """An index and how it is filled."""

    @property
    def index(self) -> SearchIndex: ...

    def store(self, documents: dict[str, dict[str, Any]]) -> None: ...


def service_over(index: SearchIndex) -> SearchService:
    """Return the search over an index, with encoders that need no model."""
    encoder = EncodersForQueries(fake_encoders(), PillowDecoder())
    return SearchService(index, encoder, Cursors(b"a secret that only this test knows"), timeout_s=30)


def picture_of(colour: str) -> bytes:
    """Return a PNG in one colour."""
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), COLOURS[colour]).save(stream, "PNG")
    return stream.getvalue()


def ids(response: SearchResponse) -> list[str]:
    """Return the hits' ids."""
    return [hit.asset_id for hit in response.hits]


def everything(service: SearchService, request: SearchRequest, who: Sequence[str], **first: Any) -> list[str]:
    """Page to the end and return every id."""
    seen: list[str] = []
    response = service.search(request, who, **first)
    while True:
        seen += ids(response)
        if response.cursor is None:
            return seen
        response = service.search(request.model_copy(update={"cursor": response.cursor}), who)


class SearchServiceContract:
    """Subclassed for each index; `shelf` holds `library()`, and is a test's own."""

    @pytest.fixture
    def shelf(self) -> Shelf:
        raise AssertionError("the subclass gives the shelf")

    @pytest.fixture
    def service(self, shelf: Shelf) -> SearchService:
        return service_over(shelf.index)

    def test_words_find_what_pictures_show(self, service: SearchService) -> None:
        """Red pictures lead for "red", and each hit tells the legs that brought it."""
        response = service.search(SearchRequest(text="red", explain=True, size=3), PRESS)
        assert all("red" in hit.asset["tags"] for hit in response.hits)
        assert {leg.leg for leg in response.hits[0].legs} >= {"keyword", "image"}
        assert response.hits[0].highlights["tags"] == ["<mark>red</mark>"]
        assert response.degraded == []
        assert 0 < response.hits[-1].relevance <= response.hits[0].relevance <= 1

    def test_nothing_that_is_forbidden_is_told_anywhere(self, service: SearchService) -> None:
        """No leg, facet, count, suggestion, similar-to, explanation or address tells of what one may not see."""
        for text in ("red", "harbour", "asset-004", "IMG_0004.jpg", "White picture 4", ""):
            request = SearchRequest(text=text, size=200, facets=["tags", "collections"], explain=True)
            response = service.search(request, stranger())
            assert set(ids(response)) <= PUBLIC
            assert response.total.value <= len(PUBLIC)
            assert response.facets["collections"].values == []
            assert sum(one.count for one in response.facets["tags"].values if one.value in ("odd", "even")) <= len(
                PUBLIC
            )
        by_picture = service.search(SearchRequest(size=200), stranger(), [picture_of("white")])
        assert set(ids(by_picture)) <= PUBLIC
        assert set(ids(service.similar("asset-001", stranger(), 200))) <= PUBLIC
        assert all("4" not in one.text for one in service.suggest("white picture", stranger()))

    @pytest.mark.parametrize("asset_id", [min(FORBIDDEN), "asset-that-is-not"])
    def test_forbidden_and_absent_are_one_answer(self, service: SearchService, asset_id: str) -> None:
        """Nobody learns that there is something they may not see."""
        request = SearchRequest(text="red")
        asks = (
            lambda: service.asset(asset_id, stranger()),
            lambda: service.media(asset_id, stranger()),
            lambda: service.similar(asset_id, stranger()),
            lambda: service.explain(asset_id, request, stranger()),
            lambda: service.search(SearchRequest(text="red", unlike=[asset_id]), stranger()),
        )
        for ask in asks:
            with pytest.raises(AssetNotFoundError) as refused:
                ask()
            assert str(refused.value) == f"There is no asset {asset_id!r} that you may see."

    def test_a_principal_without_rights_finds_nothing(self, shelf: Shelf) -> None:
        """Where nothing is public, a stranger's every question has an empty answer."""
        shelf.store({asset_id: {**told, "acl": ["user:anna"], "revision": 2} for asset_id, told in library().items()})
        service = service_over(shelf.index)
        response = service.search(SearchRequest(text="red harbour", facets=["tags"], size=200), NOBODY_KNOWN)
        assert (response.hits, response.total.value, response.facets["tags"].values) == ([], 0, [])
        assert service.search(SearchRequest(), NOBODY_KNOWN).total.value == 0
        assert service.search(SearchRequest(), NOBODY_KNOWN, [picture_of("red")]).hits == []
        assert service.suggest("red", NOBODY_KNOWN) == []
        assert service.search(SearchRequest(text="red"), signed_in("anna")).hits

    def test_no_principal_no_answer(self, service: SearchService) -> None:
        """An empty list of principals is refused, and so is what is no principal."""
        for nobody in ([], ["anna"], ["user:"], ["*"]):
            with pytest.raises(NoPrincipalError):
                service.search(SearchRequest(text="red"), nobody)
            with pytest.raises(NoPrincipalError):
                service.suggest("red", nobody)
            with pytest.raises(NoPrincipalError):
                service.asset("asset-001", nobody)

    @pytest.mark.parametrize("text", ["asset-007", "IMG_0007.jpg", "img_0007"])
    def test_a_whole_name_comes_first(self, service: SearchService, text: str) -> None:
        """Ids and file names are pinned, with relevance 1."""
        response = service.search(SearchRequest(text=text, explain=True, size=1), PRESS)
        assert ids(response) == ["asset-007"]
        assert response.hits[0].relevance == 1.0
        assert "exact" in {leg.leg for leg in response.hits[0].legs}

    def test_filters_hold_in_every_leg_and_count(self, service: SearchService) -> None:
        """Words, pictures and likes are all narrowed."""
        odd = [Filter(field="tags", value="odd")]
        for request, pictures in (
            (SearchRequest(text="red harbour", filters=odd, size=200), []),
            (SearchRequest(like=["asset-001"], filters=odd, size=200), []),
            (SearchRequest(filters=odd, size=200), [picture_of("red")]),
            (SearchRequest(filters=odd, size=200), []),
        ):
            response = service.search(request, PRESS, pictures)
            assert response.hits
            assert all("odd" in hit.asset["tags"] for hit in response.hits)

    def test_a_picture_finds_pictures_like_it(self, service: SearchService) -> None:
        """An uploaded picture is a search of its own."""
        response = service.search(SearchRequest(size=2), PRESS, [picture_of("blue")])
        assert all("blue" in hit.asset["tags"] for hit in response.hits)

    def test_what_is_no_picture_is_refused(self, service: SearchService) -> None:
        """Bytes that are no picture are a clear problem."""
        with pytest.raises(PictureRefusedError) as refused:
            service.search(SearchRequest(), PRESS, [b"<html>not a picture</html>"])
        assert refused.value.reason == "unknown_format"

    def test_likes_look_alike_and_leave_themselves_out(self, service: SearchService) -> None:
        """More like this brings others of its look, and not itself."""
        response = service.similar("asset-003", PRESS, 2)
        assert all("red" in hit.asset["tags"] and hit.asset_id != "asset-003" for hit in response.hits)

    def test_unlike_turns_away(self, service: SearchService) -> None:
        """What is to be unlike comes later than what is not."""
        request = SearchRequest(text="red blue", must_not_look_like="blue", weights={"keyword": 0}, size=200)
        order = ids(service.search(request, PRESS))
        reds, blues = (
            [place for place, one in enumerate(order) if tag in library()[one]["tags"]] for tag in ("red", "blue")
        )
        assert max(reds) < min(blues)
        assert "asset-003" not in everything(service, SearchRequest(text="red", unlike=["asset-003"]), PRESS)

    def test_without_a_picture_likes_are_compared_by_meaning(self, shelf: Shelf) -> None:
        """A sound or a text is like what is described alike; what has neither cannot be compared."""
        shelf.store(
            {
                "song": document("song", None, caption="a quiet harbour", kind="audio"),
                "blank": document("blank", None, kind="other"),
            }
        )
        service = service_over(shelf.index)
        response = service.similar("song", PRESS, 2)
        assert all(hit.asset["caption"] == "a quiet harbour" for hit in response.hits)
        with pytest.raises(NothingToCompareError):
            service.similar("blank", PRESS)

    def test_paging_brings_each_hit_once(self, service: SearchService) -> None:
        """A search and a browsing are both paged to their end without repeats or gaps."""
        for request in (
            SearchRequest(text="red harbour", size=7),
            SearchRequest(size=7),
            SearchRequest(size=7, sort=Sort(by="title", order="asc")),
            SearchRequest(text="picture", size=7, sort=Sort(by="created_at", order="asc")),
        ):
            whole = service.search(request.model_copy(update={"size": 200}), PRESS)
            seen = everything(service, request, PRESS)
            assert seen == ids(whole)
            assert len(seen) == len(set(seen))

    def test_paging_by_picture_goes_on_without_the_picture(self, service: SearchService) -> None:
        """The cursor alone continues a search by picture."""
        seen = everything(service, SearchRequest(size=7), PRESS, pictures=[picture_of("red")])
        assert (
            len(seen) == len(set(seen)) == len(library()) - sum("user:anna" in one["acl"] for one in library().values())
        )

    def test_the_order_is_frozen_while_the_index_changes(self, shelf: Shelf) -> None:
        """Additions and changes of relevance neither repeat nor skip; what is deleted or withdrawn is passed over."""
        service = service_over(shelf.index)
        request = SearchRequest(text="red harbour", size=5)
        expected = ids(service.search(request.model_copy(update={"size": 200}), PRESS))
        first = service.search(request, PRESS)
        gone, withdrawn = expected[7], expected[9]
        changed = {expected[12]: {**library()[expected[12]], "title": "Red red red harbour", "revision": 2}}
        added = {f"new-{number}": document(f"new-{number}", "red", caption="a red harbour") for number in range(5)}
        shelf.store(
            {
                gone: {"asset_id": gone, "revision": 2, "deleted": True},
                withdrawn: {**library()[withdrawn], "acl": ["user:anna"], "revision": 2},
                **changed,
                **added,
            }
        )
        seen = ids(first)
        second = service.search(request.model_copy(update={"cursor": first.cursor}), PRESS)
        assert len(second.hits) == request.size
        rest = request.model_copy(update={"cursor": second.cursor})
        seen += ids(second) + everything(service, rest, PRESS)
        assert seen == [one for one in expected if one not in (gone, withdrawn)]

    def test_a_cursor_is_bound_to_its_request_and_its_owner(self, service: SearchService) -> None:
        """It cannot be carried over to other words or other people."""
        cursor = service.search(SearchRequest(text="red", size=2), PRESS).cursor
        with pytest.raises(CursorError):
            service.search(SearchRequest(text="blue", size=2, cursor=cursor), PRESS)
        with pytest.raises(CursorError):
            service.search(SearchRequest(text="red", size=2, cursor=cursor), stranger())

    def test_explaining_tells_legs_and_words(self, service: SearchService) -> None:
        """A hit's legs, ranks and marked words can be asked for; what no leg brings has none."""
        told = service.explain("asset-003", SearchRequest(text="red picture"), PRESS)
        assert {leg.leg for leg in told.legs} >= {"keyword", "image"}
        assert "<mark>Red</mark>" in told.highlights["title"][0]
        other = SearchRequest(text="red", filters=[Filter(field="tags", value="blue")])
        assert service.explain("asset-003", other, PRESS).legs == []
        assert service.explain("asset-003", SearchRequest(), PRESS).legs == []

    def test_suggestions_go_on_with_titles_and_tags(self, service: SearchService) -> None:
        """Up to eight distinct ways to go on, those that begin as typed first."""
        suggestions = service.suggest("yel", stranger())
        assert suggestions[0].text.lower() == "yellow"
        assert 1 < len(suggestions) <= 8
        assert service.suggest("  ", stranger()) == []

    def test_nobody_is_told_rights_addresses_or_vectors(self, service: SearchService) -> None:
        """The answer holds the metadata and nothing of how it is kept."""
        told = [hit.asset for hit in service.search(SearchRequest(text="red", size=200), PRESS).hits]
        told += [hit.asset for hit in service.search(SearchRequest(size=200), PRESS).hits]
        told.append(service.asset("asset-003", PRESS))
        assert not any({"acl", "uri", "image_vector", "caption_vector"} & asset.keys() for asset in told)

    def test_what_is_not_offered_is_refused(self, service: SearchService) -> None:
        """Nothing of the contract is ignored in silence."""
        with pytest.raises(NotOfferedError, match=r"weights\.personal"):
            service.search(SearchRequest(text="red", weights={"personal": 1}), PRESS)
        concept = Filter(field="concept", value="anything")
        with pytest.raises(NotOfferedError, match="concepts are not kept here"):
            service.search(SearchRequest(filters=[concept]), PRESS)
        for asked in (SearchRequest(personal=True), SearchRequest(text="red", personal=True)):
            assert "Not ranked for a person" in " ".join(service.search(asked, PRESS).degraded)

    def test_hostile_words_are_only_words(self, service: SearchService) -> None:
        """Query syntax, control characters, emptiness and great length are searched for, or find nothing."""
        for text in ("*", "title:red OR 1=1", '"', "\\", "\x00", "!!!", "🦊" * 500, "a" * 2000, "red AND (", "<mark>"):
            assert service.search(SearchRequest(text=text, size=1), PRESS).degraded == []
