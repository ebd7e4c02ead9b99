"""The address of one's own recent searches."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from damsight_search.api.auth import Gate
from damsight_search.api.search_routes import written
from damsight_search.words.recent_searches import RecentSearches


class RecentForgotten(BaseModel):
    """How many searches were forgotten."""

    forgotten: int


def recent_routes(recent: RecentSearches, gate: Gate) -> APIRouter:
    """Return the route that forgets."""
    router = APIRouter(prefix="/api/v1/recent-searches", tags=["search"])

    @router.delete("", response_model=RecentForgotten)
    def forget(http: Request) -> Response:
        """Forget what whoever asks has searched for; strangers' searches are never kept."""
        forgotten = recent.forget(gate.principals(http.headers.get("authorization")))
        return written(RecentForgotten(forgotten=forgotten))

    return router
