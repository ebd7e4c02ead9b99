"""The address that suggests an asset's tags."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from damsight_schemas.concepts import AssetTags
from damsight_search.api.asset_routes import AssetIdPath
from damsight_search.api.auth import Gate
from damsight_search.api.search_routes import written
from damsight_search.learning.tag_suggesting import AT_LEAST, MOST, TagSuggesting
from damsight_search.learning.vocabularies import MOST_LABELS, OWN_TAGS


def tag_routes(suggesting: TagSuggesting, gate: Gate) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/api/v1/assets", tags=["assets"])

    @router.get("/{asset_id:path}/tags", response_model=AssetTags)
    def tags(
        http: Request,
        asset_id: AssetIdPath,
        vocabulary: Annotated[str, Query(max_length=100)] = OWN_TAGS,
        size: Annotated[int, Query(ge=1, le=MOST_LABELS)] = MOST,
        at_least: Annotated[float, Query(ge=0, le=1)] = AT_LEAST,
    ) -> Response:
        """Return tags that the asset may deserve: concepts that it meets, and labels that fit its picture.

        `vocabulary` is `tags`, those that one's assets have, or the name of one that the operator gave.
        """
        who = gate.principals(http.headers.get("authorization"))
        return written(suggesting.of(asset_id, who, vocabulary=vocabulary, most=size, at_least=at_least))

    return router
