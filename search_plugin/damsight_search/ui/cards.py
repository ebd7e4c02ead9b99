"""Turns hits into what the grid and the large view show. Text stays text: the templates escape it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from damsight_schemas.search import Hit, LegScore
from damsight_search.ui.highlight import best_fragment
from damsight_search.ui.state import PageState
from damsight_search.ui.words import leg_in_words, ordinal, part_in_words

SNIPPET_FIELDS = ("description", "caption", "tags.words", "tags", "collections.words", "collections", "filename_words")
_FALLBACK_SIZE = (4, 3)
# Beyond these a strip or a pole would fill a screen or vanish; the large view shows it whole.
_WIDEST, _TALLEST = 2.4, 0.5


@dataclass(frozen=True)
class Reason:
    """Why a hit came, by one leg.

    Attributes:
        name: The leg in two or three plain words.
        sentence: What it means.
        rank: As an ordinal, within the leg.
        score: The leg's raw score, as digits.
        share: 0..1, of the sum of all legs' contributions.
    """

    name: str
    sentence: str
    rank: str
    score: str
    share: float


@dataclass(frozen=True)
class Card:
    """One thumbnail of the grid.

    Attributes:
        width: Of the frame that the thumbnail fills, in pixels of the original.
        height: As above; frames of extreme shape are cut to a bearable one.
        address: The page with this asset's large picture open.
        similar: The page that searches for more like it.
        snippet: The best marked fragment outside of the title.
        part: Where in a film or document it was found.
        same: How many others are the same picture.
    """

    asset_id: str
    title: str
    language: str
    alt: str
    kind: str
    thumbnail: str
    width: int
    height: int
    address: str
    similar: str
    snippet: Markup | None
    marked_title: Markup | None
    reasons: Sequence[Reason]
    part: str = ""
    same: int = 0


def card_of(hit: Hit, state: PageState) -> Card:
    """Return a hit as a card of the grid, in the page that shows `state`."""
    width, height = frame_of(hit.asset)
    title = title_of(hit.asset_id, hit.asset)
    caption = str(hit.asset.get("caption") or "")
    return Card(
        asset_id=hit.asset_id,
        title=title,
        language=str(hit.asset.get("language") or ""),
        alt=caption if caption != title else "",
        kind=str(hit.asset.get("kind") or "other"),
        thumbnail=thumbnail_address(hit.asset_id),
        width=width,
        height=height,
        address=state.opened(hit.asset_id).address(),
        similar=PageState(like=(hit.asset_id,)).address(),
        snippet=best_fragment(hit.highlights, SNIPPET_FIELDS),
        marked_title=best_fragment(hit.highlights, ("title",)) if hit.asset.get("title") else None,
        reasons=reasons_of(hit.legs),
        part=part_in_words(hit.frame) if hit.frame else "",
        same=len(hit.duplicates),
    )


def reasons_of(legs: Sequence[LegScore]) -> list[Reason]:
    """Return the legs in plain words, the one that says most first."""
    total = sum(max(leg.contribution, 0.0) for leg in legs)
    ordered = sorted(legs, key=lambda leg: -leg.contribution)
    return [_reason(leg, total) for leg in ordered]


def title_of(asset_id: str, asset: dict[str, Any]) -> str:
    """Return what to call an asset: its title, or its file name, or its id."""
    return str(asset.get("title") or asset.get("filename") or asset_id)


def frame_of(asset: dict[str, Any]) -> tuple[int, int]:
    """Return the frame that a thumbnail fills, as a ratio in whole pixels."""
    width, height = asset.get("width"), asset.get("height")
    if not isinstance(width, int) or not isinstance(height, int) or width <= 0 or height <= 0:
        return _FALLBACK_SIZE
    ratio = min(max(width / height, _TALLEST), _WIDEST)
    return (width, max(1, round(width / ratio)))


def thumbnail_address(asset_id: str) -> str:
    """Return where the small picture is, relative to the page."""
    return f"api/v1/assets/{quote(asset_id, safe='')}/thumbnail"


def picture_address(asset_id: str) -> str:
    """Return where the large picture is, relative to the page."""
    return f"api/v1/assets/{quote(asset_id, safe='')}/picture"


def where_address(asset_id: str, state: PageState) -> str:
    """Return where the picture is with what speaks for it; empty where it is not looked for by what it shows."""
    if state.text:
        asked = {"q": state.text}
    elif state.like and state.like[0] != asset_id:
        asked = {"like": state.like[0]}
    else:
        return ""
    return f"api/v1/assets/{quote(asset_id, safe='')}/explain?{urlencode(asked)}"


def _reason(leg: LegScore, total: float) -> Reason:
    name, sentence = leg_in_words(leg.leg)
    share = max(leg.contribution, 0.0) / total if total > 0 else 0.0
    return Reason(name=name, sentence=sentence, rank=ordinal(leg.rank), score=f"{leg.score:.3g}", share=round(share, 3))
