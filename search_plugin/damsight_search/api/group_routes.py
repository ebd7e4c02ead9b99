"""The address that puts a search's hits into groups."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from damsight_schemas.groups import GroupsRequest, GroupsResponse
from damsight_search.api.auth import Gate
from damsight_search.api.search_routes import written
from damsight_search.grouping.groups import Groups


def group_routes(groups: Groups, gate: Gate) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1", tags=["search"])

    @router.post("/groups", response_model=GroupsResponse)
    def of_search(http: Request, request: GroupsRequest) -> Response:
        """Put the first candidates of a search into named groups, and onto a map.

        To browse a group, search again with the filter `asset_id` in its `assets`, and add any other filter.
        """
        return written(groups.of(request, gate.principals(http.headers.get("authorization"))))

    return router
