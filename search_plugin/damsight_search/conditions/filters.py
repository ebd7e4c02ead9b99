"""A request's filters and the principal's own filter, as Elasticsearch clauses. Pure.

Every leg gets the same list: `permitted` first, then the request's. A filter in the query alone would leak through
the vector legs.
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from damsight_schemas.errors import FieldProblem
from damsight_schemas.filters import Filter
from damsight_search.conditions.fields import DeclaredField, declared
from damsight_search.conditions.values import READ, Value, date_value, place_clause, text_value
from damsight_search.errors import RefusedRequestError
from damsight_search.principal import Principals

Clause = dict[str, Any]
LONGEST_PREFIX = 1000
"""Characters; Elasticsearch refuses longer ones."""

CONCEPT = "concept"
"""Stands for no field of the index: `damsight_search.learning.concept_filters` makes its filters into clauses."""

PATHS = "collections"
"""The field whose values are paths, with a slash between a collection and the one within it."""


class CompiledFilter(Filter):
    """A filter whose clause is made already, from what no clause can ask for.

    Attributes:
        clause: Under which it holds.
    """

    clause: Clause


def permitted(principals: Principals) -> list[Clause]:
    """Return what holds for every document that these principals may see."""
    return [{"term": {"deleted": False}}, {"terms": {"acl": list(principals)}}]


def clauses(filters: Sequence[Filter]) -> list[Clause]:
    """Return a request's filters; all of them must hold.

    Raises:
        RefusedRequestError: A field is not declared, or takes other values or operations.
    """
    return [_clause(one, f"filters.{position}") for position, one in enumerate(filters)]


def _clause(one: Filter, place: str) -> Clause:
    if isinstance(one, CompiledFilter):
        return one.clause
    if one.field == CONCEPT:
        # Until it is known whose concept is meant, nothing is it, nor is anything not.
        return {"match_none": {}}
    return _READ_OP[one.op](declared(one.field, f"{place}.field"), one, place)


def _matching(field: DeclaredField, one: Filter, place: str) -> Clause:
    if field.kind == "place":
        _refuse(place, f"{one.op!r} takes other fields: ask about {field.name!r} with 'near' or 'exists'")
    given = one.value if isinstance(one.value, list) else [one.value]
    if field.kind == "date":
        # "2024" stands for the whole year; a term would mean its first instant alone.
        spans = [{"range": {field.indexed: _span(value, f"{place}.value")}} for value in given]
        return spans[0] if len(spans) == 1 else {"bool": {"should": spans, "minimum_should_match": 1}}
    values = [READ[field.kind](value, f"{place}.value") for value in given]
    return {"term": {field.indexed: values[0]}} if len(values) == 1 else {"terms": {field.indexed: values}}


def _span(value: object, place: str) -> dict[str, Value]:
    return {"gte": date_value(value, place), "lte": date_value(value, place, "lte")}


def _other(field: DeclaredField, one: Filter, place: str) -> Clause:
    return _none_of([_matching(field, one, place)])


def _existing(field: DeclaredField, one: Filter, _place: str) -> Clause:
    present: Clause = {"exists": {"field": field.held}}
    return present if one.value else _none_of([present])


def _none_of(refused: list[Clause]) -> Clause:
    return {"bool": {"must_not": refused}}


def _range(field: DeclaredField, one: Filter, place: str) -> Clause:
    if field.kind == "attribute":
        _refuse(
            place,
            f"'range' takes a number or a date, and {field.name!r} is neither: attributes are kept as text, where "
            f"10 comes before 9. List the values with 'in', or ask about a declared field",
        )
    if field.kind not in ("number", "date") or not isinstance(one.value, dict):
        _refuse(place, f"'range' takes a number or a date, and {field.name!r} is neither")
    bounds = {name: _bound(field, value, f"{place}.value.{name}", name) for name, value in one.value.items()}
    return {"range": {field.indexed: bounds}}


def _bound(field: DeclaredField, value: object, place: str, name: str) -> Value:
    return date_value(value, place, name) if field.kind == "date" else READ[field.kind](value, place)


def _prefix(field: DeclaredField, one: Filter, place: str) -> Clause:
    if field.kind not in ("keyword", "attribute"):
        _refuse(place, f"'prefix' takes a field of text, and {field.name!r} is none")
    start = str(text_value(one.value, f"{place}.value"))
    if not 1 <= len(start) <= LONGEST_PREFIX:
        raise RefusedRequestError([FieldProblem(f"{place}.value", f"takes 1 to {LONGEST_PREFIX:,} characters")])
    if field.name == PATHS and start.strip("/"):
        # Whole names alone: "Press/2024" holds "Press/2024/May", and not "Press/2024b".
        whole = start.rstrip("/")
        within: list[Clause] = [{"term": {field.indexed: whole}}, {"prefix": {field.indexed: f"{whole}/"}}]
        return {"bool": {"should": within, "minimum_should_match": 1}}
    return {"prefix": {field.indexed: start}}


def _near(field: DeclaredField, one: Filter, place: str) -> Clause:
    if field.kind != "place" or not isinstance(one.value, dict):
        _refuse(place, f"'near' takes a place, and {field.name!r} is none: ask about 'location'")
    return place_clause(field.indexed, one.value, place)


def _refuse(place: str, problem: str) -> NoReturn:
    raise RefusedRequestError([FieldProblem(f"{place}.op", problem)])


_READ_OP: dict[str, Callable[[DeclaredField, Filter, str], Clause]] = {
    "is": _matching,
    "in": _matching,
    "not": _other,
    "exists": _existing,
    "range": _range,
    "prefix": _prefix,
    "near": _near,
}
