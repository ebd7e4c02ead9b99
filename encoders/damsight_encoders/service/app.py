"""The HTTP side: OpenAI's embeddings API over local encoders."""

from importlib.metadata import version
from typing import Annotated

import orjson
from fastapi import FastAPI, Header
from fastapi.responses import PlainTextResponse, Response

from damsight_encoders.ports import Vectors
from damsight_encoders.service import problems
from damsight_encoders.service.embedder import Embedder
from damsight_encoders.service.explanations import Explanations
from damsight_encoders.service.guard import Guard
from damsight_encoders.service.metrics import CONTENT_TYPE, ServiceMetrics
from damsight_encoders.wire import (
    PRIORITY_HEADER,
    EmbeddingsRequest,
    EmbeddingsResponse,
    ExplainRequest,
    ExplainResponse,
    ModelList,
    Priority,
    vector_to_base64,
)

MEBIBYTE = 1024 * 1024


def create_app(
    embedder: Embedder, explanations: Explanations, metrics: ServiceMetrics, *, api_key: str | None, max_body_mib: int
) -> FastAPI:
    """Put the service together.

    Args:
        embedder: Answers.
        explanations: Tells where in a picture.
        metrics: Counts.
        api_key: What clients must send as a bearer token; None lets everybody in.
        max_body_mib: Of any request.
    """
    app = FastAPI(
        title="damsight encoders",
        version=version("damsight"),
        description="Texts and pictures to vectors, by OpenAI's embeddings API.",
        docs_url=None,
        redoc_url=None,
    )
    problems.install(app)
    app.add_middleware(Guard, metrics=metrics, max_body=max_body_mib * MEBIBYTE, api_key=api_key)
    _add_embedding_routes(app, embedder)
    _add_explanation_route(app, explanations)
    _add_health_routes(app, metrics)
    return app


def _add_embedding_routes(app: FastAPI, embedder: Embedder) -> None:
    @app.post("/v1/embeddings", response_model=EmbeddingsResponse, summary="Encode texts or pictures")
    async def embeddings(
        request: EmbeddingsRequest, priority: Annotated[Priority | None, Header(alias=PRIORITY_HEADER)] = None
    ) -> Response:
        vectors = await embedder.embed(request, priority)
        return _answer(request, vectors)

    @app.get("/v1/models", summary="The models and their spaces")
    async def models() -> ModelList:
        return embedder.models()


def _add_explanation_route(app: FastAPI, explanations: Explanations) -> None:
    @app.post("/v1/explain", summary="Where in a picture it shows what was looked for")
    async def explain(request: ExplainRequest) -> ExplainResponse:
        return await explanations.explain(request)


def _add_health_routes(app: FastAPI, metrics: ServiceMetrics) -> None:
    # The models are loaded before the port is opened: who answers is alive and ready.
    @app.get("/livez", response_class=PlainTextResponse, summary="The process answers")
    async def livez() -> str:
        return "ok"

    @app.get("/readyz", response_class=PlainTextResponse, summary="The models are loaded")
    async def readyz() -> str:
        return "ok"

    @app.get("/metrics", response_class=Response, summary="Prometheus's text format")
    async def read_metrics() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)


def _answer(request: EmbeddingsRequest, vectors: Vectors) -> Response:
    """Write JSON straight from numpy: pydantic would look at every one of a million floats."""
    in_base64 = request.encoding_format == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": vector_to_base64(vector) if in_base64 else vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": len(vectors), "total_tokens": len(vectors)}
    body = {"object": "list", "data": data, "model": request.model, "usage": usage}
    return Response(orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")
