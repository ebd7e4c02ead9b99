"""Says numbers, kinds and reasons in plain words."""

from datetime import datetime
from typing import Any

from damsight_schemas.search import Facet, Leg, Total

FIELD_LABELS = {
    "kind": "Type",
    "collections": "Collection",
    "tags": "Tag",
    "creator": "Creator",
    "language": "Language",
    "concept": "Concept",
}
KIND_LABELS = {
    "image": "Pictures",
    "video": "Videos",
    "audio": "Sound",
    "document": "Documents",
    "other": "Other files",
}
_LEGS_BY_WORDS: dict[Leg, tuple[str, str]] = {
    "exact": ("Its name", "The name, file name or id is exactly what you typed."),
    "keyword": ("Its words", "Your words stand in its title, tags or description."),
    "image": ("What it shows", "The picture itself looks like what you asked for."),
    "caption": ("Its meaning", "Its text means something close to your words."),
    "frame": ("A part of it", "One moment or page of it looks like what you asked for."),
    "look": ("Its look", "Its colours and shapes are like those of the picture that you searched by."),
    "audio": ("Its sound", "It sounds like what you asked for."),
    "fused": ("All of it together", "What it shows and what is written about it are like what you asked for."),
    "personal": ("Your taste", "It is like what you liked and took before."),
}
_LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "tr": "Turkish",
    "zh": "Chinese",
}
_KILO = 1000
_TEENS = range(11, 14)


def total_in_words(total: Total, *, asks: bool) -> str:
    """Say how many there are, no more exactly than it is known."""
    noun = ("result" if total.value == 1 else "results") if asks else ("asset" if total.value == 1 else "assets")
    if total.relation == "gte":
        return f"At least {total.value:,} {noun}"
    return f"{total.value:,} {noun}" if total.value else f"No {noun}"


def bound_in_words(facets: dict[str, Facet]) -> str:
    """Say what the facets' counts were counted in, where that is not everything that matches."""
    counted = [facet.counted for facet in facets.values() if facet.bound == "window"]
    return f"Counted among the {max(counted):,} best candidates." if counted else ""


def leg_in_words(leg: Leg) -> tuple[str, str]:
    """Return a way of matching as a short name and a sentence."""
    return _LEGS_BY_WORDS[leg]


def value_in_words(field: str, value: str) -> str:
    """Return a facet's value as a person would say it."""
    if field == "kind":
        return KIND_LABELS.get(value, value)
    if field == "language":
        return language_in_words(value)
    return value


def language_in_words(tag: str) -> str:
    """Return a BCP 47 tag as a language's English name where we know it."""
    name = _LANGUAGES.get(tag.split("-", maxsplit=1)[0].lower())
    return tag if name is None else (name if "-" not in tag else f"{name} ({tag})")


def part_in_words(frame: dict[str, Any]) -> str:
    """Return where in a film, document or scan something was found (at 1:05, page 3); empty where it is not told."""
    seconds, number = frame.get("seconds"), frame.get("number")
    if isinstance(seconds, int | float):
        hours, minutes, rest = int(seconds) // 3600, int(seconds) // 60 % 60, int(seconds) % 60
        return f"at {hours}:{minutes:02d}:{rest:02d}" if hours else f"at {minutes}:{rest:02d}"
    return f"{frame.get('kind', 'part')} {number:,}" if isinstance(number, int) else ""


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th, 11th ..."""
    last_two = number % 100
    suffix = "th" if last_two in _TEENS else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{suffix}"


def day_in_words(moment: str) -> str:
    """Return an RFC 3339 time as a day (7 March 2024); what is none is returned as it came."""
    try:
        day = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    return f"{day.day} {day:%B} {day.year}"


def bytes_in_words(size: int) -> str:
    """Return a size in bytes with its SI unit (13 kB)."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < _KILO:
            return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 10 else f"{amount:.1f} {unit}"  # noqa: PLR2004  two digits are enough
        amount /= _KILO
    return f"{amount:,.1f} TB"
