"""Turns one asset into what the large view tells of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from damsight_search.ui.cards import Reason, picture_address, title_of
from damsight_search.ui.problems import Problem
from damsight_search.ui.state import Choice, PageState
from damsight_search.ui.words import bytes_in_words, day_in_words, language_in_words

_SMALL = 480
_LINKED = (("tags", "Tags"), ("collections", "Collections"))


@dataclass(frozen=True)
class Link:
    """A value of the asset, and the page of all that share it."""

    label: str
    address: str


@dataclass(frozen=True)
class LinkGroup:
    """The linked values of one field."""

    heading: str
    links: Sequence[Link]


@dataclass(frozen=True)
class Details:
    """One asset, as the large view tells it.

    Attributes:
        width: In pixels; 0 where it is not known.
        height: As above.
        small: Too few pixels to fill the view without blur.
        paragraphs: Caption and description.
        similar: The page that searches for more like it.
        reasons: Why it came; empty where nothing was looked for.
        less: The page that searches on, for less like it; empty where nothing is looked for.
        where: The picture with what speaks for it; empty where it was not found by what it shows.
        problem_note: Why the asset cannot be found by what it shows, if so.
        problem: Why nothing can be told; the rest is then empty.
    """

    asset_id: str
    title: str = ""
    kind: str = "other"
    alt: str = ""
    picture: str = ""
    width: int = 0
    height: int = 0
    small: bool = False
    paragraphs: Sequence[str] = ()
    similar: str = ""
    links: Sequence[LinkGroup] = ()
    rows: Sequence[tuple[str, str]] = ()
    reasons: Sequence[Reason] = ()
    less: str = ""
    where: str = ""
    problem_note: str = ""
    problem: Problem | None = None


def details_of(
    asset_id: str, asset: dict[str, Any], reasons: Sequence[Reason], *, where: str = "", less: str = ""
) -> Details:
    """Return what the large view tells of an asset's metadata."""
    title = title_of(asset_id, asset)
    known = isinstance(asset.get("width"), int) and isinstance(asset.get("height"), int)
    width, height = (int(asset["width"]), int(asset["height"])) if known else (0, 0)
    paragraphs = [str(asset[field]) for field in ("caption", "description") if asset.get(field)]
    return Details(
        asset_id=asset_id,
        title=title,
        kind=str(asset.get("kind") or "other"),
        alt=paragraphs[0] if paragraphs else title,
        picture=picture_address(asset_id),
        width=width,
        height=height,
        small=0 < max(width, height) < _SMALL,
        paragraphs=[text for text in dict.fromkeys(paragraphs) if text != title],
        similar=PageState(like=(asset_id,)).address(),
        links=_links(asset),
        rows=[(name, value) for name, value in _rows(asset_id, asset) if value],
        reasons=reasons,
        less=less,
        where=where,
        problem_note=_problem_note(asset),
    )


def _links(asset: dict[str, Any]) -> list[LinkGroup]:
    groups = []
    for field, heading in _LINKED:
        values = [str(value) for value in asset.get(field) or []]
        links = [Link(value, PageState(choices=(Choice(field, value),)).address()) for value in values]
        groups += [LinkGroup(heading, links)] if links else []
    return groups


def _rows(asset_id: str, asset: dict[str, Any]) -> list[tuple[str, str]]:
    size = asset.get("byte_size")
    return [
        ("Created", day_in_words(str(asset.get("created_at") or ""))),
        ("Creator", str(asset.get("creator") or "")),
        ("Rights", str(asset.get("rights") or "")),
        ("File name", str(asset.get("filename") or "")),
        ("Dimensions", _dimensions(asset)),
        ("File size", bytes_in_words(size) if isinstance(size, int) else ""),
        ("Format", str(asset.get("mime_type") or "")),
        ("Language", language_in_words(str(asset.get("language") or ""))),
        ("Changed", day_in_words(str(asset.get("modified_at") or ""))),
        *_attributes(asset.get("attributes") or {}),
        ("Id", asset_id),
    ]


def _attributes(attributes: dict[str, Any]) -> list[tuple[str, str]]:
    return [(_spoken(name), _spoken_value(value)) for name, value in sorted(attributes.items())]


def _spoken(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:] or name


def _spoken_value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _dimensions(asset: dict[str, Any]) -> str:
    width, height = asset.get("width"), asset.get("height")
    return f"{width:,} by {height:,} pixels" if isinstance(width, int) and isinstance(height, int) else ""


def _problem_note(asset: dict[str, Any]) -> str:
    problem = asset.get("problem")
    if not isinstance(problem, dict):
        return ""
    return f"This asset is not found by what it shows: {problem.get('message') or 'its picture could not be read'}"
