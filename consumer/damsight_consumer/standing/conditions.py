"""Elasticsearch clauses over one arrived asset, as the index would answer them. Pure.

Source: Elasticsearch's query DSL, for the kinds in `damsight_schemas.standing.CLAUSES`. None of them scores here.
"""

from collections.abc import Callable, Mapping, Sequence
from math import asin, cos, radians, sin, sqrt
from typing import Any

from damsight_consumer.standing.arrival import Arrival
from damsight_consumer.standing.moments import moment_ms
from damsight_schemas.words import folded, folded_words

Test = Callable[[Arrival], bool]
_DATES = frozenset({"created_at", "modified_at", "indexed_at"})
_EARTH_KM = 6371.0088
_UNITS_KM = {"km": 1.0, "mi": 1.609344, "m": 0.001}


def compiled(clause: Mapping[str, Any]) -> Test:
    """Return what tells whether an asset meets a clause.

    Raises:
        ValueError: It cannot be evaluated here.
    """
    if len(clause) != 1:
        raise ValueError("a clause is an object of one kind")
    ((kind, inner),) = clause.items()
    build = _KINDS.get(kind)
    if build is None:
        raise ValueError(f"{kind!r} cannot be evaluated here")
    return build(inner)


def _field_of(inner: Mapping[str, Any]) -> tuple[str, Any]:
    named = [(name, told) for name, told in inner.items() if name not in ("boost", "_name")]
    if len(named) != 1:
        raise ValueError(f"a clause takes one field (given: {sorted(inner)})")
    return named[0]


def _term(inner: Mapping[str, Any]) -> Test:
    name, told = _field_of(inner)
    return _any_of(name, [told["value"] if isinstance(told, Mapping) else told])


def _terms(inner: Mapping[str, Any]) -> Test:
    name, told = _field_of(inner)
    if not isinstance(told, Sequence) or isinstance(told, str):
        raise ValueError("terms takes a list")  # noqa: TRY004  what was kept is wrong, not the program
    return _any_of(name, told)


def _any_of(name: str, told: Sequence[Any]) -> Test:
    wanted = frozenset(_like_held(name, one) for one in told)
    return lambda arrival: any(value in wanted for value in arrival.values(name))


def _like_held(name: str, told: Any) -> Any:
    """Return a value as the field holds it: the server folds what is asked of a folded field, too."""
    is_folded = name == "filename" or name.endswith(".folded")
    return folded(told) if is_folded and isinstance(told, str) else told


def _exists(inner: Mapping[str, Any]) -> Test:
    name = inner["field"]
    return lambda arrival: bool(arrival.values(name))


def _phrase(inner: Mapping[str, Any]) -> Test:
    _, told = _field_of(inner)
    words = tuple(folded_words(str(told["query"] if isinstance(told, Mapping) else told)))
    return lambda arrival: bool(words) and arrival.worth_of(words) > 0


def _prefix(inner: Mapping[str, Any]) -> Test:
    name, told = _field_of(inner)
    begins = str(_like_held(name, told["value"] if isinstance(told, Mapping) else told))
    return lambda arrival: any(str(value).startswith(begins) for value in arrival.values(name))


def _range(inner: Mapping[str, Any]) -> Test:
    name, told = _field_of(inner)
    if name in _DATES:
        # Rounded up where a bound takes the end of a year or day, down where its beginning, as the server does.
        bounds = {bound: moment_ms(value, up=bound in ("lte", "gt")) for bound, value in told.items()}
        return lambda arrival: any(_within(moment_ms(value), bounds) for value in arrival.values(name))
    limits = {bound: float(value) for bound, value in told.items()}
    return lambda arrival: any(_within(float(value), limits) for value in arrival.values(name))


def _within(value: float, bounds: Mapping[str, float]) -> bool:
    return (
        value >= bounds.get("gte", value)
        and value <= bounds.get("lte", value)
        and ("gt" not in bounds or value > bounds["gt"])
        and ("lt" not in bounds or value < bounds["lt"])
    )


def _near(inner: Mapping[str, Any]) -> Test:
    within_km = _kilometres(inner["distance"])
    name, told = _field_of({key: value for key, value in inner.items() if key != "distance"})
    place = _place(told)
    return lambda arrival: any(_apart_km(place, _place(value)) <= within_km for value in arrival.values(name))


def _kilometres(told: object) -> float:
    text = str(told).strip().lower()
    for unit in ("km", "mi", "m"):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * _UNITS_KM[unit]
    return float(text) * _UNITS_KM["m"]


def _place(told: Any) -> tuple[float, float]:
    """Return latitude and longitude in degrees, of an object or of ``lat,lon``."""
    if isinstance(told, Mapping):
        return float(told["lat"]), float(told["lon"])
    lat, _, lon = str(told).partition(",")
    return float(lat), float(lon)


def _apart_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance along the earth's surface (the haversine formula)."""
    lat, other_lat = radians(one[0]), radians(other[0])
    north, east = (other_lat - lat) / 2, radians(other[1] - one[1]) / 2
    return 2 * _EARTH_KM * asin(sqrt(sin(north) ** 2 + cos(lat) * cos(other_lat) * sin(east) ** 2))


def _bool(inner: Mapping[str, Any]) -> Test:
    needed = [compiled(one) for name in ("must", "filter") for one in _several(inner.get(name))]
    refused = [compiled(one) for one in _several(inner.get("must_not"))]
    any_of = [compiled(one) for one in _several(inner.get("should"))]
    least = int(inner.get("minimum_should_match", 0 if needed else 1)) if any_of else 0
    return lambda arrival: (
        all(test(arrival) for test in needed)
        and not any(test(arrival) for test in refused)
        and (not least or sum(test(arrival) for test in any_of) >= least)
    )


def _several(told: Any) -> list[Any]:
    if told is None:
        return []
    return told if isinstance(told, list) else [told]


_KINDS: dict[str, Callable[[Mapping[str, Any]], Test]] = {
    "term": _term,
    "terms": _terms,
    "exists": _exists,
    "prefix": _prefix,
    "range": _range,
    "geo_distance": _near,
    "match_phrase": _phrase,
    "bool": _bool,
}
