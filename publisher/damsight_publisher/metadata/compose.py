"""Makes one description of a file out of its name, its times and the words in it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from damsight_publisher.metadata.times import with_zone
from damsight_publisher.metadata.words import LONGEST_LINE, Words, clean, clean_tags
from damsight_publisher.records import PublishOptions
from damsight_schemas.asset import AssetMetadata

MOST_PATHS = 25


def compose(relative: Path, modified_s: float, sources: Sequence[Words], options: PublishOptions) -> AssetMetadata:
    """Return the metadata: of each field the first source that has it, of tags all.

    Args:
        relative: The file's place in its folder; the folders become collections.
        modified_s: Seconds since 1970.
        sources: In order of trust (Metadata Working Group, Guidelines 2.0: XMP, IPTC, EXIF).
        options: Language, zone, and whether the place is taken.
    """
    title = _first(sources, lambda words: words.title) or _first(sources, lambda words: words.headline)
    return AssetMetadata(
        title=title,
        caption=_first(sources, lambda words: words.caption),
        description=_first(sources, lambda words: words.description),
        filename=clean(relative.name, LONGEST_LINE),
        language=options.language,
        tags=list(_tags(sources)),
        collections=[name for part in relative.parent.parts if (name := clean(part, LONGEST_LINE))],
        creator=_first(sources, lambda words: words.creator),
        rights=_first(sources, lambda words: words.rights),
        created_at=_created(sources, options.zone),
        modified_at=_modified(modified_s),
        attributes=_attributes(sources, title, gps=options.gps),
    )


def _first(sources: Iterable[Words], read: Callable[[Words], Any]) -> Any:
    return next((value for words in sources if (value := read(words))), "")


def _tags(sources: Sequence[Words]) -> tuple[str, ...]:
    flat = [tag for words in sources for tag in words.tags]
    nested = [part for words in sources for path in words.keyword_paths for part in path]
    return clean_tags([*flat, *nested])


def _created(sources: Sequence[Words], zone: str | None) -> datetime | None:
    # A camera's own clock is nearest to the moment: EXIF stands last in trust for words, and first for the time.
    moments = [words.created_at for words in reversed(sources) if words.created_at]
    return with_zone(moments[0], zone) if moments else None


def _modified(modified_s: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(modified_s, tz=UTC).replace(microsecond=0)
    except (OverflowError, OSError, ValueError):
        return None


def _attributes(sources: Sequence[Words], title: str, *, gps: bool) -> dict[str, Any]:
    headline = _first(sources, lambda words: words.headline)
    paths = [" > ".join(path)[:LONGEST_LINE] for words in sources for path in words.keyword_paths]
    found: dict[str, Any] = {
        "headline": headline if headline != title else "",
        "device": _first(sources, lambda words: words.device),
        "city": _first(sources, lambda words: words.city),
        "country": _first(sources, lambda words: words.country),
        "keyword_paths": paths[:MOST_PATHS],
    }
    placed = next((words for words in sources if words.latitude is not None and words.longitude is not None), None)
    if gps and placed is not None:
        found |= {"latitude": placed.latitude, "longitude": placed.longitude}
    return {name: value for name, value in found.items() if value not in ("", [])}
