"""The words that one source gives (EXIF, IPTC or XMP), and how far they are taken."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

# Together far below the megabyte that a Kafka broker takes by default.
LONGEST_LINE = 2_000
LONGEST_TEXT = 20_000
LONGEST_TAG = 200
MOST_TAGS = 200


@dataclass(frozen=True, slots=True)
class Words:
    """What one source says. Times without a zone are naive.

    Attributes:
        keyword_paths: Hierarchical keywords, from the general to the particular.
        latitude: Degrees, north positive.
        longitude: Degrees, east positive.
        device: The camera.
    """

    title: str = ""
    headline: str = ""
    caption: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    keyword_paths: tuple[tuple[str, ...], ...] = ()
    creator: str = ""
    rights: str = ""
    created_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    device: str = ""
    city: str = ""
    country: str = ""


def clean(text: object, longest: int) -> str:
    """Return a text as valid Unicode without control characters, its ends stripped, cut to so many characters.

    Line breaks and tabs stay in texts, and become spaces in lines.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if not isinstance(text, str):
        return ""
    kept = "".join(_kept(character) for character in text[: longest * 4].replace("\r\n", "\n"))
    if longest <= LONGEST_LINE:
        kept = " ".join(kept.split())
    return kept.strip()[:longest].rstrip()


def clean_tags(tags: Iterable[object]) -> tuple[str, ...]:
    """Return tags cleaned, each once whatever its case, at most `MOST_TAGS` of them."""
    found: dict[str, str] = {}
    for tag in tags:
        text = clean(tag, LONGEST_TAG)
        if text:
            found.setdefault(text.casefold(), text)
        if len(found) == MOST_TAGS:
            break
    return tuple(found.values())


def _kept(character: str) -> str:
    code = ord(character)
    if character in "\n\t":
        return character
    if code < 32 or 0x7F <= code <= 0x9F or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004  Unicode's C0, C1 and surrogates
        return " " if character in "\r\v\f" else ""
    return character
