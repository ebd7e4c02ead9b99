"""The consumer's evaluation says what the search would: the same clauses, over the same documents, in both."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from damsight_consumer.standing.arrival import Arrival
from damsight_consumer.standing.conditions import compiled
from damsight_consumer.standing.moments import moment_ms
from damsight_consumer.standing.watch import Watch
from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest
from damsight_search.plan import make_plan
from damsight_search.principal import signed_in
from damsight_search.standing.standing_words import watched_name, watched_words
from damsight_search.words.keyword_clauses import exact_query, keyword_query
from fakes.clauses import matches
from fakes.standing import standing

ANNA = signed_in("anna", ["press"])
# Too short to be mistyped: what is mistyped is found by the search, and not watched.
WORDS = ("red", "sea", "fog", "oak", "elk", "Été")
DAYS = ("2023-12-31T23:59:59.999Z", "2024-01-01T00:00:00Z", "2024-02-29T12:00:00+05:00", "2025-07-01T08:30:00Z")

several = st.lists(st.sampled_from(WORDS), max_size=3)
text = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
documents = st.fixed_dictionaries(
    {
        "asset_id": st.sampled_from(["a-1", "sea", "Red Sea"]),
        "acl": st.lists(st.sampled_from(["public", "group:press", "user:bert"]), max_size=2),
    },
    optional={
        "title": text.filter(bool),
        "caption": text.filter(bool),
        "filename": st.sampled_from(["red_sea.jpg", "Oak.TIFF", "fog"]),
        "tags": several.filter(bool),
        "collections": st.lists(st.sampled_from(["red", "red/sea", "redder", "oak"]), min_size=1, max_size=2),
        "width": st.integers(1, 4),
        "created_at": st.sampled_from(DAYS),
        "attributes": st.fixed_dictionaries({"shelf": st.sampled_from([1, "1", True, ["a", "b"]])}),
        "location": st.sampled_from(["48.2,16.4", "-33.9,151.2", "0,179.9"]),
    },
)
filters = st.sampled_from(
    [
        Filter(field="tags", op="is", value="red"),
        Filter(field="tags", op="in", value=["sea", "oak"]),
        Filter(field="tags", op="not", value=["red", "fog"]),
        Filter(field="title", op="is", value="RED"),
        Filter(field="title", op="prefix", value="re"),
        Filter(field="filename", op="is", value="OAK.tiff"),
        Filter(field="filename", op="prefix", value="Red"),
        Filter(field="collections", op="prefix", value="red/"),
        Filter(field="collections", op="prefix", value="re"),
        Filter(field="width", op="range", value={"gte": 2, "lt": 4}),
        Filter(field="width", op="is", value=3),
        Filter(field="created_at", op="is", value="2024"),
        Filter(field="created_at", op="in", value=["2023-12-31", "2025-07"]),
        Filter(field="created_at", op="range", value={"gt": "2024-01-01", "lte": "2024-02"}),
        Filter(field="created_at", op="range", value={"gte": "2024-02-29+05:00", "lt": "2025-07-01T08:30:00Z"}),
        Filter(field="created_at", op="exists", value=False),
        Filter(field="attributes.shelf", op="in", value=["1", "b"]),
        Filter(field="attributes.shelf", op="is", value=True),
        Filter(field="attributes.other", op="exists", value=True),
        Filter(field="location", op="exists", value=True),
        Filter(field="location", op="near", value={"lat": 48.0, "lon": 16.0, "km": 100}),
    ]
)
looked_for = st.lists(
    st.one_of(
        st.sampled_from(WORDS),
        st.sampled_from(['"red sea"', "-fog", '-"oak elk"', "tags:red", "red-sea", "red_sea.jpg", "width:>2", "Oak"]),
    ),
    max_size=4,
).map(" ".join)


def searched(request: SearchRequest, document: dict[str, Any]) -> bool:
    """Tell whether the search finds a document by its words and filters, by the very clauses that it sends."""
    plan = make_plan(request, ANNA, ())
    whole = {"deleted": False, "revision": 1, **document}
    if "filename" in whole:
        whole["filename_words"] = whole["filename"].replace("_", " ").replace(".", " ")
    found = all(matches(whole, dict(clause)) for clause in plan.filters)
    if not plan.text:
        return found
    return found and (matches(whole, keyword_query(plan.wording)) or matches(whole, exact_query(plan.text)))


def watched(request: SearchRequest, document: dict[str, Any]) -> bool:
    """Tell whether a standing search of the same request finds it."""
    plan = make_plan(request, ANNA, ())
    query = standing(
        principals=tuple(ANNA),
        filters=[dict(clause) for clause in plan.filters[2:]] or [{"exists": {"field": "asset_id"}}],
        words=watched_words(plan.wording),
        exact=watched_name(plan.wording),
    )
    fields = dict(document)
    if "filename" in fields:
        fields["filename_words"] = fields["filename"].replace("_", " ").replace(".", " ")
    return bool(Watch([query]).matches([Arrival(document["asset_id"], 1, fields)]))


@settings(max_examples=100, deadline=None)
@given(document=documents, words=looked_for, conditions=st.lists(filters, max_size=2))
def test_what_is_watched_for_is_what_would_be_searched_for(
    document: dict[str, Any], words: str, conditions: list[Filter]
) -> None:
    """For words, phrases, exclusions, names, filters of every kind, and rights."""
    request = SearchRequest(text=words, filters=conditions)
    assert watched(request, document) == searched(request, document)


@pytest.mark.parametrize(
    ("told", "up", "means"),
    [
        ("2024||/y", False, "2024-01-01T00:00:00+00:00"),
        ("2024||/y", True, "2024-12-31T23:59:59.999+00:00"),
        ("2024-02||/M", True, "2024-02-29T23:59:59.999+00:00"),
        ("2024-12||/M", True, "2024-12-31T23:59:59.999+00:00"),
        ("2024-02-28||/d", True, "2024-02-28T23:59:59.999+00:00"),
        ("2024-02-28T01:00:00+02:00", True, "2024-02-27T23:00:00+00:00"),
    ],
)
def test_dates_are_rounded_as_the_server_does(told: str, means: str, *, up: bool) -> None:
    """A year, a month and a day stand for the whole of it: the first millisecond, or the last."""
    assert moment_ms(told, up=up) == moment_ms(means)


@pytest.mark.parametrize(
    "clause", [{}, {"term": {}}, {"terms": {"tags": "red"}}, {"knn": {}}, {"bool": {"must": [{}]}}]
)
def test_a_clause_that_cannot_be_evaluated_is_refused(clause: dict[str, Any]) -> None:
    """It is told where the searches are read, and never when an asset arrives."""
    with pytest.raises(ValueError, match=r"clause|terms takes|evaluated here"):
        compiled(clause)
