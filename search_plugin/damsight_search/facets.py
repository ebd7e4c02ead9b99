"""Facets: which values how many of the assets hold, and in which bound they were counted. Pure."""

from collections.abc import Sequence
from typing import Any, Literal

from damsight_schemas.search import Facet, FacetValue
from damsight_search.fields import DeclaredField, declared

MOST_VALUES = 50
_PREFIX = "facet:"


def aggregations(fields: Sequence[str]) -> dict[str, Any]:
    """Return the aggregations that count these fields; a date is counted by year.

    Raises:
        RefusedRequestError: A field's values cannot be counted; the message lists those that can.
    """
    return {
        f"{_PREFIX}{name}": _counting(declared(name, f"facets.{position}", facet=True))
        for position, name in enumerate(fields)
    }


def read(
    aggregations: dict[str, Any], fields: Sequence[str], *, counted: int, bound: Literal["all", "window"]
) -> dict[str, Facet]:
    """Return the facets that an answer's aggregations tell."""
    return {
        name: Facet(values=_values(aggregations.get(f"{_PREFIX}{name}", {})), counted=counted, bound=bound)
        for name in fields
    }


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
    return {"terms": {"field": field.indexed, "size": MOST_VALUES}}


def _values(aggregation: dict[str, Any]) -> list[FacetValue]:
    buckets = aggregation.get("buckets", [])[:MOST_VALUES]
    return [
        FacetValue(value=bucket.get("key_as_string", bucket["key"]), count=bucket["doc_count"]) for bucket in buckets
    ]
