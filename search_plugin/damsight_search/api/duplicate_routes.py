"""The address that tells an asset's duplicates."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from damsight_schemas.duplicates import AssetDuplicates
from damsight_search.api.asset_routes import AssetIdPath
from damsight_search.api.auth import Gate
from damsight_search.api.search_routes import written
from damsight_search.duplication.asset_duplicates import Duplicates


def duplicate_routes(duplicates: Duplicates, gate: Gate) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/api/v1/assets", tags=["assets"])

    @router.get("/{asset_id:path}/duplicates", response_model=AssetDuplicates)
    def of_asset(http: Request, asset_id: AssetIdPath) -> Response:
        """Return the assets that hold the same bytes, or show the same picture in another file."""
        return written(duplicates.of(asset_id, gate.principals(http.headers.get("authorization"))))

    return router
