"""Around every request: a bound on the body, headers that protect the browser, and counting."""

import time

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from damsight_search.api.metrics import Metrics
from damsight_search.api.problems import http_problem, respond

# No inline script or style anywhere; pictures may be shown from the page's own memory (a dropped picture: blob:).
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
# What an answer says depends on who asks: nothing on the way may keep it, unless the answer says otherwise.
_NOT_KEPT = (b"cache-control", b"no-store")
_TOO_LARGE = 413


class Guard:
    """ASGI middleware.

    Args:
        app: What is guarded.
        metrics: Counts the answers.
        max_upload: Of a multipart request, in bytes.
        max_body: Of any other request, in bytes.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, max_upload: int, max_body: int) -> None:
        self._app = app
        self._metrics = metrics
        self._max_upload = max_upload
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        started = time.perf_counter()
        headers = dict(scope["headers"])
        is_upload = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
        limit = self._max_upload if is_upload else self._max_body
        try:
            if _told_length(headers) > limit:
                told = http_problem(_TOO_LARGE, f"This request takes at most {limit:,} bytes.")
                await respond(told)(scope, receive, answer.send)
            else:
                await self._app(scope, _bounded(receive, limit), answer.send)
        finally:
            self._metrics.count(_route(scope), answer.status or 500, time.perf_counter() - started)


class _Answer:
    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = {name.lower() for name, _ in message["headers"]}
            added = [header for header in (*_HEADERS, _NOT_KEPT) if header[0] not in given]
            message = {**message, "headers": [*message["headers"], *added]}
        await self._send(message)


def _told_length(headers: dict[bytes, bytes]) -> int:
    told = headers.get(b"content-length", b"0")
    return int(told) if told.isdigit() else 0


def _bounded(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(_TOO_LARGE)
        return message

    return take


def _route(scope: Scope) -> str:
    route = scope.get("route")
    return str(getattr(route, "path", "")) or "(none)"
