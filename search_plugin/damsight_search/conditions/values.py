"""What a filter's value may be, by the kind of its field; a wrong one is refused by name. Pure."""

import math
import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from damsight_schemas.errors import FieldProblem
from damsight_search.errors import RefusedRequestError

Value = str | int | float
_LARGEST = 2**63 - 1
# Half of the Earth's circumference: nothing is farther away.
FARTHEST_KM = 20_040
# A year, a month, a day, or an RFC 3339 time; what is left out stands for the whole of it.
_ROUNDED = {len("2024"): "||/y", len("2024-03"): "||/M", len("2024-03-01"): "||/d"}
_OFFSET = r"Z|[+-]\d{2}:\d{2}"
_TIME = rf"T(?:[01]\d|2[0-3]):\d{{2}}(?::\d{{2}}(?:[.]\d{{1,9}})?)?(?:{_OFFSET})?"
_DATE = re.compile(rf"(\d{{4}}(?:-\d{{2}}(?:-\d{{2}})?)?)(?:({_OFFSET})|({_TIME}))?", re.IGNORECASE)
_FIRST_OF = "-01-01"
# Elasticsearch keeps times to the millisecond.
_LAST_INSTANT = time(23, 59, 59, 999_000)
_ENDS = ("gt", "lte")
# What Java's ZoneOffset takes.
_LARGEST_OFFSET = timedelta(hours=18)


def text_value(value: object, place: str) -> Value:
    """Return a term.

    Raises:
        RefusedRequestError: It is no valid Unicode.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):  # noqa: PLR2004  Unicode's surrogates
        raise RefusedRequestError([FieldProblem(place, "lone surrogates are not taken: send valid Unicode")])
    return text


def number_value(value: object, place: str) -> Value:
    """Return a finite number; one that is written as text is taken.

    Raises:
        RefusedRequestError: It is none, or too large.
    """
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RefusedRequestError([FieldProblem(place, f"takes a number (given: {value!r:.60})")])
    if abs(value) > _LARGEST:
        raise RefusedRequestError([FieldProblem(place, f"takes a number up to {_LARGEST:,}")])
    return value


def date_value(value: object, place: str, bound: str = "gte") -> Value:
    """Return a time as Elasticsearch takes it: a year, month or day stands for the whole of it.

    With an offset, as in ``2024-03-01+02:00``, the day is that of the asker's zone; without one it is UTC's.

    Args:
        value: As the request has it.
        place: Where the request has it.
        bound: gte, gt, lte or lt. For gt and lte the end of a span counts, for the others its beginning.

    Raises:
        RefusedRequestError: It is no year, month, day or RFC 3339 time.
    """
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None or not _is_real(match):
        raise RefusedRequestError(
            [
                FieldProblem(
                    place,
                    f"takes a year, a month, a day or a time, as in 2024, 2024-03, 2024-03-01, 2024-03-01+02:00, "
                    f"2024-03-01T10:00:00Z (given: {value!r:.60})",
                )
            ]
        )
    span, offset, clock = match.groups()
    if clock:
        return match[0].upper()
    if not offset:
        # Elasticsearch's date math: rounded up where a bound takes the end of the span, down where its beginning.
        return f"{span}{_ROUNDED[len(span)]}"
    return _instant(_begins(span, offset), span, last=bound in _ENDS).isoformat(timespec="milliseconds")


def place_clause(field: str, value: Mapping[Any, Any], place: str) -> dict[str, Any]:
    """Return what holds for assets within ``km`` of ``lat``, ``lon`` (degrees, WGS 84).

    Raises:
        RefusedRequestError: A number lies outside of what there is on Earth.
    """
    lat, lon, km = (number_value(value[name], f"{place}.value.{name}") for name in ("lat", "lon", "km"))
    for name, told, least, most in (("lat", lat, -90, 90), ("lon", lon, -180, 180)):
        if not least <= float(told) <= most:
            raise RefusedRequestError([FieldProblem(f"{place}.value.{name}", f"takes degrees from {least} to {most}")])
    if not 0 < float(km) <= FARTHEST_KM:
        raise RefusedRequestError([FieldProblem(f"{place}.value.km", f"takes more than 0 and at most {FARTHEST_KM:,}")])
    return {"geo_distance": {"distance": f"{float(km)}km", field: {"lat": lat, "lon": lon}}}


def _parsed(text: str) -> object:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _is_real(match: re.Match[str]) -> bool:
    span, offset, clock = match.groups()
    try:
        told = datetime.fromisoformat(f"{span}{clock}".upper()) if clock else _begins(span, offset or "Z")
    except ValueError:
        return False
    return abs(told.utcoffset() or timedelta()) <= _LARGEST_OFFSET


def _begins(span: str, offset: str) -> datetime:
    return datetime.fromisoformat(f"{span}{_FIRST_OF[len(span) - len('2024') :]}T00:00{offset.upper()}")


def _instant(begins: datetime, span: str, *, last: bool) -> datetime:
    if not last:
        return begins
    month = begins.month if len(span) > len("2024") else 12
    day = begins.day if len(span) > len("2024-03") else monthrange(begins.year, month)[1]
    return datetime.combine(begins.replace(month=month, day=day), _LAST_INSTANT, begins.tzinfo)


READ: Mapping[str, Callable[[object, str], Value]] = {
    "keyword": text_value,
    "attribute": text_value,
    "number": number_value,
    "date": date_value,
}
