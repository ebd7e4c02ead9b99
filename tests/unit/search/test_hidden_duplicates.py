"""What somebody may not see changes nothing of what they are told of duplicates and groups."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.search_index_contract import SPACES
from contract.search_service_contract import service_over
from damsight_schemas.groups import GroupsRequest
from damsight_schemas.perceptual_hash import bands_of
from damsight_schemas.search import SearchRequest
from damsight_search.conditions.filters import permitted
from damsight_search.duplication.asset_duplicates import Duplicates
from damsight_search.duplication.duplicate_listing import DuplicateListing
from damsight_search.grouping.groups import Groups
from damsight_search.principal import stranger
from fakes.library import document
from fakes.search_index import FakeIndex

LOOKS = st.sampled_from([None, "0000000000000000", "000000000000007f", "0000000000003fff", "ffffffffffffffff"])


@st.composite
def libraries(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Some assets, a few of each looks and of each digest, some of them hidden."""
    told = {}
    for number in range(draw(st.integers(1, 10))):
        looks, digest = draw(LOOKS), draw(st.sampled_from(["", "1" * 64, "2" * 64]))
        told[f"asset-{number}"] = document(
            f"asset-{number}",
            draw(st.sampled_from(["red", "blue", None])),
            acl=(draw(st.sampled_from(["public", "group:press"])),),
            title=draw(st.sampled_from(["red thing", "blue thing"])),
            sha256=digest or None,
            perceptual_hash=looks,
            perceptual_bands=bands_of(looks) if looks else None,
        )
    return told


@settings(max_examples=25, deadline=None)
@given(told=libraries(), text=st.sampled_from(["", "red thing", "asset-1"]), size=st.integers(1, 3))
def test_what_is_hidden_changes_no_answer(told: dict[str, dict[str, Any]], text: str, size: int) -> None:
    """Not a group, a total, a page, a name, a place on the map, nor what is told of one asset."""
    seen = {asset_id: one for asset_id, one in told.items() if "public" in one["acl"]}
    request = SearchRequest(text=text, group_duplicates=True, size=size)
    assert _answers(told, request, seen) == _answers(seen, request, seen)


def _answers(held: Mapping[str, Any], request: SearchRequest, asked: Mapping[str, Any]) -> list[Any]:
    index = FakeIndex(SPACES)
    index.documents = dict(held)
    service, duplicates = service_over(index), Duplicates(index)
    pages = [service.search(request, stranger())]
    while pages[-1].cursor:
        pages.append(service.search(request.model_copy(update={"cursor": pages[-1].cursor}), stranger()))
    grouped = Groups(service, index).of(GroupsRequest(text=request.text, count=2), stranger())
    return [
        [page.model_dump(exclude={"took_ms", "cursor"}) for page in pages],
        [duplicates.of(asset_id, stranger()) for asset_id in asked],
        DuplicateListing(index).report(permitted(stranger()), lambda *_: None),
        grouped.model_dump(exclude={"took_ms"}),
    ]
