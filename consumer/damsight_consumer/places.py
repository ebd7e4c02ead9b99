"""Where an asset was made, as its attributes tell it: ``location`` as "lat,lon", or ``latitude`` and ``longitude``.

Degrees, WGS 84. Values that are no place on Earth are left out and told: an asset is never lost over them. Pure.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

_DIGITS = 7
"""Of a degree: about a centimetre, as the index keeps it."""


class Place(NamedTuple):
    """A place, or why there is none.

    Attributes:
        location: "lat,lon" as the index takes it; none where nothing usable is told.
        refused: In words, what is told and cannot be one; empty where nothing is amiss.
    """

    location: str | None = None
    refused: str = ""


NOWHERE = Place()


def place_of(attributes: Mapping[str, Any]) -> Place:
    """Return the place that attributes tell; ``location`` comes before the other two."""
    if "location" in attributes:
        told = attributes["location"]
        parts = told.split(",") if isinstance(told, str) else []
        return _read(parts, f'attribute location takes "lat,lon" in degrees (given: {told!r:.60})')
    names = ("latitude", "longitude")
    if not any(name in attributes for name in names):
        return NOWHERE
    told = [attributes.get(name) for name in names]
    return _read(told, f"attributes latitude and longitude take degrees, both of them (given: {told!r:.80})")


def _read(parts: list[Any], refused: str) -> Place:
    try:
        lat, lon = (_degrees(part) for part in parts)
    except (TypeError, ValueError, OverflowError):
        return Place(refused=refused)
    if not (abs(lat) <= 90 and abs(lon) <= 180):  # noqa: PLR2004  degrees; not a number is refused here too
        return Place(refused=refused)
    return Place(f"{_written(lat)},{_written(lon)}")


def _degrees(part: Any) -> float:
    if isinstance(part, bool) or not isinstance(part, str | int | float):
        raise TypeError("neither a number nor text")
    number = float(part)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _written(degrees: float) -> str:
    return f"{degrees:.{_DIGITS}f}".rstrip("0").rstrip(".")
