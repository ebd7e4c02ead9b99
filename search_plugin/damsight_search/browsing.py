"""Browsing: filters and sort alone, without an end, a page at a time."""

from damsight_schemas.search import SearchRequest, SearchResponse, Total
from damsight_search import facets
from damsight_search.fusion import Ranked
from damsight_search.page_bodies import browse_body
from damsight_search.pages import hit_of
from damsight_search.paging import Cursors, Rest
from damsight_search.plan import conditions
from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals
from damsight_search.window import lost

# Nothing is looked for, so everything that passes the filters fits as well as it can.
_RELEVANCE = 1.0


class Browsing:
    """Lists what passes the filters.

    Args:
        index: Where the documents are.
        cursors: For the next page.
        timeout: As Elasticsearch writes it.
    """

    def __init__(self, index: SearchIndex, cursors: Cursors, *, timeout: str) -> None:
        self._index = index
        self._cursors = cursors
        self._timeout = timeout

    def page(self, request: SearchRequest, principals: Principals, rest: Rest | None) -> SearchResponse:
        """Return a page.

        An asset whose sort value is changed while somebody pages moves to its new place, which may be before or
        after where they are; every other is told exactly once.

        Args:
            request: Its cursor is already read.
            principals: Who asks.
            rest: What the cursor carried; none for the first page.

        Raises:
            RefusedRequestError: A filter or a facet is not taken.
            SearchError: The index does not answer as it should.
        """
        counting = facets.aggregations(request.facets) if rest is None else {}
        answer = self._index.search(
            browse_body(
                conditions(request, principals),
                request.sort,
                # One more than the page tells whether there is a next.
                size=request.size + 1,
                after=rest.after if rest else (),
                facets=counting,
                timeout=self._timeout,
            )
        )
        shown = answer.found[: request.size]
        total = rest.total if rest else Total(value=answer.total, relation=answer.relation)
        if answer.lost_shards:
            total = Total(value=total.value, relation="gte")
        following = None
        if len(answer.found) > request.size:
            following = self._cursors.write(Rest(total=total, after=shown[-1].sort), request, principals)
        return SearchResponse.model_construct(
            hits=[hit_of(found, Ranked(found.asset_id, _RELEVANCE), with_legs=False) for found in shown],
            total=total,
            facets=facets.read(answer.aggregations, request.facets, counted=answer.total, bound="all")
            if counting
            else {},
            cursor=following,
            took_ms=0.0,
            degraded=lost(answer),
        )
