"""Browsing: filters and sort alone. The first page is one request; the others are a listing without an end."""

from dataclasses import dataclass, replace

from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest, SearchResponse, Total
from damsight_search.conditions import facet_counts
from damsight_search.conditions.facet_counts import Counted, Counting
from damsight_search.conditions.filters import Clause
from damsight_search.plan import conditions
from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals
from damsight_search.relevance.fusion import Ranked
from damsight_search.results.answering import Answering
from damsight_search.results.listing import Listing
from damsight_search.results.page_bodies import browse_body
from damsight_search.results.pages import hit_of
from damsight_search.results.paging import Rest
from damsight_search.results.window import lost
from damsight_search.words.understanding import understood

# Nothing is looked for, so everything that passes the filters fits as well as it can.
_RELEVANCE = 1.0


@dataclass(frozen=True, slots=True)
class Browsing:
    """Lists what passes the filters.

    Attributes:
        index: Where the documents are.
        answering: For the pages that follow.
        timeout: As Elasticsearch writes it.
    """

    index: SearchIndex
    answering: Answering
    timeout: str

    def first(self, request: SearchRequest, principals: Principals) -> SearchResponse:
        """Return the first page.

        Raises:
            RefusedRequestError: A filter or a facet is not taken.
            SearchError: The index, or the host's check of rights, does not answer as it should.
        """
        filters = conditions(request, principals)
        counting = counting_of(request, filters)
        # One more than the page tells whether there is a next.
        body = browse_body(filters, request.sort, size=request.size + 1, timeout=self.timeout)
        answer = self.index.search(facet_counts.beside(body, counting))
        page = answer.found[: request.size]
        hits = [hit_of(found, Ranked(found.asset_id, _RELEVANCE), with_legs=False) for found in page]
        rest = Rest(total=Total(value=answer.total, relation="gte" if answer.lost_shards else answer.relation))
        if len(answer.found) + answer.refused > request.size:
            listing = Listing(after=page[-1].sort if page else ()).knowing(found.asset_id for found in page)
            rest = replace(rest, listing=listing)
        return self.answering.listed(
            rest,
            hits,
            request,
            principals,
            facets=facet_counts.read(answer.aggregations, counting, lost_shards=answer.lost_shards),
            degraded=lost(answer),
        )


def counting_of(request: SearchRequest, filters: tuple[Clause, ...]) -> Counting:
    """Return what is counted of what is browsed: all of it, and each chosen facet without its own filters.

    Raises:
        RefusedRequestError: A facet is not taken.
    """
    fields = facet_counts.check(request.facets)
    asked: list[Filter] = [*request.filters, *understood(request).filters]
    chosen = facet_counts.chosen(asked, fields)
    sets = [Counted(tuple(name for name in fields if name not in chosen), _passing(filters), whole=True)]
    for name, refused in chosen.items():
        sets.append(Counted((name,), _passing(facet_counts.without(filters, refused)), whole=True))
    return tuple(one for one in sets if one.fields)


def _passing(filters: tuple[Clause, ...] | list[Clause]) -> Clause:
    return {"bool": {"filter": list(filters)}}
