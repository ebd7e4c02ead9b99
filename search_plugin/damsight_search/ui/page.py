"""Puts a search's answer into the words and links that the templates show."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from damsight_schemas.search import SearchResponse
from damsight_search.ui.cards import card_of
from damsight_search.ui.details import Details
from damsight_search.ui.narrowing import chips, facet_boxes, year_box
from damsight_search.ui.problems import Problem
from damsight_search.ui.readings import reading_context
from damsight_search.ui.state import BEST, MINE, NEWEST, OLDEST, TITLE, PageState, asked_json, effective_sort
from damsight_search.ui.words import bound_in_words, total_in_words

_SORTS = (
    (BEST, "Best match"),
    (MINE, "Best match for me"),
    (NEWEST, "Newest first"),
    (OLDEST, "Oldest first"),
    (TITLE, "Title, A to Z"),
)
_LONGEST_HEADING = 60


@dataclass(frozen=True)
class Example:
    """A search to try."""

    text: str
    address: str


def examples_of(texts: Sequence[str]) -> list[Example]:
    """Return the configured searches as links."""
    return [Example(text, PageState(text=text).address()) for text in texts]


def frame_context(state: PageState, *, has_picture: bool, examples: Sequence[Example]) -> dict[str, Any]:
    """Return what every page shows, whatever the answer was."""
    return {
        "state": state,
        "has_picture": has_picture,
        "examples": examples,
        "heading": _heading(state, has_picture=has_picture),
        "problem": None,
        "details": None,
        "request": "",
        "announcement": "",
    }


def answer_context(
    state: PageState,
    answer: SearchResponse,
    titles: dict[str, str],
    *,
    has_picture: bool,
    continued: bool = False,
    personal: bool = False,
) -> dict[str, Any]:
    """Return what an answer adds to `frame_context`.

    Args:
        state: What the page shows.
        answer: Of the search.
        titles: What the assets in `state.like` are called.
        has_picture: An uploaded picture is searched by.
        continued: The answer is a further page, not the first.
        personal: What people like is kept, and may weigh in.
    """
    asks = state.asks or has_picture
    total = total_in_words(answer.total, asks=asks or state.narrowed)
    return {
        "total": total,
        "announcement": f"{total}. {' '.join(answer.degraded)}".strip(),
        "browse_note": "" if asks or state.narrowed else " in the library",
        "took": f"{answer.took_ms / 1000:.2f} s" if asks else "",
        "first_visit": not (asks or state.narrowed or state.sort or continued),
        "cards": [card_of(hit, state.closed()) for hit in answer.hits],
        "facet_boxes": facet_boxes(answer.facets, state),
        "year_box": year_box(answer.facets, state),
        "bound": bound_in_words(answer.facets),
        "chips": chips(state, titles),
        "clear_all": state.unfiltered().address() if state.narrowed else "",
        "sorts": _sorts(state, has_picture=has_picture, personal=personal),
        "degraded": answer.degraded,
        "notes": answer.notes,
        "cursor": answer.cursor,
        "continued": continued,
        "appended": continued,
        "more_problem": "",
        "outdated": False,
        "nothing_heading": _nothing(state, asks=asks),
        **reading_context(state, answer, has_picture=has_picture),
        "request": "" if has_picture else asked_json(state),
    }


def problem_context(problem: Problem) -> dict[str, Any]:
    """Return what a failed search adds to `frame_context`."""
    return {"problem": problem, "announcement": f"{problem.title}. {problem.detail}"}


def failed_more_context(cursor: str, problem: Problem) -> dict[str, Any]:
    """Return what the foot of the grid shows when the next page failed: the same cursor can be tried again."""
    return {
        "cursor": cursor,
        "notes": [],
        "cards": [],
        "continued": True,
        "appended": True,
        "more_problem": f"{problem.title}. {problem.detail} {problem.fix}".strip(),
        "outdated": problem.outdated,
    }


def details_context(details: Details) -> dict[str, Any]:
    """Return what the large view adds."""
    return {"details": details}


def _sorts(state: PageState, *, has_picture: bool, personal: bool) -> list[tuple[str, str, bool]]:
    """The orders on offer. The default goes by no name, or browsing's would follow into the next search."""
    asks = state.asks or has_picture
    default = effective_sort(replace(state, sort=""), has_picture=has_picture)
    chosen = effective_sort(state, has_picture=has_picture)
    return [
        ("" if value == default else value, label, value == chosen)
        for value, label in _SORTS
        if (asks or value not in (BEST, MINE)) and (personal or value != MINE)
    ]


def _heading(state: PageState, *, has_picture: bool) -> str:
    if state.text:
        short = state.text if len(state.text) <= _LONGEST_HEADING else state.text[: _LONGEST_HEADING - 1] + "…"
        return f"{short} · damsight"
    if has_picture or state.like:
        return "Pictures like this · damsight"
    return "damsight"


def _nothing(state: PageState, *, asks: bool) -> str:
    if asks and state.narrowed:
        return "Nothing found with these filters"
    if asks:
        return "Nothing found that fits well enough"
    return "Nothing here has these filters" if state.narrowed else "The library is still empty"
