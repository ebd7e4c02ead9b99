"""Errors as RFC 9457 application/problem+json, with a stable type and what to do."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from damsight_schemas.errors import FieldProblem, RequestError
from damsight_schemas.search import ProblemDetails
from damsight_schemas.validation import field_problems
from damsight_search.errors import (
    AlertNotFoundError,
    AssetNotFoundError,
    AuthorizerDownError,
    ConceptNotFoundError,
    CursorError,
    EncoderDownError,
    NoPreviewError,
    NoPrincipalError,
    NotExplainableHereError,
    NothingToCompareError,
    NotOfferedError,
    PictureRefusedError,
    RefusedRequestError,
    SavedSearchNotFoundError,
    SearchError,
    SearchTimeoutError,
    SearchUnavailableError,
)

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:damsight:problem:"
_TITLES: dict[type[SearchError], tuple[int, str]] = {
    NotOfferedError: (422, "This is not offered yet"),
    CursorError: (422, "This cursor cannot be used"),
    PictureRefusedError: (422, "This picture cannot be searched by"),
    RefusedRequestError: (422, "This search cannot be asked"),
    NoPrincipalError: (401, "Nobody is signed in"),
    AssetNotFoundError: (404, "There is no such asset"),
    SavedSearchNotFoundError: (404, "There is no such saved search"),
    ConceptNotFoundError: (404, "There is no such concept"),
    AlertNotFoundError: (404, "There is no such alert"),
    NoPreviewError: (404, "There is no preview"),
    NothingToCompareError: (422, "There is nothing to compare with"),
    NotExplainableHereError: (501, "Where in the picture cannot be told here"),
    AuthorizerDownError: (503, "Who may see what cannot be checked now"),
    EncoderDownError: (503, "The query cannot be encoded now"),
    SearchTimeoutError: (504, "The search took too long"),
    SearchUnavailableError: (503, "The search is not available now"),
}
_HTTP: dict[int, tuple[str, str, str]] = {
    400: ("malformed", "This request cannot be read", "Send valid JSON or form data in UTF-8."),
    404: ("no-such-address", "There is nothing at this address", "See the API's description at /openapi.json."),
    405: ("wrong-method", "This address takes another method", "See the header Allow."),
    413: ("too-large", "This request is too large", "Send a smaller picture or a shorter request."),
    415: ("wrong-media-type", "This kind of body is not taken", "See the API's description at /openapi.json."),
}
_RETRY_AFTER_S = 2


def describe(error: Exception) -> ProblemDetails:
    """Return an error of ours in plain words; the status is HTTP's."""
    if isinstance(error, RequestError):
        return _invalid(error.problems)
    if isinstance(error, SearchError):
        status, title = next(
            (told for kind, told in _TITLES.items() if isinstance(error, kind)), (500, "The search failed")
        )
        problems = error.problems if isinstance(error, RefusedRequestError) else ()
        return ProblemDetails(
            type=PREFIX + error.name,
            title=title,
            status=status,
            detail=str(error),
            fix=error.fix,
            fields=_fields(problems),
        )
    return ProblemDetails(
        type=PREFIX + "internal",
        title="Something went wrong here",
        status=500,
        detail="The search failed in a way that it was not made for.",
        fix="Try again; if it stays so, tell whoever runs the search: the log has more.",
    )


def http_problem(status: int, detail: str = "") -> ProblemDetails:
    """Return a status of HTTP's own in plain words."""
    name, title, fix = _HTTP.get(status, ("http-error", "This request failed", "See the status."))
    return ProblemDetails(type=PREFIX + name, title=title, status=status, detail=detail or title + ".", fix=fix)


def respond(problem: ProblemDetails, headers: dict[str, str] | None = None) -> Response:
    """Return a problem as an answer."""
    told = dict(headers or {})
    if problem.status == 401:  # noqa: PLR2004  RFC 9110: 401 takes WWW-Authenticate
        told["WWW-Authenticate"] = 'Bearer realm="damsight"'
    if problem.status in (503, 504):
        told["Retry-After"] = str(_RETRY_AFTER_S)
    return Response(problem.model_dump_json(), problem.status, told, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error of the application a problem."""
    app.add_exception_handler(SearchError, _answer)
    app.add_exception_handler(RequestError, _answer)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(ValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer)


async def _answer(_request: Request, error: Exception) -> Response:
    return respond(describe(error))


async def _answer_http(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return respond(describe(error))
    return respond(http_problem(error.status_code), dict(error.headers or {}))


async def _answer_validation(_request: Request, error: Exception) -> Response:
    if isinstance(error, ValidationError):
        return respond(_invalid(field_problems(error)))
    findings = error.errors() if isinstance(error, RequestValidationError) else []
    if any(finding["type"] == "json_invalid" for finding in findings):
        return respond(http_problem(400, "The body is no valid JSON."))
    return respond(_invalid([_finding(finding) for finding in findings]))


def _invalid(problems: Sequence[FieldProblem]) -> ProblemDetails:
    return ProblemDetails(
        type=PREFIX + RefusedRequestError.name,
        title="This search cannot be asked",
        status=422,
        detail="; ".join(map(str, problems)),
        fix=RefusedRequestError.fix,
        fields=_fields(problems),
    )


def _finding(finding: dict[str, Any]) -> FieldProblem:
    # The first part of FastAPI's place is where it was given: body, query, path. People know the field's name.
    path = ".".join(str(part) for part in finding["loc"][1:]) or "(whole)"
    return FieldProblem(path, str(finding["msg"]).removeprefix("Value error, "))


def _fields(problems: Sequence[FieldProblem]) -> list[dict[str, str]]:
    return [{"field": one.field, "problem": one.problem} for one in problems]
