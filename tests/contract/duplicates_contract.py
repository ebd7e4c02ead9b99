"""What people may rely on of duplicates, over any index: in answers, of one asset, and of a whole library."""

from typing import Any

import pytest

from contract.search_service_contract import service_over
from damsight_schemas.perceptual_hash import bands_of
from damsight_schemas.search import SearchRequest, SearchResponse, Sort
from damsight_search.conditions.filters import permitted
from damsight_search.duplication.asset_duplicates import Duplicates
from damsight_search.duplication.duplicate_bodies import everybodys
from damsight_search.duplication.duplicate_listing import DuplicateListing
from damsight_search.errors import AssetNotFoundError, NoPrincipalError
from damsight_search.ports import SearchIndex
from damsight_search.principal import signed_in, stranger
from damsight_search.results import grouped_browsing
from damsight_search.service import SearchService
from fakes.library import document

PRESS = signed_in("bert", ["press"])


def pictured(
    asset_id: str, colour: str | None, looks: str | None, sha256: str = "", *, press: bool = False
) -> dict[str, Any]:
    return document(
        asset_id,
        colour,
        acl=("group:press",) if press else ("public",),
        title=f"{colour or 'grey'} thing",
        created_at=f"2020-01-{1 + len(asset_id):02d}",
        sha256=sha256 or None,
        perceptual_hash=looks,
        perceptual_bands=bands_of(looks) if looks else None,
    )


def shelf() -> dict[str, dict[str, Any]]:
    """Return one red picture in five files, two of them equal, one for the press, one without a vector; and others.

    A red one that looks different, a blue one with the same outline, a film in two copies, one without any fingerprint.
    """
    several = [
        pictured("red", "red", "0000000000000000", "1" * 64),
        pictured("red-copy", "red", "0000000000000000", "1" * 64),
        pictured("red-small", "red", "000000000000000f", "2" * 64),
        pictured("red-secret", "red", "0000000000000001", "3" * 64, press=True),
        pictured("red-other", "red", "ffffffff00000000", "4" * 64),
        pictured("blue-outline", "blue", "8000000000000000", "5" * 64),
        pictured("film", None, None, "6" * 64),
        pictured("film-copy", None, None, "6" * 64),
        pictured("red-unread", None, "000000000000007f"),
        pictured("plain", "green", None),
    ]
    return {told["asset_id"]: told for told in several}


GROUPED = {
    "red": {"red-copy", "red-small", "red-unread"},
    "red-other": set(),
    "blue-outline": set(),
    "film": {"film-copy"},
    "plain": set(),
}
"""As a stranger sees them, if the first named is the most relevant."""


def sets(answer: SearchResponse) -> set[frozenset[str]]:
    return {frozenset([hit.asset_id, *hit.duplicates]) for hit in answer.hits}


def expected(*, press: bool = False) -> set[frozenset[str]]:
    told = {frozenset([leader, *others]) for leader, others in GROUPED.items() if leader != "red"}
    return told | {frozenset(["red", *GROUPED["red"], *(["red-secret"] if press else [])])}


class DuplicatesContract:
    """Subclassed for each index; `shelved` holds `shelf()` and can be changed."""

    @pytest.fixture
    def shelved(self) -> Any:
        raise AssertionError("the subclass gives the index")

    @pytest.fixture
    def index(self, shelved: Any) -> SearchIndex:
        index: SearchIndex = shelved.index
        return index

    @pytest.fixture
    def service(self, index: SearchIndex) -> SearchService:
        return service_over(index)

    def test_the_same_picture_is_shown_once(self, service: SearchService) -> None:
        """The most relevant stays, the others stand under it, and the total counts what is shown."""
        answer = service.search(SearchRequest(text="thing", group_duplicates=True), stranger())
        assert sets(answer) == expected()
        assert (answer.total.value, answer.total.relation) == (len(GROUPED), "eq")
        alone = service.search(SearchRequest(text="thing"), stranger())
        order = [hit.asset_id for hit in alone.hits]
        for hit in answer.hits:
            assert order.index(hit.asset_id) < min(map(order.index, hit.duplicates), default=len(order))
            assert hit.duplicates == sorted(hit.duplicates, key=order.index)

    def test_nobody_is_told_of_duplicates_that_they_may_not_see(self, service: SearchService) -> None:
        """Neither by id, nor by a count."""
        seen = service.search(SearchRequest(text="thing", group_duplicates=True), PRESS)
        assert sets(seen) == expected(press=True)
        assert seen.total.value == len(GROUPED)

    def test_pages_count_groups_and_repeat_nothing(self, service: SearchService) -> None:
        """A page holds as many groups as it was asked for, and what was folded does not come back."""
        request = SearchRequest(text="thing", group_duplicates=True, size=2)
        pages = [service.search(request, stranger())]
        while pages[-1].cursor:
            pages.append(service.search(request.model_copy(update={"cursor": pages[-1].cursor}), stranger()))
        assert [len(page.hits) for page in pages] == [2, 2, 1]
        assert sorted(one for page in pages for group in sets(page) for one in group) == sorted(
            one for group in expected() for one in group
        )

    def test_where_the_first_of_a_group_is_gone_the_next_stands_for_it(
        self, shelved: Any, service: SearchService
    ) -> None:
        """Nothing that is there is lost because it was folded under what was deleted since."""
        request = SearchRequest(text="thing", group_duplicates=True, size=1)
        page = service.search(request, stranger())
        gone = [{**shelf()[name], "revision": 2} for name in ("red", "film") if name != page.hits[0].asset_id]
        shelved.store({one["asset_id"]: {**one, "deleted": True} for one in gone})
        shown = [page]
        while shown[-1].cursor:
            shown.append(service.search(request.model_copy(update={"cursor": shown[-1].cursor}), stranger()))
        left = {group - {one["asset_id"] for one in gone} for group in expected()}
        assert {group for answer in shown for group in sets(answer)} == left

    def test_browsing_is_grouped_by_blocks(self, service: SearchService, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each asset comes once, whatever the block; one block alone tells an exact total."""
        request = SearchRequest(group_duplicates=True, sort=Sort(by="title", order="asc"), size=3, facets=["kind"])
        whole = service.search(request.model_copy(update={"size": 50}), stranger())
        assert sets(whole) == expected()
        assert (whole.total.value, whole.total.relation, whole.cursor) == (len(GROUPED), "eq", None)
        assert whole.facets["kind"].counted == len(shelf()) - 1
        monkeypatch.setattr(grouped_browsing, "BLOCK", 4)
        pages = [service.search(request, stranger())]
        while pages[-1].cursor:
            pages.append(service.search(request.model_copy(update={"cursor": pages[-1].cursor}), stranger()))
        assert pages[0].total.relation == "gte"
        told = [one for page in pages for group in sets(page) for one in group]
        assert sorted(told) == sorted(one for group in expected() for one in group)

    def test_an_assets_duplicates_are_told_with_what_they_share(self, index: SearchIndex) -> None:
        """The same bytes first, then by how little the looks differ; what has no vector is told by its hash alone."""
        told = Duplicates(index, timeout="30s").of("red", stranger())
        assert [(one.asset_id, one.same, one.bits) for one in told.duplicates] == [
            ("red-copy", "bytes", 0),
            ("red-small", "looks", 4),
            ("red-unread", "looks", 7),
        ]
        assert told.complete
        assert [one.cosine for one in told.duplicates] == [pytest.approx(1, abs=0.01)] * 2 + [None]
        assert told.duplicates[0].asset["title"] == "red thing"
        assert not {"acl", "image_vector", "perceptual_hash"} & told.duplicates[0].asset.keys()

    def test_an_assets_duplicates_are_under_the_askers_rights(self, index: SearchIndex) -> None:
        """A forbidden asset has no duplicates to tell of, and is none."""
        duplicates = Duplicates(index, timeout="30s")
        assert [one.asset_id for one in duplicates.of("film", stranger()).duplicates] == ["film-copy"]
        assert duplicates.of("plain", stranger()).duplicates == []
        assert "red-secret" in [one.asset_id for one in duplicates.of("red", PRESS).duplicates]
        for hidden in ("red-secret", "nothing"):
            with pytest.raises(AssetNotFoundError):
                duplicates.of(hidden, stranger())
        with pytest.raises(NoPrincipalError):
            duplicates.of("red", [])

    @pytest.mark.parametrize("page", [3, 5000])
    def test_a_library_is_listed_whole(self, index: SearchIndex, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """However it is read: the same files, and the same pictures in different files with their copies."""
        monkeypatch.setattr("damsight_search.duplication.duplicate_scan.PAGE", page)
        steps: list[tuple[str, int, int]] = []
        report = DuplicateListing(index).report(everybodys(), lambda *told: steps.append(told))
        assert report.assets == len(shelf())
        assert report.complete
        assert [(one.same, one.assets) for one in report.groups[:2]] == [
            ("bytes", ["film", "film-copy"]),
            ("bytes", ["red", "red-copy"]),
        ]
        assert [(one.same, set(one.assets)) for one in report.groups[2:]] == [
            ("looks", {"red", "red-copy", "red-small", "red-secret", "red-unread"})
        ]
        assert steps[0][0] == "reading fingerprints"
        assert steps[-1][1] == steps[-1][2]

    def test_a_library_is_listed_as_somebody_sees_it(self, index: SearchIndex) -> None:
        """With the filter of principals, nothing of what is hidden shows; either sort of duplicates can be left out."""
        seen = permitted(stranger())
        looks = DuplicateListing(index).report(seen, _silent, same_bytes=False).groups
        assert [set(one.assets) for one in looks] == [{"red", "red-copy", "red-small", "red-unread"}]
        exact = DuplicateListing(index).report(seen, _silent, same_looks=False)
        assert [one.assets for one in exact.groups] == [["film", "film-copy"], ["red", "red-copy"]]
        assert exact.assets == len(shelf()) - 1


def _silent(_step: str, _done: int, _total: int) -> None:
    """Tell nobody."""
