"""The addresses of one asset: its metadata, its likes, why it was found, and its picture made small."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from damsight_schemas.search import Hit, ProblemDetails, SearchResponse, parse_search_request
from damsight_search.api.auth import Gate
from damsight_search.api.problems import MEDIA_TYPE
from damsight_search.api.search_routes import Filters, Size, Text, filters_of, written
from damsight_search.pictures.previews import LARGE, THUMBNAIL, Preview, Previews
from damsight_search.service import SearchService

AssetIdPath = Annotated[str, Path(min_length=1, max_length=512)]
# The browser may keep it, and asks each time whether it may still show it.
_KEPT_BY_ITS_OWNER = "private, no-cache"
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "A JPEG."}}

_EXPLAINED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"image/png": {}},
        "description": "Each leg's part; or, with `Accept: image/png`, the picture with its heat map.",
    },
    501: {
        "content": {MEDIA_TYPE: {}},
        "description": "No model here can tell where in a picture; `fix` says what to set.",
        "model": ProblemDetails,
    },
}
_BY_WHO_AND_WHAT = "Accept, Authorization"
EXPLAINED = 1024
"""The longer side at most of an explained picture, in pixels."""


class Asset(BaseModel):
    """One asset's metadata."""

    asset_id: str
    asset: dict[str, Any]


def asset_routes(service: SearchService, gate: Gate, previews: Previews) -> APIRouter:
    """Return the routes of one asset. The last one is the shortest, for an id may hold slashes."""
    router = APIRouter(prefix="/api/v1/assets", tags=["assets"])

    @router.get("/{asset_id:path}/similar", response_model=SearchResponse)
    def similar(
        http: Request,
        asset_id: AssetIdPath,
        filters: Filters = [],  # noqa: B006  FastAPI copies it
        size: Size = 24,
        cursor: str | None = None,
    ) -> Response:
        """Return the assets that look like this one."""
        who = gate.principals(http.headers.get("authorization"))
        asked = parse_search_request({"like": [asset_id], "filters": filters_of(filters)})
        return written(service.similar(asset_id, who, size, filters=asked.filters, cursor=cursor))

    @router.get("/{asset_id:path}/explain", response_model=Hit, responses=_EXPLAINED)
    def explain(
        http: Request,
        asset_id: AssetIdPath,
        q: Text = "",
        filters: Filters = [],  # noqa: B006  FastAPI copies it
        like: Annotated[str, Query(max_length=512)] = "",
    ) -> Response:
        """Tell why words, or the asset `like`, bring this asset: each leg's rank, score and contribution.

        Without legs, none brings it.

        With `Accept: image/png`, as an `img` element sends it: draw over the asset's picture where it shows the words,
        or what the asset `like` shows.
        """
        who = gate.principals(http.headers.get("authorization"))
        if _wants_picture(http.headers.get("accept", "")):
            shown = previews.of(asset_id, who, side=EXPLAINED)
            return _drawn(service.where(shown.data, who, text=q, like=like))
        likes = [like] if like else []
        request = parse_search_request({"text": q, "like": likes, "filters": filters_of(filters)})
        answer = written(service.explain(asset_id, request, who))
        answer.headers["Vary"] = _BY_WHO_AND_WHAT
        return answer

    @router.get("/{asset_id:path}/thumbnail", response_class=Response, responses=_JPEG)
    def thumbnail(http: Request, asset_id: AssetIdPath) -> Response:
        """Return a small picture of the asset, drawn anew."""
        return _shown(http, previews.of(asset_id, gate.principals(http.headers.get("authorization")), side=THUMBNAIL))

    @router.get("/{asset_id:path}/picture", response_class=Response, responses=_JPEG)
    def picture(http: Request, asset_id: AssetIdPath, side: Annotated[int, Query(ge=16, le=LARGE)] = LARGE) -> Response:
        """Return a large picture of the asset, drawn anew; its longer side has at most `side` pixels."""
        return _shown(http, previews.of(asset_id, gate.principals(http.headers.get("authorization")), side=side))

    @router.get("/{asset_id:path}", response_model=Asset)
    def asset(http: Request, asset_id: AssetIdPath) -> Response:
        """Return the asset's metadata."""
        told = service.asset(asset_id, gate.principals(http.headers.get("authorization")))
        return written(Asset(asset_id=asset_id, asset=told))

    return router


def _shown(http: Request, preview: Preview) -> Response:
    tag = f'"{preview.tag}"'
    headers = {"ETag": tag, "Cache-Control": _KEPT_BY_ITS_OWNER, "Vary": "Authorization"}
    if tag in [given.strip() for given in http.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(preview.data, headers=headers, media_type="image/jpeg")


def _wants_picture(accept: str) -> bool:
    """Tell whether a picture is wanted rather than JSON (RFC 9110, 12.5.1); what takes anything gets JSON."""
    named = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return "application/json" not in named and ("image/png" in named or "image/*" in named)


def _drawn(png: bytes) -> Response:
    headers = {"Cache-Control": _KEPT_BY_ITS_OWNER, "Vary": _BY_WHO_AND_WHAT}
    return Response(png, headers=headers, media_type="image/png")
