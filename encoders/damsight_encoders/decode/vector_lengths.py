"""The size that an SVG gives itself (SVG 2, section 8: width, height and viewBox)."""

import math
import re
from collections.abc import Mapping
from typing import Final

# CSS Values and Units 3, section 6: pixels at 96 to the inch; em and ex for a type size of 16.
_UNITS: Final = {
    "": 1.0,
    "px": 1.0,
    "pt": 96 / 72,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "q": 96 / 101.6,
    "em": 16.0,
    "ex": 8.0,
}
_LENGTH: Final = re.compile(r"\s*([+-]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][+-]?\d{1,3})?)\s*([a-zA-Z]{0,2})\s*$")
_DEFAULT: Final = (300.0, 150.0)  # CSS 2.2, section 10.3.2: what is replaced and has no size


def own_size(attributes: Mapping[str, str]) -> tuple[float, float]:
    """Return (width, height) in CSS pixels of a root element; a percentage, and what is missing, is the viewBox's."""
    box = view_box(attributes)
    fallback = (box[2], box[3]) if box else None
    width, height = _pixels(attributes.get("width", "")), _pixels(attributes.get("height", ""))
    if fallback is None:
        return width or _DEFAULT[0], height or _DEFAULT[1]
    if width is None and height is None:
        return fallback
    if width is None:
        return (height or 0.0) * fallback[0] / fallback[1], height or 0.0
    return width, height if height is not None else width * fallback[1] / fallback[0]


def view_box(attributes: Mapping[str, str]) -> tuple[float, float, float, float] | None:
    """Return left, top, width, height, or None where there is none that counts."""
    numbers = re.split(r"[\s,]+", attributes.get("viewBox", "").strip())
    try:
        left, top, width, height = (float(number) for number in numbers)
    except ValueError:
        return None
    if all(map(math.isfinite, (left, top, width, height))) and width > 0 and height > 0:
        return left, top, width, height
    return None


def _pixels(length: str) -> float | None:
    found = _LENGTH.match(length[:200])
    if found is None or found[2].lower() not in _UNITS:
        return None
    return float(found[1]) * _UNITS[found[2].lower()]
