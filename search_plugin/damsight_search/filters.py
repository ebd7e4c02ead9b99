"""A request's filters and the principal's own filter, as Elasticsearch clauses. Pure.

Every leg gets the same list: `permitted` first, then the request's. A filter in the query alone would leak through
the vector legs.
"""

import math
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from damsight_schemas.errors import FieldProblem
from damsight_schemas.filters import Filter
from damsight_search.errors import RefusedRequestError
from damsight_search.fields import DeclaredField, declared
from damsight_search.principal import Principals

Clause = dict[str, Any]
Value = str | int | float
_LARGEST = 2**63 - 1
# A year, a month, a day, or an RFC 3339 time; what is left out stands for the whole of it.
_ROUNDED = {len("2024"): "||/y", len("2024-03"): "||/M", len("2024-03-01"): "||/d"}
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}([.]\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?)?)?", re.IGNORECASE)


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
    field = declared(one.field, f"{place}.field")
    if one.op == "exists":
        present: Clause = {"exists": {"field": field.held}}
        return present if one.value else _none_of([present])
    if one.op == "range":
        return _range(field, one, place)
    given = one.value if isinstance(one.value, list) else [one.value]
    values = [_value(field, value, f"{place}.value") for value in given]
    matching = _any_of(field, values)
    return _none_of([matching]) if one.op == "not" else matching


def _any_of(field: DeclaredField, values: list[Value]) -> Clause:
    if field.kind == "date":
        # "2024" stands for the whole year; a term would mean its first instant alone.
        spans = [{"range": {field.indexed: {"gte": value, "lte": value}}} for value in values]
        return spans[0] if len(spans) == 1 else {"bool": {"should": spans, "minimum_should_match": 1}}
    if len(values) == 1:
        return {"term": {field.indexed: values[0]}}
    return {"terms": {field.indexed: values}}


def _none_of(refused: list[Clause]) -> Clause:
    return {"bool": {"must_not": refused}}


def _range(field: DeclaredField, one: Filter, place: str) -> Clause:
    if field.kind not in ("number", "date") or not isinstance(one.value, dict):
        raise RefusedRequestError(
            [FieldProblem(f"{place}.op", f"'range' takes a number or a date, and {field.name!r} is neither")]
        )
    bounds = {name: _value(field, value, f"{place}.value.{name}") for name, value in one.value.items()}
    return {"range": {field.indexed: bounds}}


def _value(field: DeclaredField, value: object, place: str) -> Value:
    return _READ[field.kind](value, place)


def _text(value: object, place: str) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):  # noqa: PLR2004  Unicode's surrogates
        raise RefusedRequestError([FieldProblem(place, "lone surrogates are not taken: send valid Unicode")])
    return text


def _number(value: object, place: str) -> Value:
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RefusedRequestError([FieldProblem(place, f"takes a number (given: {value!r:.60})")])
    if abs(value) > _LARGEST:
        raise RefusedRequestError([FieldProblem(place, f"takes a number up to {_LARGEST:,}")])
    return value


def _parsed(text: str) -> object:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _date(value: object, place: str) -> Value:
    if not isinstance(value, str) or not _DATE.fullmatch(value) or not _is_real(value.upper()):
        raise RefusedRequestError(
            [FieldProblem(place, f"takes a year, a day or a time, as in 2024, 2024-03-01 (given: {value!r:.60})")]
        )
    # Elasticsearch's date math: rounded up where a bound takes the end of the year or day, down where its beginning.
    return value.upper() + _ROUNDED.get(len(value), "")


def _is_real(value: str) -> bool:
    try:
        datetime.fromisoformat(value + "-01-01"[max(0, len(value) - 4) :] if len(value) < len("2024-03-01") else value)
    except ValueError:
        return False
    return True


_READ: dict[str, Callable[[object, str], Value]] = {
    "keyword": _text,
    "attribute": _text,
    "number": _number,
    "date": _date,
}
