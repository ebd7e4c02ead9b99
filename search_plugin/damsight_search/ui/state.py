"""What the page shows, as its address tells it: the address is the state, so reload, back and bookmarks restore it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError

from damsight_schemas.search import Box, SearchRequest, parse_search_request

PAGE_SIZE = 30
FACETS = ("kind", "collections", "tags", "creator", "language")
# What the address may name: those, and what people taught.
CHOSEN = (*FACETS, "concept")
# Counted by year.
CREATED = "created_at"
LOOSE, APART = "all", "each"
BEST, NEWEST, OLDEST, TITLE = "best", "newest", "oldest", "title"
# The best match, with what this person liked and took weighing in.
MINE = "mine"
_SORTS = {
    BEST: {"by": "relevance", "order": "desc"},
    MINE: {"by": "relevance", "order": "desc"},
    NEWEST: {"by": CREATED, "order": "desc"},
    OLDEST: {"by": CREATED, "order": "asc"},
    TITLE: {"by": "title", "order": "asc"},
}
_FIRST_YEAR, _LAST_YEAR = 1, 9999


@dataclass(frozen=True)
class Choice:
    """One value of one facet that must hold."""

    field: str
    value: str

    def __str__(self) -> str:
        return f"{self.field}:{self.value}"


@dataclass(frozen=True)
class PageState:
    """All that the address holds; an uploaded picture is no part of it.

    Attributes:
        text: The words in the box.
        like: Assets that the hits should look like.
        unlike: Assets that the hits should not look like.
        part: Only this part of the one asset in `like`; none where there are several.
        choices: Facet values that must all hold.
        since: The first year of creation, if bounded.
        until: The last year of creation, if bounded.
        sort: "" for the default, or best, newest, oldest, title.
        asset: The asset whose large picture is open.
        loose: Show what fits too little, too.
        apart: Show each of the same pictures by itself.
    """

    text: str = ""
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    part: Box | None = None
    choices: tuple[Choice, ...] = ()
    since: int | None = None
    until: int | None = None
    sort: str = ""
    asset: str = ""
    loose: bool = False
    apart: bool = False

    @property
    def asks(self) -> bool:
        """Something is looked for, in words or by likeness; otherwise the page browses."""
        return bool(self.text or self.like or self.unlike)

    @property
    def narrowed(self) -> bool:
        """Some filter holds."""
        return bool(self.choices or self.since is not None or self.until is not None)

    def query(self) -> str:
        """Return the address's query: `read_state` of it is this state again."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [("like", asset_id) for asset_id in self.like]
        pairs += [("part", _written(self.part))] if self.part else []
        pairs += [("unlike", asset_id) for asset_id in self.unlike]
        pairs += [("filter", str(choice)) for choice in self.choices]
        pairs += [(name, str(year)) for name, year in (("from", self.since), ("to", self.until)) if year is not None]
        pairs += [("sort", self.sort)] if self.sort else []
        pairs += [(name, "1") for name, held in ((LOOSE, self.loose), (APART, self.apart)) if held]
        pairs += [("asset", self.asset)] if self.asset else []
        return urlencode(pairs)

    def address(self) -> str:
        """Return the address, relative to the page's own folder so that any mount point works."""
        query = self.query()
        return f"./?{query}" if query else "./"

    def chosen(self, choice: Choice) -> "PageState":
        """Return the state with one more facet value."""
        return self if choice in self.choices else replace(self, choices=(*self.choices, choice), asset="")

    def dropped(self, choice: Choice) -> "PageState":
        """Return the state without a facet value."""
        return replace(self, choices=tuple(held for held in self.choices if held != choice), asset="")

    def unliked(self, asset_id: str) -> "PageState":
        """Return the state that no longer looks for pictures like this one."""
        return replace(self, like=tuple(held for held in self.like if held != asset_id), part=None, asset="")

    def turned_from(self, asset_id: str) -> "PageState":
        """Return the state that looks for pictures less like this one."""
        return replace(self, unlike=tuple(dict.fromkeys([*self.unlike, asset_id])), asset="").unliked(asset_id)

    def forgiven(self, asset_id: str) -> "PageState":
        """Return the state that no longer turns from pictures like this one."""
        return replace(self, unlike=tuple(held for held in self.unlike if held != asset_id), asset="")

    def worded(self, text: str) -> "PageState":
        """Return the state with other words."""
        return replace(self, text=text, asset="")

    def in_year(self, year: int) -> "PageState":
        """Return the state bounded to one year."""
        return replace(self, since=year, until=year, asset="")

    def any_year(self) -> "PageState":
        """Return the state without bounds on the year."""
        return replace(self, since=None, until=None, asset="")

    def unfiltered(self) -> "PageState":
        """Return what is looked for, without filters."""
        return replace(self, choices=(), since=None, until=None, asset="")

    def opened(self, asset_id: str) -> "PageState":
        """Return the state with this asset's large picture open."""
        return replace(self, asset=asset_id)

    def closed(self) -> "PageState":
        """Return the state with no picture open."""
        return replace(self, asset="")


def read_state(pairs: Iterable[tuple[str, str]]) -> PageState:
    """Read the address's query. What is no field of the page is left out: the chips show what holds."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    sort = _last(given, "sort")
    return PageState(
        text=_last(given, "q").strip(),
        like=tuple(dict.fromkeys(asset_id for asset_id in given.get("like", []) if asset_id)),
        unlike=tuple(dict.fromkeys(asset_id for asset_id in given.get("unlike", []) if asset_id)),
        choices=tuple(dict.fromkeys(_choices(given.get("filter", [])))),
        since=_year(_last(given, "from")),
        until=_year(_last(given, "to")),
        sort=sort if sort in _SORTS else "",
        asset=_last(given, "asset"),
        part=_part(_last(given, "part")) if len(set(given.get("like", []))) == 1 else None,
        loose=_last(given, LOOSE) == "1",
        apart=_last(given, APART) == "1",
    )


def search_request(state: PageState, *, has_picture: bool = False, cursor: str | None = None) -> SearchRequest:
    """Return the request that answers this state.

    Raises:
        damsight_schemas.errors.RequestError: The address asks for more than a request takes.
    """
    body: dict[str, Any] = {
        "text": state.text,
        "like": list(state.like),
        "unlike": list(state.unlike),
        "examples": {state.like[0]: {"box": state.part.model_dump()}} if state.part and state.like else {},
        "personal": effective_sort(state, has_picture=has_picture) == MINE,
        "min_relevance": 0 if state.loose else "auto",
        "group_duplicates": (state.asks or has_picture) and not state.apart,
        "filters": _filters(state),
        "facets": [] if cursor else [*FACETS, CREATED],
        "sort": _SORTS[effective_sort(state, has_picture=has_picture)],
        "size": PAGE_SIZE,
        "cursor": cursor,
        "explain": state.asks or has_picture,
    }
    return parse_search_request(body)


def asked_json(state: PageState) -> str:
    """Return the state's request as JSON, without what belongs to one page of it: for groups, and to be saved.

    Raises:
        damsight_schemas.errors.RequestError: The address asks for more than a request takes.
    """
    apart = {"facets", "size", "cursor", "explain", "group_duplicates"}
    return search_request(state).model_dump_json(exclude=apart, exclude_defaults=True)


def effective_sort(state: PageState, *, has_picture: bool = False) -> str:
    """Return the order in force: nothing is a best match where nothing is looked for."""
    asks = state.asks or has_picture
    if state.sort and (asks or state.sort not in (BEST, MINE)):
        return state.sort
    return BEST if asks else NEWEST


def _filters(state: PageState) -> list[dict[str, Any]]:
    filters: list[dict[str, Any]] = [{"field": held.field, "op": "is", "value": held.value} for held in state.choices]
    bounds: dict[str, str] = {}
    if state.since is not None:
        bounds["gte"] = f"{state.since:04d}-01-01T00:00:00Z"
    if state.until is not None:
        bounds["lte"] = f"{state.until:04d}-12-31T23:59:59.999Z"
    return [*filters, {"field": CREATED, "op": "range", "value": bounds}] if bounds else filters


def _choices(values: Sequence[str]) -> Iterable[Choice]:
    for given in values:
        field, _, value = given.partition(":")
        if field in CHOSEN and value:
            yield Choice(field, value)


def _part(value: str) -> Box | None:
    """Read x,y,width,height; what is no part of a picture is left out, as every wrong field of the address is."""
    numbers = value.split(",")
    if len(numbers) != len(Box.model_fields):
        return None
    try:
        return Box.model_validate(dict(zip(Box.model_fields, numbers, strict=True)))
    except ValidationError:
        return None


def _written(part: Box) -> str:
    return ",".join(f"{side:.4g}" for side in (part.x, part.y, part.width, part.height))


def _year(value: str) -> int | None:
    year = int(value) if value.isascii() and value.isdigit() and len(value) <= len(str(_LAST_YEAR)) else 0
    return year if _FIRST_YEAR <= year <= _LAST_YEAR else None


def _last(given: dict[str, list[str]], name: str) -> str:
    return given.get(name, [""])[-1]
