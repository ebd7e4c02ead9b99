"""The addresses that machines ask: is it alive, is it ready, what has it done."""

from fastapi import APIRouter
from fastapi.responses import Response

from damsight_search.api.metrics import CONTENT_TYPE, Metrics
from damsight_search.service import SearchService


def health_routes(service: SearchService, metrics: Metrics) -> APIRouter:
    """Return the routes for probes and Prometheus; none of them tells anything of an asset."""
    router = APIRouter(tags=["health"])

    @router.get("/livez", response_class=Response)
    async def livez() -> Response:
        """Answer whenever the process answers."""
        return Response("ok\n", media_type="text/plain")

    @router.get("/readyz", response_class=Response, responses={503: {"description": "The index does not answer."}})
    def readyz() -> Response:
        """Answer whether searches can be answered."""
        if service.is_ready():
            return Response("ok\n", media_type="text/plain")
        return Response("the index does not answer or is not there\n", 503, media_type="text/plain")

    @router.get("/metrics", response_class=Response)
    async def tell() -> Response:
        """Return the counters in Prometheus's text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return router
