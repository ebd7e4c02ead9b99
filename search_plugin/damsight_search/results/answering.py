"""Puts a page's answer together: first what is left of the frozen window, then what is listed beyond it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from damsight_schemas.search import Facet, Hit, SearchRequest, SearchResponse, Total
from damsight_search.conditions.facet_counts import Counting
from damsight_search.principal import Principals
from damsight_search.relevance.fusion import Ranked
from damsight_search.results.deep import Deep
from damsight_search.results.listing import Listing
from damsight_search.results.pages import Beside, Pages
from damsight_search.results.paging import Cursors, Rest
from damsight_search.results.window import Window
from damsight_search.words.did_you_mean import corrected

WORST_FIRST = (
    "The least relevant first: only what every leg compared is listed, and not what the words match beyond it."
)


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers with pages.

    Attributes:
        cursors: For the next page.
        pages: Reads documents.
        deep: Lists beyond the window.
    """

    cursors: Cursors
    pages: Pages
    deep: Deep

    def first(
        self, window: Window, request: SearchRequest, who: Principals, counting: Counting, picture: str
    ) -> SearchResponse:
        """Return the first page of a window.

        Args:
            window: Frozen from here on.
            request: What is looked for.
            who: Who asks.
            counting: The facets.
            picture: The digest of the uploaded pictures.

        Raises:
            SearchError: The index, or the host's check of rights, does not answer as it should.
        """
        rest, notes = _opened(window, request, picture)
        beside = Beside(window.guessed.ids, counting)
        taken = self.pages.take(rest.window, request, who, beside, shown=rest.shown)
        answer = self._filled(_after(rest, taken.left, taken.gone), taken.hits, request, who, taken.degraded)
        understood = corrected(request, window.guessed, taken.beside)
        told = {"facets": dict(taken.facets), "understood": understood, "notes": [*notes, *answer.notes]}
        return answer.model_copy(update={**told, "cut_off": window.cut_off})

    def page(self, rest: Rest, request: SearchRequest, who: Principals) -> SearchResponse:
        """Return a later page.

        Raises:
            SearchError: As for `first`.
        """
        taken = self.pages.take(rest.window, request, who, shown=rest.shown)
        return self._filled(_after(rest, taken.left, taken.gone), taken.hits, request, who, taken.degraded)

    def listed(
        self,
        rest: Rest,
        hits: Sequence[Hit],
        request: SearchRequest,
        who: Principals,
        *,
        facets: Mapping[str, Facet],
        degraded: Sequence[str],
    ) -> SearchResponse:
        """Return the first page of what is browsed, filled up where the host's check left something out.

        Raises:
            SearchError: As for `first`.
        """
        return self._filled(rest, list(hits), request, who, degraded).model_copy(update={"facets": dict(facets)})

    def _filled(
        self, rest: Rest, hits: list[Hit], request: SearchRequest, who: Principals, said: Sequence[str]
    ) -> SearchResponse:
        degraded, notes = [*rest.degraded, *said], list[str]()
        while rest.listing is not None and len(hits) < request.size:
            wanted = request.model_copy(update={"size": request.size - len(hits)})
            batch = self.deep.more(rest.listing, request, who, wanted.size)
            taken = self.pages.take(batch.ranked, wanted, who)
            rest = replace(rest, listing=batch.listing, total=_less(rest.total, taken.gone))
            hits = [*hits, *taken.hits]
            degraded += [*batch.degraded, *taken.degraded]
            notes += batch.notes if taken.hits else ()
        more = bool(rest.window) or rest.listing is not None
        return SearchResponse.model_construct(
            hits=hits,
            total=rest.total,
            facets={},
            cursor=self.cursors.write(rest, request, who) if more else None,
            understood=None,
            cut_off=None,
            took_ms=0.0,
            degraded=list(dict.fromkeys(degraded)),
            notes=list(dict.fromkeys(notes)),
        )


def _opened(window: Window, request: SearchRequest, picture: str) -> tuple[Rest, list[str]]:
    """Return what a cursor would carry before the first page is taken, and what is to be said of the order."""
    extent, sort = window.extent, request.sort
    rest = Rest(window.total, window.ranked, degraded=window.degraded, picture=picture, shown=window.shown)
    if sort.by == "relevance" and sort.order == "desc":
        return replace(rest, listing=extent.beyond, spare=extent.spare), []
    if extent.beyond is None:
        return rest, []
    if sort.by == "relevance":
        return rest, [WORST_FIRST]
    if request.group_duplicates:
        return rest, []
    return replace(rest, window=(), listing=replace(extent.beyond, also=window.ranked)), []


def _after(rest: Rest, left: Sequence[Ranked], gone: int) -> Rest:
    """Return what is left behind a page: what follows the window does not tell again what the page took from it."""
    taken = [
        one.asset_id for group in rest.window[: len(rest.window) - len(left)] for one in (group, *group.duplicates)
    ]
    return replace(
        rest,
        window=tuple(left),
        listing=_knowing(rest.listing, taken),
        spare=_knowing(rest.spare, taken),
        total=_less(rest.total, gone),
    )


def _knowing(listing: Listing | None, ids: Sequence[str]) -> Listing | None:
    return listing.knowing(ids) if listing is not None else None


def _less(total: Total, gone: int) -> Total:
    return Total(value=max(0, total.value - gone), relation=total.relation) if gone else total
