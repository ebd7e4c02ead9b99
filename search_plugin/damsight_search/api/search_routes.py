"""The addresses that search."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel

from damsight_schemas.errors import FieldProblem
from damsight_schemas.search import MAX_PICTURES, MAX_SIZE, SearchRequest, SearchResponse, parse_search_request
from damsight_search.api.auth import Gate
from damsight_search.api.metrics import Metrics
from damsight_search.api.problems import http_problem, respond
from damsight_search.errors import RefusedRequestError
from damsight_search.service import SearchService
from damsight_search.words.suggesting import Suggestion

Text = Annotated[str, Query(max_length=2000, description="Words, in any language the models know.")]
Filters = Annotated[list[str], Query(alias="filter", max_length=50, description="field:value; all of them must hold.")]
Likes = Annotated[list[str], Query(max_length=20, description="Ids of assets that the hits should look like.")]
Unlikes = Annotated[list[str], Query(max_length=20, description="Ids of assets that the hits should not look like.")]
Size = Annotated[int, Query(ge=1, le=MAX_SIZE)]


class Suggestions(BaseModel):
    """Ways to go on typing."""

    suggestions: list[Suggestion]


def written(model: BaseModel) -> Response:
    """Return a model as JSON, without a second round through the framework's own encoder."""
    return Response(model.model_dump_json(), media_type="application/json")


def filters_of(given: Sequence[str]) -> list[dict[str, str]]:
    """Return the filters that an address tells as ``field:value``.

    Raises:
        RefusedRequestError: One has no colon.
    """
    filters = []
    for position, told in enumerate(given):
        field, colon, value = told.partition(":")
        if not colon or not field:
            raise RefusedRequestError([FieldProblem(f"filter.{position}", f"takes field:value (given: {told!r:.60})")])
        filters.append({"field": field, "op": "is", "value": value})
    return filters


def search_routes(service: SearchService, gate: Gate, metrics: Metrics, *, max_picture: int) -> APIRouter:
    """Return the routes that search."""
    router = APIRouter(prefix="/api/v1", tags=["search"])

    def answer(http: Request, request: SearchRequest, pictures: Sequence[bytes] = ()) -> Response:
        response = service.search(request, gate.principals(http.headers.get("authorization")), pictures)
        if response.degraded:
            metrics.degraded()
        return written(response)

    @router.post("/search", response_model=SearchResponse)
    def search(http: Request, request: SearchRequest) -> Response:
        """Search by words, by assets to be like, by filters."""
        return answer(http, request)

    @router.post("/search/image", response_model=SearchResponse)
    def search_by_picture(
        http: Request,
        file: Annotated[
            list[UploadFile], File(description="The pictures that the hits should look like.", max_length=MAX_PICTURES)
        ],
        request: Annotated[str, Form(description="A SearchRequest as JSON.")] = "{}",
    ) -> Response:
        """Search by a picture or several, alone or with all that a search takes."""
        # Who asks comes before what they send: a stranger's picture is not read at all.
        gate.principals(http.headers.get("authorization"))
        pictures = [one.file.read(max_picture + 1) for one in file]
        if any(len(picture) > max_picture for picture in pictures):
            return respond(http_problem(413, f"A picture takes at most {max_picture:,} bytes."))
        return answer(http, _read(request), pictures)

    @router.get("/search", response_model=SearchResponse)
    def search_by_address(
        *,
        http: Request,
        q: Text = "",
        filters: Filters = [],  # noqa: B006  FastAPI copies it
        facet: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006  FastAPI copies it
        like: Likes = [],  # noqa: B006  FastAPI copies it
        unlike: Unlikes = [],  # noqa: B006  FastAPI copies it
        size: Size = 24,
        cursor: str | None = None,
        explain: bool = False,
    ) -> Response:
        """Search by an address: what can be typed, linked and tried."""
        told = {"text": q, "filters": filters_of(filters), "facets": facet, "size": size, "cursor": cursor}
        return answer(http, parse_search_request({**told, "like": like, "unlike": unlike, "explain": explain}))

    @router.get("/suggest", response_model=Suggestions)
    def suggest(http: Request, q: Annotated[str, Query(max_length=2000)] = "") -> Response:
        """Return ways to go on typing: own searches, concepts, titles and tags; or what may have been meant."""
        found = service.suggest(q, gate.principals(http.headers.get("authorization")))
        return written(Suggestions(suggestions=found))

    return router


def _read(request: str) -> SearchRequest:
    return SearchRequest.model_validate_json(request)
