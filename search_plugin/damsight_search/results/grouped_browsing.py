"""Browsing where the same pictures stand together: a block of the order at a time is read, and grouped for itself.

So it has no end either, each asset comes exactly once, and what is the same is together as far as it lies in one block.
"""

from dataclasses import replace

from damsight_schemas.search import Facet, Hit, SearchRequest, SearchResponse, Total
from damsight_search.conditions import facet_counts
from damsight_search.duplication.duplicate_bodies import IDS_AND_VALUES
from damsight_search.duplication.fingerprints import fingerprints
from damsight_search.duplication.folding import Folding
from damsight_search.plan import conditions
from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals
from damsight_search.relevance.fusion import Ranked
from damsight_search.results.browsing import counting_of
from damsight_search.results.page_bodies import browse_body
from damsight_search.results.pages import Pages
from damsight_search.results.paging import Cursors, Rest
from damsight_search.results.window import Window, lost

BLOCK = 500
"""How many assets are grouped together, in the order that is browsed."""

# Nothing is looked for, so everything that passes the filters fits as well as it can.
_RELEVANCE = 1.0
_NOTHING = Total(value=0, relation="eq")


class GroupedBrowsing:
    """Lists what passes the filters, in groups.

    Args:
        index: Where the documents are.
        cursors: For the next page.
        folding: Puts together what is the same.
        pages: Reads the page's documents.
        timeout: As Elasticsearch writes it.
    """

    def __init__(self, index: SearchIndex, cursors: Cursors, folding: Folding, pages: Pages, *, timeout: str) -> None:
        self._index = index
        self._cursors = cursors
        self._folding = folding
        self._pages = pages
        self._timeout = timeout

    def page(self, request: SearchRequest, principals: Principals, rest: Rest | None) -> SearchResponse:
        """Return a page.

        The total counts groups: exactly where one block holds all there is, else those of the first, "at least".

        Args:
            request: Its cursor is already read.
            principals: Who asks.
            rest: What the cursor carried; none for the first page.

        Raises:
            RefusedRequestError: A filter or a facet is not taken.
            SearchError: The index does not answer as it should.
        """
        counted: dict[str, Facet] = {}
        degraded: tuple[str, ...] = ()
        if rest is None:
            window, after = self._block(request, principals, Rest(total=_NOTHING))
            rest = Rest(total=window.total, window=window.ranked, after=after)
            counted, degraded = dict(window.facets), window.degraded
        hits: list[Hit] = []
        while True:
            wanted = request.model_copy(update={"size": request.size - len(hits)})
            taken = self._pages.take(rest.window, wanted, principals)
            hits, degraded = [*hits, *taken.hits], (*degraded, *taken.degraded)
            rest = replace(rest, window=tuple(taken.left))
            if len(hits) == request.size or not rest.after:
                break
            window, after = self._block(request, principals, rest)
            degraded, rest = (*degraded, *window.degraded), replace(rest, window=window.ranked, after=after)
        following = self._cursors.write(rest, request, principals) if rest.window or rest.after else None
        return SearchResponse.model_construct(
            hits=hits,
            total=rest.total,
            facets=counted,
            cursor=following,
            took_ms=0.0,
            degraded=list(dict.fromkeys(degraded)),
        )

    def _block(self, request: SearchRequest, principals: Principals, rest: Rest) -> tuple[Window, tuple[object, ...]]:
        """Return the next block, and what the one after it follows; nothing where this is the last."""
        filters = conditions(request, principals)
        counting = () if rest.after else counting_of(request, filters)
        # One more tells whether there is a next.
        body = browse_body(filters, request.sort, size=BLOCK + 1, after=rest.after, timeout=self._timeout)
        answer = self._index.search(facet_counts.beside({**body, **IDS_AND_VALUES}, counting))
        found, more = answer.found[:BLOCK], len(answer.found) > BLOCK
        whole = not more and not rest.after and not answer.lost_shards
        window = Window(
            ranked=tuple(Ranked(one.asset_id, _RELEVANCE) for one in found),
            total=Total(value=len(found), relation="eq" if whole else "gte"),
            facets=facet_counts.read(answer.aggregations, counting, lost_shards=answer.lost_shards),
            degraded=tuple(lost(answer)),
            prints=fingerprints(found),
        )
        return self._folding.fold(window, principals), tuple(found[-1].sort) if more else ()
