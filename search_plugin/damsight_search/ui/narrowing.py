"""Turns facets and the filters in force into links: what can be chosen, and what can be taken away."""

from collections.abc import Sequence
from dataclasses import dataclass

from damsight_schemas.search import Facet
from damsight_search.ui.cards import thumbnail_address
from damsight_search.ui.state import CREATED, FACETS, Choice, PageState
from damsight_search.ui.words import FIELD_LABELS, value_in_words

FACET_HEADINGS = {
    "kind": "Type",
    "collections": "Collections",
    "tags": "Tags",
    "creator": "Creator",
    "language": "Language",
}
# What is shown before "more"; the rest stays one click away.
_SHOWN = 8
_YEARS_SHOWN = 5


@dataclass(frozen=True)
class FacetLink:
    """One value of a facet: a link that chooses it, or, where it is chosen, takes it away."""

    label: str
    count: int | None
    chosen: bool
    address: str


@dataclass(frozen=True)
class FacetBox:
    """One facet: the first values, and those behind "more"."""

    field: str
    heading: str
    shown: Sequence[FacetLink]
    more: Sequence[FacetLink]


@dataclass(frozen=True)
class Chip:
    """One condition in force, and the address without it.

    Attributes:
        thumbnail: Of the asset that the hits should look like, for that kind of chip.
    """

    name: str
    label: str
    remove: str
    thumbnail: str = ""


def facet_boxes(facets: dict[str, Facet], state: PageState) -> list[FacetBox]:
    """Return the facets worth showing: one that offers no choice is left out."""
    boxes = [_box(field, facets.get(field), state) for field in FACETS]
    return [box for box in boxes if len(box.shown) > 1 or any(link.chosen for link in box.shown)]


def year_box(facets: dict[str, Facet], state: PageState) -> FacetBox:
    """Return the years of creation as links; the two fields beside them take any span."""
    facet = facets.get(CREATED)
    links = [_year_link(str(value.value), value.count, state) for value in facet.values] if facet else []
    cut = _YEARS_SHOWN if len(links) > _YEARS_SHOWN + 1 else len(links)
    return FacetBox("year", "Year", links[:cut], links[cut:])


def chips(state: PageState, titles: dict[str, str]) -> list[Chip]:
    """Return the conditions in force, in the order of the address.

    Args:
        state: What the page shows.
        titles: What the assets in `state.like` and `state.unlike` are called, where that is known.
    """
    likes = [
        Chip(
            "Like a part of" if state.part else "Like",
            titles.get(held, held),
            state.unliked(held).address(),
            thumbnail_address(held),
        )
        for held in state.like
    ]
    unlikes = [
        Chip("Not like", titles.get(held, held), state.forgiven(held).address(), thumbnail_address(held))
        for held in state.unlike
    ]
    choices = [
        Chip(FIELD_LABELS[held.field], value_in_words(held.field, held.value), state.dropped(held).address())
        for held in state.choices
    ]
    return [*likes, *unlikes, *choices, *_year_chips(state)]


def _year_chips(state: PageState) -> list[Chip]:
    if state.since is None and state.until is None:
        return []
    if state.since is None:
        label = f"until {state.until}"
    elif state.until is None:
        label = f"since {state.since}"
    else:
        label = str(state.since) if state.since == state.until else f"{state.since} to {state.until}"
    return [Chip("Year", label, state.any_year().address())]


def _year_link(year: str, count: int, state: PageState) -> FacetLink:
    chosen = year == str(state.since) == str(state.until)
    target = state.any_year() if chosen else state.in_year(int(year))
    return FacetLink(year, count, chosen, target.address())


def _box(field: str, facet: Facet | None, state: PageState) -> FacetBox:
    counts = {str(value.value): value.count for value in facet.values} if facet else {}
    held = [choice for choice in state.choices if choice.field == field]
    chosen = [_link(choice, counts.get(choice.value), state) for choice in held]
    offered = [Choice(field, value) for value in counts]
    rest = [_link(choice, counts[choice.value], state) for choice in offered if choice not in held]
    links = [*chosen, *rest]
    # One lone value behind "more" would take as much room as its button.
    cut = _SHOWN if len(links) > _SHOWN + 1 else len(links)
    return FacetBox(field, FACET_HEADINGS[field], links[:cut], links[cut:])


def _link(choice: Choice, count: int | None, state: PageState) -> FacetLink:
    chosen = choice in state.choices
    target = state.dropped(choice) if chosen else state.chosen(choice)
    return FacetLink(value_in_words(choice.field, choice.value), count, chosen, target.address())
