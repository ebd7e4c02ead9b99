"""What people may rely on of groups, over any index."""

from typing import Any

import pytest

from contract.search_service_contract import service_over
from damsight_schemas.filters import Filter
from damsight_schemas.groups import GroupsRequest
from damsight_schemas.search import SearchRequest
from damsight_search.errors import NoPrincipalError
from damsight_search.grouping.groups import Groups
from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals, signed_in, stranger
from damsight_search.service import SearchService
from fakes.encoders import COLOURS
from fakes.library import document, library

ANNA = signed_in("anna", ["press"])


def shelf() -> dict[str, dict[str, Any]]:
    """Return the library, and two sounds without a picture."""
    sounds = [document(name, None, title=f"{name} rings", caption=f"a {name}") for name in ("bell", "clock")]
    return library() | {told["asset_id"]: told for told in sounds}


class GroupsContract:
    """Subclassed for each index; `index` holds `shelf()`."""

    @pytest.fixture
    def index(self) -> SearchIndex:
        raise AssertionError("the subclass gives the index")

    @pytest.fixture
    def service(self, index: SearchIndex) -> SearchService:
        return service_over(index)

    @pytest.fixture
    def groups(self, service: SearchService, index: SearchIndex) -> Groups:
        return Groups(service, index, timeout="30s")

    def test_alike_pictures_are_together_and_named(self, groups: Groups) -> None:
        """Every colour is a group of its own and is named by its tag; who cannot be compared is told."""
        answer = groups.of(GroupsRequest(count=len(COLOURS)), ANNA)
        colours = {asset_id: set(told["tags"]) & set(COLOURS) for asset_id, told in library().items()}
        assert len(answer.groups) == len(COLOURS)
        for group in answer.groups:
            (colour,) = set.union(*(colours[one] for one in group.assets))
            assert group.terms[0] == colour
            assert group.name.startswith(colour)
        assert sorted(one for group in answer.groups for one in group.assets) == sorted(library())
        assert set(answer.without_vector) == {"bell", "clock"}
        assert (answer.compared_by, answer.counted, answer.bound) == ("image_vector", len(library()), "window")
        assert answer.total.value == len(shelf())

    def test_each_hit_has_its_place(self, groups: Groups) -> None:
        """One place for each that was compared, in its group; of a group its nearest are told whole."""
        answer = groups.of(GroupsRequest(text="picture", count=2, size=3), ANNA)
        assert {place.asset_id: place.group for place in answer.places} == {
            asset_id: number for number, group in enumerate(answer.groups) for asset_id in group.assets
        }
        assert all(0 <= place.x <= 1 and 0 <= place.y <= 1 for place in answer.places)
        for group in answer.groups:
            assert [hit.asset_id for hit in group.hits] == group.assets[:3]
            assert all(hit.asset["title"] for hit in group.hits)

    def test_the_same_request_has_the_same_groups(self, groups: Groups) -> None:
        """All but the time that it took."""
        request = GroupsRequest(text="red harbour")
        once, again = groups.of(request, ANNA), groups.of(request, ANNA)
        assert once.model_copy(update={"took_ms": 0}) == again.model_copy(update={"took_ms": 0})

    @pytest.mark.parametrize("who", [stranger(), signed_in("anna")])
    def test_nothing_that_is_hidden_changes_a_group(self, groups: Groups, who: Principals) -> None:
        """Neither its members nor its name: both are made of what whoever asks may see."""
        allowed = {asset_id for asset_id, told in shelf().items() if set(told["acl"]) & set(who)}
        answer = groups.of(GroupsRequest(), who)
        assert {one for group in answer.groups for one in group.assets} | set(answer.without_vector) == allowed

    def test_a_group_can_be_browsed_and_narrowed(self, groups: Groups, service: SearchService) -> None:
        """Its ids are a filter like any other."""
        group = groups.of(GroupsRequest(count=2), ANNA).groups[0]
        members = Filter(field="asset_id", op="in", value=list(group.assets))
        listed = service.search(SearchRequest(filters=[members], size=200), ANNA)
        assert {hit.asset_id for hit in listed.hits} == set(group.assets)
        odd = service.search(SearchRequest(filters=[members, Filter(field="tags", value="odd")], size=200), ANNA)
        assert {hit.asset_id for hit in odd.hits} == {one for one in group.assets if "odd" in library()[one]["tags"]}

    def test_what_has_no_picture_is_grouped_by_its_captions(self, groups: Groups) -> None:
        """Two spaces are never mixed: the captions serve where pictures are few."""
        sounds = Filter(field="asset_id", op="in", value=["bell", "clock", "asset-001"])
        answer = groups.of(GroupsRequest(filters=[sounds]), ANNA)
        assert answer.compared_by == "caption_vector"
        assert answer.counted == 3
        nothing = groups.of(GroupsRequest(filters=[Filter(field="kind", value="video")]), ANNA)
        assert (nothing.groups, nothing.places, nothing.compared_by, nothing.counted) == ([], [], None, 0)

    def test_nobody_gets_no_groups(self, groups: Groups) -> None:
        """No principal, no answer."""
        with pytest.raises(NoPrincipalError):
            groups.of(GroupsRequest(), [])
