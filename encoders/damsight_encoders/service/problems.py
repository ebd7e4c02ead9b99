"""Errors as RFC 9457 application/problem+json, with a stable type and what to do."""

from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from damsight_encoders.errors import DeviceError, EncoderBusyError, EncoderError, NotExplainableError
from damsight_encoders.service.errors import InputError, UnknownModelError
from damsight_schemas.search import ProblemDetails

MEDIA_TYPE: Final = "application/problem+json"
PREFIX: Final = "urn:damsight:problem:"
_TOO_LARGE: Final = 413
_RETRY_AFTER_S: Final = "1"
_OURS: Final[tuple[tuple[type[EncoderError], int, str, str, str], ...]] = (
    (UnknownModelError, 404, "no-such-model", "There is no such model", "Take an id that GET /v1/models lists."),
    (InputError, 422, "input-refused", "An input cannot be encoded", "Leave the named input out, or correct it."),
    (EncoderBusyError, 429, "busy", "The encoder is busy", "Send the request again after the seconds of Retry-After."),
    (
        NotExplainableError,
        501,
        "not-explainable",
        "This model cannot tell where in a picture",
        "Take a model that encodes pictures; GET /v1/models tells which.",
    ),
    (DeviceError, 503, "no-memory", "The device has no memory left", "Send fewer inputs, or take a smaller model."),
)
_HTTP: Final[dict[int, tuple[str, str, str]]] = {
    400: ("malformed", "This request cannot be read", "Send valid JSON in UTF-8."),
    401: ("no-key", "The API key is missing or wrong", "Send Authorization: Bearer with DAMSIGHT_MODELS__API_KEY."),
    404: ("no-such-address", "There is nothing at this address", "See the description at /openapi.json."),
    405: ("wrong-method", "This address takes another method", "See the header Allow."),
    413: ("too-large", "This request is too large", "Send fewer or smaller inputs."),
}


def install(app: FastAPI) -> None:
    """Make every error of the application a problem."""
    app.add_exception_handler(EncoderError, _answer_ours)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unforeseen)


def http_problem(status: int, detail: str = "") -> ProblemDetails:
    """Return a status of HTTP's own in plain words."""
    name, title, fix = _HTTP.get(status, ("http-error", "This request failed", "See the status."))
    return ProblemDetails(type=PREFIX + name, title=title, status=status, detail=detail or title + ".", fix=fix)


def respond(problem: ProblemDetails, headers: dict[str, str] | None = None) -> Response:
    """Return a problem as an answer."""
    told = dict(headers or {})
    if problem.status == 401:  # noqa: PLR2004 - RFC 9110: 401 takes WWW-Authenticate
        told["WWW-Authenticate"] = 'Bearer realm="damsight"'
    if problem.status in (429, 503):  # RFC 6585 and RFC 9110: both may take Retry-After
        told["Retry-After"] = _RETRY_AFTER_S
    return Response(problem.model_dump_json(), problem.status, told, MEDIA_TYPE)


async def _answer_ours(_request: Request, error: Exception) -> Response:
    for kind, status, name, title, fix in _OURS:
        if isinstance(error, kind):
            fields = [{"field": error.field, "problem": str(error)}] if isinstance(error, InputError) else []
            problem = ProblemDetails(
                type=PREFIX + name, title=title, status=status, detail=str(error), fix=fix, fields=fields
            )
            return respond(problem)
    return await _answer_unforeseen(_request, error)


async def _answer_http(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return await _answer_unforeseen(_request, error)
    # Starlette's own detail repeats the status; ours says the limit.
    return respond(http_problem(error.status_code, error.detail if error.status_code == _TOO_LARGE else ""))


async def _answer_validation(_request: Request, error: Exception) -> Response:
    findings = error.errors() if isinstance(error, RequestValidationError) else []
    if any(finding["type"] == "json_invalid" for finding in findings):
        return respond(http_problem(400, "The body is no valid JSON."))
    fields = [
        {"field": ".".join(map(str, finding["loc"][1:])) or "(whole)", "problem": str(finding["msg"])}
        for finding in findings
    ]
    return respond(
        ProblemDetails(
            type=PREFIX + "invalid-request",
            title="This request cannot be taken",
            status=422,
            detail="; ".join(f"{one['field']}: {one['problem']}" for one in fields),
            fix="Correct the named fields; /openapi.json describes them.",
            fields=fields,
        )
    )


async def _answer_unforeseen(_request: Request, _error: Exception) -> Response:
    return respond(
        ProblemDetails(
            type=PREFIX + "internal",
            title="Something went wrong here",
            status=500,
            detail="The encoding failed in a way that it was not made for.",
            fix="Try again; if it stays so, tell whoever runs the service: the log has more.",
        )
    )
