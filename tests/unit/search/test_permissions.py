"""Whatever the rights, the filters and the question, nobody is told of what they may not see."""

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.search_index_contract import SPACES
from contract.search_service_contract import picture_of, service_over
from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest
from fakes.encoders import COLOURS
from fakes.library import document
from fakes.search_index import FakeIndex

PRINCIPALS = ["public", "user:anna", "user:bert", "group:press", "group:law"]
WORDS = ["harbour", "market", "garden"]
colours = st.sampled_from(sorted(COLOURS)[:4])
rights = st.lists(st.sampled_from(PRINCIPALS), max_size=3, unique=True)


@st.composite
def libraries(draw: st.DrawFn) -> dict[str, dict[str, object]]:
    """Some assets with any rights, some of them deleted."""
    told = {}
    for number in range(draw(st.integers(1, 12))):
        asset_id, colour = f"asset-{number}", draw(colours)
        told[asset_id] = {
            **document(asset_id, colour, acl=tuple(draw(rights)), title=draw(st.sampled_from(WORDS)), tags=[colour]),
            "deleted": draw(st.sampled_from([False, False, False, True])),
        }
    return told


requests = st.builds(
    SearchRequest,
    text=st.sampled_from(["", "red", "harbour", "blue market", "asset-1"]),
    filters=st.lists(
        st.builds(Filter, field=st.just("tags"), op=st.sampled_from(["is", "not"]), value=colours), max_size=2
    ),
    facets=st.just(["tags"]),
    size=st.integers(1, 5),
)


@settings(max_examples=150, deadline=None)
@given(
    told=libraries(),
    request=requests,
    who=st.lists(st.sampled_from(PRINCIPALS), min_size=1, max_size=3, unique=True),
    picture=st.sampled_from([None, "red", "blue"]),
)
def test_only_what_is_permitted_and_passes_is_ever_told(
    told: dict[str, dict[str, object]], request: SearchRequest, who: list[str], picture: str | None
) -> None:
    """In every page, leg, facet, count and suggestion, for any rights and filters."""
    index = FakeIndex(SPACES)
    index.documents = told
    service = service_over(index)
    seen = {asset_id for asset_id, one in told.items() if not one["deleted"] and set(one["acl"]) & set(who)}  # type: ignore[call-overload]  # acl is a list
    passing = {asset_id for asset_id in seen if all(_passes(told[asset_id], one) for one in request.filters)}
    response = service.search(request, who, [picture_of(picture)] if picture else [])
    assert response.total.value <= len(passing)
    # A chosen facet is counted without its own filter.
    assert all(value.count <= len(seen) for value in response.facets["tags"].values)
    found: list[str] = []
    while True:
        found += [hit.asset_id for hit in response.hits]
        if response.cursor is None:
            break
        response = service.search(request.model_copy(update={"cursor": response.cursor}), who)
    assert len(found) == len(set(found))
    assert set(found) <= passing
    if not request.text and not picture:
        assert set(found) == passing
    assert {one.text for one in service.suggest("har", who)} <= {str(told[asset_id]["title"]) for asset_id in seen}


def _passes(one: dict[str, object], asked: Filter) -> bool:
    return (asked.value in one["tags"]) == (asked.op == "is")  # type: ignore[operator]  # tags is a list
