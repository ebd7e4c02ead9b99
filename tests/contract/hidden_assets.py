"""Two libraries that differ in assets that the asker may not see, and every question that may be asked of them.

Whatever is asked, both must give the same answer: all of it, on every page, and by as many requests to the index.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from contract.search_service_contract import service_over
from damsight_schemas.filters import Filter
from damsight_schemas.groups import GroupsRequest
from damsight_schemas.perceptual_hash import bands_of
from damsight_schemas.search import SearchRequest, Sort
from damsight_search.duplication.asset_duplicates import Duplicates
from damsight_search.errors import SearchError
from damsight_search.grouping.groups import Groups
from damsight_search.ports import SearchIndex
from damsight_search.principal import signed_in
from damsight_search.service import SearchService
from fakes.encoders import COLOURS
from fakes.library import document

WHO = signed_in("bert", ["press"])
MINE = ("public", "group:press", "user:bert")
OTHERS = ("user:anna", "group:law")
TEXTS = ["", "red", "harbour", "red harbour", "harbor", "boat-3", "Harbour 1", '"quiet harbour"', "market -loud",
         "tags:red boat", "boat.jpg", "a quiet red harbour by night", "garten", "collections:Press/2024"]  # fmt: skip
TITLES = ["Harbour 1", "Harbour market", "Loud market", "Boat", "Haarbour"]
CAPTIONS = ["a quiet harbour", "a loud market", "a tiny garden", "harbour harbour harbour"]
COLLECTIONS = ["Press", "Press/2024", "Press/2024/May", "Law"]
HASHES = ["0123456789abcdef", "0123456789abcdee", "fedcba9876543210"]
PLACES = ["53.5,9.9", "0,0"]
IDS = ["boat-0", "boat-1", "boat-2", "hidden-0", "hidden-1", "missing"]
MOST = 400
"""Requests that one question may take: no drawn library is that large."""

colours = st.sampled_from(sorted(COLOURS)[:4])


@st.composite
def _documents(draw: st.DrawFn, start: str, rights: tuple[str, ...], most: int) -> dict[str, dict[str, Any]]:
    told = {}
    for number in range(draw(st.integers(0, most))):
        looks = draw(st.sampled_from([None, *HASHES]))
        asset_id = f"{start}-{number}"
        told[asset_id] = document(
            asset_id,
            draw(st.one_of(st.none(), colours)),
            acl=tuple(draw(st.lists(st.sampled_from(rights), min_size=1, max_size=2, unique=True))),
            title=draw(st.sampled_from(TITLES)),
            caption=draw(st.sampled_from(CAPTIONS)),
            filename=draw(st.sampled_from(["boat.jpg", f"IMG_{number}.jpg"])),
            tags=draw(st.lists(st.sampled_from(["red", "blue", "odd", "harbour"]), max_size=3, unique=True)) or None,
            collections=draw(st.lists(st.sampled_from(COLLECTIONS), max_size=2, unique=True)) or None,
            created_at=draw(st.sampled_from([None, "2003-03-01T08:00:00Z", "2004-12-31T23:30:00Z"])),
            attributes=draw(st.sampled_from([None, {"shelf": 1}, {"shelf": "A"}])),
            location=draw(st.sampled_from([None, *PLACES])),
            perceptual_hash=looks,
            perceptual_bands=bands_of(looks) if looks else None,
        )
    return told


seen_documents = _documents("boat", MINE, 10)
hidden_documents = _documents("hidden", OTHERS, 8)

filters = st.one_of(
    st.builds(Filter, field=st.just("tags"), op=st.sampled_from(["is", "not"]), value=st.sampled_from(["red", "odd"])),
    st.builds(Filter, field=st.just("collections"), op=st.sampled_from(["is", "prefix"]),
              value=st.sampled_from(COLLECTIONS)),
    st.just(Filter(field="created_at", op="range", value={"gte": "2004-12-31+02:00"})),
    st.just(Filter(field="attributes.shelf", op="exists", value=True)),
    st.just(Filter(field="location", op="near", value={"lat": 53, "lon": 10, "km": 100})),
)  # fmt: skip

requests = st.builds(
    SearchRequest,
    text=st.sampled_from(TEXTS),
    like=st.lists(st.sampled_from(IDS), max_size=1),
    unlike=st.lists(st.sampled_from(IDS), max_size=1),
    must_not_look_like=st.sampled_from(["", "", "blue"]),
    filters=st.lists(filters, max_size=2),
    facets=st.lists(st.sampled_from(["tags", "collections", "created_at", "attributes.shelf"]), max_size=3),
    sort=st.builds(
        Sort, by=st.sampled_from(["relevance", "created_at", "title"]), order=st.sampled_from(["asc", "desc"])
    ),
    min_relevance=st.sampled_from(["auto", 0.0, 0.3]),
    similarity=st.sampled_from(["index", "index", "manhattan"]),
    group_duplicates=st.booleans(),
    size=st.sampled_from([1, 3, 200]),
    explain=st.booleans(),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What can be asked of one library."""

    service: SearchService
    groups: Groups
    duplicates: Duplicates


def asked_over(index: SearchIndex) -> Asked:
    """Return all that can be asked of an index."""
    service = service_over(index)
    return Asked(service, Groups(service, index, timeout="30s"), Duplicates(index, timeout="30s"))


Question = Callable[[Asked], Any]


def _paged(request: SearchRequest) -> Question:
    def ask(asked: Asked) -> Any:
        pages = []
        cursor: str | None = None
        for _ in range(MOST):
            response = asked.service.search(request.model_copy(update={"cursor": cursor}), WHO)
            told = response.model_dump(mode="json", exclude={"took_ms", "cursor"})
            pages.append({**told, "more": response.cursor is not None})
            cursor = response.cursor
            if cursor is None:
                return pages
        raise AssertionError("the pages do not end")

    return ask


def _other(kind: str, asset_id: str, text: str) -> Question:
    bare = {"took_ms", "cursor"}
    asks: dict[str, Question] = {
        "suggest": lambda asked: [one.model_dump() for one in asked.service.suggest(text[:6], WHO)],
        "explain": lambda asked: asked.service.explain(asset_id, SearchRequest(text=text), WHO).model_dump(mode="json"),
        "similar": lambda asked: asked.service.similar(asset_id, WHO).model_dump(mode="json", exclude=bare),
        "asset": lambda asked: asked.service.asset(asset_id, WHO),
        "media": lambda asked: asked.service.media(asset_id, WHO),
        "duplicates": lambda asked: asked.duplicates.of(asset_id, WHO).model_dump(mode="json", exclude=bare),
        "groups": lambda asked: asked.groups.of(GroupsRequest(text=text), WHO).model_dump(mode="json", exclude=bare),
    }
    return asks[kind]


questions: st.SearchStrategy[tuple[str, Question]] = st.one_of(
    requests.map(lambda request: (f"search {request.model_dump(exclude_defaults=True)}", _paged(request))),
    st.tuples(
        st.sampled_from(["suggest", "explain", "similar", "asset", "media", "duplicates", "groups"]),
        st.sampled_from(IDS),
        st.sampled_from(TEXTS),
    ).map(lambda told: (" ".join(told), _other(*told))),
)


def answer_to(question: Question, asked: Asked) -> Any:
    """Return all that an asker gets to see, errors included."""
    try:
        return question(asked)
    except SearchError as error:
        return {"error": error.name, "words": str(error), "fix": error.fix}
