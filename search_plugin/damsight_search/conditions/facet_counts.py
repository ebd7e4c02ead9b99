"""Facets: which values how many of the assets hold, and in which bound they were counted. Pure.

They are counted beside the page's documents: the page's body asks for all that is counted, and shows the page alone
(``post_filter``). So a chosen facet, a filter of the same request on a field that is counted, is counted without its
own filter and with all others, and its values stay to choose from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from damsight_schemas.filters import Filter
from damsight_schemas.search import Facet, FacetValue
from damsight_search.conditions.fields import DeclaredField, declared
from damsight_search.conditions.filters import Clause, clauses
from damsight_search.ports import Body

MOST_VALUES = 50
# Of each part of the index: what is frequent in all together is then counted in every one.
_OF_EACH_SHARD = 1000
_FACET = "facet:"
_COUNTED = "counted:"


@dataclass(frozen=True, slots=True)
class Counted:
    """Fields that are counted over one set of assets.

    Attributes:
        clause: Which assets; the principals' clauses are in it.
        whole: These are all that match, and not only those that the legs brought.
    """

    fields: tuple[str, ...]
    clause: Clause
    whole: bool


Counting = tuple[Counted, ...]


def check(fields: Sequence[str]) -> tuple[str, ...]:
    """Return the fields to count, each once.

    Raises:
        RefusedRequestError: A field's values cannot be counted; the message lists those that can.
    """
    for position, name in enumerate(fields):
        declared(name, f"facets.{position}", facet=True)
    return tuple(dict.fromkeys(fields))


def chosen(filters: Sequence[Filter], fields: Sequence[str]) -> dict[str, list[Clause]]:
    """Return the clauses of the filters on each field that is counted; fields without any are left out."""
    named: dict[str, list[Clause]] = {}
    for one in filters:
        if one.field in fields:
            named.setdefault(one.field, []).extend(clauses([one]))
    return named


def without(every: Sequence[Clause], refused: Sequence[Clause]) -> list[Clause]:
    """Return the clauses but those."""
    return [one for one in every if one not in refused]


def beside(body: Body, counting: Counting) -> Body:
    """Return a page's body that counts too; its hits stay as they are."""
    if not counting:
        return body
    shown = body["query"]
    counted = [one.clause for one in counting]
    if counted == [shown]:
        return {**body, "aggs": {f"{_COUNTED}0": _aggregation(counting[0])}}
    return {
        **body,
        "query": {"bool": {"filter": [{"bool": {"should": [shown, *counted], "minimum_should_match": 1}}]}},
        "post_filter": shown,
        "aggs": {f"{_COUNTED}{place}": _aggregation(one) for place, one in enumerate(counting)},
    }


def read(aggregations: Mapping[str, Any], counting: Counting, *, lost_shards: int = 0) -> dict[str, Facet]:
    """Return the facets that an answer's aggregations tell.

    Args:
        aggregations: Of a body that `beside` made.
        counting: The same.
        lost_shards: What did not answer was not counted, so the bound is no longer "all".
    """
    facets = {}
    for place, one in enumerate(counting):
        told = aggregations.get(f"{_COUNTED}{place}", {})
        for name in one.fields:
            facets[name] = Facet(
                values=_values(told.get(f"{_FACET}{name}", {})),
                counted=told.get("doc_count", 0),
                bound="all" if one.whole and not lost_shards else "window",
            )
    return facets


def _aggregation(one: Counted) -> dict[str, Any]:
    fields = {f"{_FACET}{name}": _counting(declared(name, name, facet=True)) for name in one.fields}
    return {"filter": one.clause, "aggs": fields} if fields else {"filter": one.clause}


def _counting(field: DeclaredField) -> dict[str, Any]:
    if field.kind == "date":
        return {
            "date_histogram": {
                "field": field.indexed,
                "calendar_interval": "year",
                "format": "yyyy",
                "min_doc_count": 1,
                "order": {"_key": "desc"},
            }
        }
    return {"terms": {"field": field.indexed, "size": MOST_VALUES, "shard_size": _OF_EACH_SHARD}}


def _values(aggregation: Mapping[str, Any]) -> list[FacetValue]:
    buckets = aggregation.get("buckets", [])[:MOST_VALUES]
    return [
        FacetValue(value=bucket.get("key_as_string", bucket["key"]), count=bucket["doc_count"]) for bucket in buckets
    ]
