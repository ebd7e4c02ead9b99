"""Filters and the fields that they may name."""

from typing import Any

import pytest

from damsight_schemas.filters import Filter
from damsight_search.conditions import facet_counts
from damsight_search.conditions.filters import clauses, permitted
from damsight_search.errors import RefusedRequestError
from damsight_search.principal import signed_in

HERE: Any = {"lat": 53.5, "lon": 9.9, "km": 5}


def test_only_the_living_that_one_of_the_principals_may_see_are_permitted() -> None:
    """Tombstones and what is for others never match."""
    assert permitted(signed_in("anna", ["press"])) == [
        {"term": {"deleted": False}},
        {"terms": {"acl": ["group:press", "public", "user:anna"]}},
    ]


@pytest.mark.parametrize(
    "name", ["acl", "deleted", "uri", "image_vector", "_id", "nothing", "attributes", "title.folded"]
)
def test_what_is_not_declared_cannot_be_asked_about(name: str) -> None:
    """Rights, addresses and vectors are no fields of a request; the error lists those that are."""
    with pytest.raises(RefusedRequestError) as refused:
        clauses([Filter(field="kind", value="image"), Filter.model_construct(field=name, op="is", value="x")])
    (problem,) = refused.value.problems
    assert problem.field == "filters.1.field"
    assert "created_at" in problem.problem
    assert "attributes.<name>" in problem.problem
    with pytest.raises(RefusedRequestError, match=r"facets\.0"):
        facet_counts.check([name])


@pytest.mark.parametrize(
    ("asked", "field", "takes"),
    [
        (Filter(field="width", value="wide"), "filters.0.value", "takes a number"),
        (Filter(field="width", value=True), "filters.0.value", "takes a number"),
        (Filter(field="width", value=2**70), "filters.0.value", "takes a number up to"),
        (Filter(field="width", value=float("inf")), "filters.0.value", "takes a number"),
        (Filter(field="created_at", value="yesterday"), "filters.0.value", "takes a year"),
        (Filter(field="created_at", value="2024-13"), "filters.0.value", "takes a year"),
        (Filter(field="created_at", value="2024-02-30T00:00:00Z"), "filters.0.value", "takes a year"),
        (Filter(field="created_at", value=2024), "filters.0.value", "takes a year"),
        (Filter(field="created_at", op="range", value={"gte": "x"}), "filters.0.value.gte", "takes a year"),
        (Filter(field="tags", op="range", value={"gte": "a"}), "filters.0.op", "neither"),
        (Filter(field="attributes.iso", op="range", value={"gte": 100}), "filters.0.op", "neither"),
        (Filter(field="attributes.iso", op="range", value={"gte": 100}), "filters.0.op", "kept as text"),
        (Filter(field="created_at", value="2024-03-01+20:00"), "filters.0.value", "takes a year"),
        (Filter(field="created_at", value="2024-03-01T24:00"), "filters.0.value", "takes a year"),
        (Filter(field="created_at", value="2024-03-01 02:00"), "filters.0.value", "takes a year"),
        (Filter(field="tags", value="\ud800"), "filters.0.value", "surrogates"),
        (Filter(field="tags", op="prefix", value="\ud800"), "filters.0.value", "surrogates"),
        (Filter(field="tags", op="prefix", value=""), "filters.0.value", "takes 1 to 1,000"),
        (Filter(field="tags", op="prefix", value="x" * 1001), "filters.0.value", "takes 1 to 1,000"),
        (Filter(field="width", op="prefix", value="1"), "filters.0.op", "takes a field of text"),
        (Filter(field="created_at", op="prefix", value="20"), "filters.0.op", "takes a field of text"),
        (Filter(field="location", value="1,1"), "filters.0.op", "'near' or 'exists'"),
        (Filter(field="location", op="range", value={"gte": 1}), "filters.0.op", "neither"),
        (Filter(field="tags", op="near", value=HERE), "filters.0.op", "'tags' is none"),
        (Filter(field="location", op="near", value={**HERE, "lat": 91}), "filters.0.value.lat", "from -90 to 90"),
        (Filter(field="location", op="near", value={**HERE, "lon": "x"}), "filters.0.value.lon", "takes a number"),
        (Filter(field="location", op="near", value={**HERE, "km": 0}), "filters.0.value.km", "more than 0"),
    ],
    ids=str,
)
def test_a_wrong_value_is_named_with_what_is_taken(asked: Filter, field: str, takes: str) -> None:
    """Each wrong filter is a clear problem, before anything is sent."""
    with pytest.raises(RefusedRequestError) as refused:
        clauses([asked])
    (problem,) = refused.value.problems
    assert problem.field == field
    assert takes in problem.problem


@pytest.mark.parametrize(
    ("asked", "clause"),
    [
        (Filter(field="tags", value="red"), {"term": {"tags": "red"}}),
        (Filter(field="tags", op="in", value=["red", 7]), {"terms": {"tags": ["red", "7"]}}),
        (Filter(field="tags", op="not", value=["red"]), {"bool": {"must_not": [{"term": {"tags": "red"}}]}}),
        (Filter(field="title", value="Boat"), {"term": {"title.folded": "Boat"}}),
        (Filter(field="title", op="exists", value=True), {"exists": {"field": "title"}}),
        (Filter(field="rights", op="exists", value=False), {"bool": {"must_not": [{"exists": {"field": "rights"}}]}}),
        (Filter(field="width", value="1200"), {"term": {"width": 1200}}),
        (Filter(field="attributes.f stop", value=2.8), {"term": {"attributes.f stop": "2.8"}}),
        (Filter(field="attributes.raw", value=True), {"term": {"attributes.raw": "true"}}),
        (Filter(field="created_at", value="2024"), {"range": {"created_at": {"gte": "2024||/y", "lte": "2024||/y"}}}),
        (
            Filter(field="created_at", op="range", value={"gt": "2024-02", "lt": "2024-03-05T10:00:00z"}),
            {"range": {"created_at": {"gt": "2024-02||/M", "lt": "2024-03-05T10:00:00Z"}}},
        ),
        (
            Filter(field="created_at", value="2024-02-29+02:00"),
            {"range": {"created_at": {"gte": "2024-02-29T00:00:00.000+02:00", "lte": "2024-02-29T23:59:59.999+02:00"}}},
        ),
        (
            Filter(field="created_at", op="range", value={"gt": "2024-02-05:00", "lt": "9999z"}),
            {"range": {"created_at": {"gt": "2024-02-29T23:59:59.999-05:00", "lt": "9999-01-01T00:00:00.000+00:00"}}},
        ),
        (Filter(field="title", op="prefix", value="Boa"), {"prefix": {"title.folded": "Boa"}}),
        (Filter(field="attributes.shelf", op="prefix", value="A/"), {"prefix": {"attributes.shelf": "A/"}}),
        (Filter(field="location", op="exists", value=True), {"exists": {"field": "location"}}),
        (
            Filter(field="location", op="near", value=HERE),
            {"geo_distance": {"distance": "5.0km", "location": {"lat": 53.5, "lon": 9.9}}},
        ),
        *(
            (
                Filter(field="collections", op="prefix", value=asked),
                {
                    "bool": {
                        "should": [{"term": {"collections": "Press/2024"}}, {"prefix": {"collections": "Press/2024/"}}],
                        "minimum_should_match": 1,
                    }
                },
            )
            for asked in ("Press/2024", "Press/2024/")
        ),
    ],
    ids=str,
)
def test_filters_become_clauses(asked: Filter, clause: dict[str, Any]) -> None:
    """Each operation has one clause; a coarse date stands for the whole of it."""
    assert clauses([asked]) == [clause]
