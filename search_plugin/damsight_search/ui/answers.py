"""Answers the page's requests: asks the search, and renders what it said or why it could not."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from damsight_search.ui.cards import reasons_of, title_of, where_address
from damsight_search.ui.details import Details, details_of
from damsight_search.ui.page import (
    answer_context,
    details_context,
    examples_of,
    failed_more_context,
    frame_context,
    problem_context,
)
from damsight_search.ui.parts import Page
from damsight_search.ui.port import Suggested
from damsight_search.ui.problems import FORESEEN, PictureTooLargeError, in_plain_words
from damsight_search.ui.rendering import render
from damsight_search.ui.state import PageState, search_request

_SHORTEST_PREFIX = 2


class Answers:
    """The page's answers, whole pages for a browser and fragments for the page's own script."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._examples = examples_of(page.examples)
        self._personal = "feedback" in page.abilities

    def first(self, request: Request, state: PageState, *, picture: bytes | None) -> HTMLResponse:
        """Return the first page of results."""
        has_picture = picture is not None
        context = self._frame(state, has_picture=has_picture)
        status = 200
        try:
            principals = self._page.principals(request)
            self._check_size(picture)
            pictures = [picture] if picture is not None else []
            answer = self._page.search.search(search_request(state, has_picture=has_picture), principals, pictures)
            titles = self._titles(state, principals)
            context |= answer_context(state, answer, titles, has_picture=has_picture, personal=self._personal)
            if state.asset and not _is_fragment(request):
                context |= details_context(self._details(state, principals, has_picture=has_picture))
        except FORESEEN as error:
            problem = in_plain_words(error)
            context |= problem_context(problem)
            status = problem.status
        return render("results.html" if _is_fragment(request) else "page.html", context, status=status)

    def further(self, request: Request, state: PageState, *, has_picture: bool, cursor: str) -> HTMLResponse:
        """Return the next page of results: cards to append, or a page of its own where scripts are off.

        The cursor carries what the first page found, so an uploaded picture is not sent again.
        """
        context = self._frame(state, has_picture=has_picture)
        status = 200
        try:
            principals = self._page.principals(request)
            asked = search_request(state, has_picture=has_picture, cursor=cursor)
            answer = self._page.search.search(asked, principals)
            titles = self._titles(state, principals)
            context |= answer_context(
                state, answer, titles, has_picture=has_picture, continued=True, personal=self._personal
            )
        except FORESEEN as error:
            problem = in_plain_words(error)
            context |= problem_context(problem) | failed_more_context(cursor, problem)
            status = problem.status
        return render("more_cards.html" if _is_fragment(request) else "page.html", context, status=status)

    def large(self, request: Request, state: PageState) -> HTMLResponse:
        """Return the large view of the state's asset."""
        context = self._frame(state, has_picture=False)
        status = 200
        try:
            details = self._details(state, self._page.principals(request), has_picture=False)
        except FORESEEN as error:
            details = Details(state.asset, problem=in_plain_words(error))
        if details.problem:
            status = details.problem.status
        return render("viewer.html", context | details_context(details), status=status)

    def suggestions(self, request: Request, text: str) -> HTMLResponse:
        """Return ways to go on typing; none where they cannot be had, for a suggestion is a courtesy."""
        found: Sequence[Suggested] = ()
        if len(text.strip()) >= _SHORTEST_PREFIX:
            try:
                found = self._page.search.suggest(text.strip(), self._page.principals(request))
            except FORESEEN:
                found = ()
        return render("suggestions.html", {"suggestions": found})

    def _frame(self, state: PageState, *, has_picture: bool) -> dict[str, Any]:
        frame = frame_context(state, has_picture=has_picture, examples=self._examples)
        return frame | {"abilities": self._page.abilities}

    def _details(self, state: PageState, principals: Sequence[str], *, has_picture: bool) -> Details:
        try:
            asset = self._page.search.asset(state.asset, principals)
            explained = None
            if state.asks and not has_picture:
                explained = self._page.search.explain(state.asset, search_request(state), principals)
        except FORESEEN as error:
            return Details(state.asset, problem=in_plain_words(error))
        legs = explained.legs if explained else []
        seen = any(leg.leg == "image" for leg in legs)
        where = where_address(state.asset, state) if seen else ""
        less = state.turned_from(state.asset).address() if state.asks and not has_picture else ""
        return details_of(state.asset, asset, reasons_of(legs), where=where, less=less)

    def _titles(self, state: PageState, principals: Sequence[str]) -> dict[str, str]:
        titles = {}
        for asset_id in (*state.like, *state.unlike):
            try:
                titles[asset_id] = title_of(asset_id, self._page.search.asset(asset_id, principals))
            except FORESEEN:
                # The search itself says what is wrong with a picture that cannot be had.
                continue
        return titles

    def _check_size(self, picture: bytes | None) -> None:
        if picture is not None and len(picture) > self._page.max_picture_bytes:
            raise PictureTooLargeError(self._page.max_picture_bytes)


def _is_fragment(request: Request) -> bool:
    return request.headers.get("HX-Request") == "true"
