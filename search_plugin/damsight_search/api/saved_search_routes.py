"""The addresses of saved searches: each belongs to whoever saved it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from damsight_schemas.saved_searches import SavedSearch, SavedSearchDraft, SavedSearches
from damsight_schemas.search import MAX_CURSOR, SearchResponse
from damsight_search.api.auth import Gate
from damsight_search.api.search_routes import Size, written
from damsight_search.principal import Principals
from damsight_search.standing.saved_searches import SavedSearchKeeper

SavedSearchId = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[0-9a-z-]+$")]
_CREATED, _NO_CONTENT = 201, 204


def saved_search_routes(keeper: SavedSearchKeeper, gate: Gate) -> APIRouter:
    """Return the routes of saved searches."""
    router = APIRouter(prefix="/api/v1/saved-searches", tags=["saved searches"])

    def who(http: Request) -> Principals:
        return gate.principals(http.headers.get("authorization"))

    @router.post("", response_model=SavedSearch, status_code=_CREATED)
    def save(http: Request, draft: SavedSearchDraft) -> Response:
        """Save a search; with `alert`, its owner is told of assets that arrive and match."""
        answer = written(keeper.save(draft, who(http)))
        answer.status_code = _CREATED
        return answer

    @router.get("", response_model=SavedSearches)
    def listed(http: Request) -> Response:
        """Return all of one's own, by their names."""
        return written(SavedSearches(saved_searches=keeper.listed(who(http))))

    @router.get("/{saved_search_id}", response_model=SavedSearch)
    def one(http: Request, saved_search_id: SavedSearchId) -> Response:
        """Return one of one's own."""
        return written(keeper.get(saved_search_id, who(http)))

    @router.put("/{saved_search_id}", response_model=SavedSearch)
    def replace(http: Request, saved_search_id: SavedSearchId, draft: SavedSearchDraft) -> Response:
        """Save another search in its place; what it told of already, it does not tell of again."""
        return written(keeper.replace(saved_search_id, draft, who(http)))

    @router.delete("/{saved_search_id}", status_code=_NO_CONTENT)
    def delete(http: Request, saved_search_id: SavedSearchId) -> Response:
        """Delete one of one's own, with its alerts."""
        keeper.delete(saved_search_id, who(http))
        return Response(status_code=_NO_CONTENT)

    @router.get("/{saved_search_id}/hits", response_model=SearchResponse)
    def hits(
        http: Request,
        saved_search_id: SavedSearchId,
        size: Size = 24,
        cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
    ) -> Response:
        """Run one of one's own, by the rights that one has now."""
        return written(keeper.hits(saved_search_id, who(http), size=size, cursor=cursor))

    return router
