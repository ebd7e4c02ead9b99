"""Around every request: a bound on the body, the API key, and counting."""

import hmac
import time
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from damsight_encoders.service.metrics import ServiceMetrics
from damsight_encoders.service.problems import http_problem, respond

_OPEN: Final = ("/livez", "/readyz", "/metrics")
"""What an orchestrator and a scraper ask, which have no key."""


class Guard:
    """ASGI middleware.

    Args:
        app: What is guarded.
        metrics: Counts the answers.
        max_body: Of any request, in bytes.
        api_key: What ``Authorization: Bearer`` must say; None lets everybody in.
    """

    def __init__(self, app: ASGIApp, *, metrics: ServiceMetrics, max_body: int, api_key: str | None) -> None:
        self._app = app
        self._metrics = metrics
        self._max_body = max_body
        self._limit = f"A request takes at most {max_body:,} bytes."
        self._expected = f"Bearer {api_key}".encode() if api_key else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        started = time.perf_counter()
        try:
            await self._answer(scope, receive, watched)
        finally:
            self._metrics.request(_route(scope), status, time.perf_counter() - started)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if not self._may_ask(scope["path"], headers.get(b"authorization", b"")):
            await respond(http_problem(401))(scope, receive, send)
            return
        told = headers.get(b"content-length", b"0")
        if told.isdigit() and int(told) > self._max_body:
            await respond(http_problem(413, self._limit))(scope, receive, send)
            return
        await self._app(scope, self._bounded(receive), send)

    def _may_ask(self, path: str, given: bytes) -> bool:
        return self._expected is None or path in _OPEN or hmac.compare_digest(given, self._expected)

    def _bounded(self, receive: Receive) -> Receive:
        taken = 0

        async def take() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._max_body:
                # FastAPI makes a 400 of anything else that is raised while it reads a body.
                raise HTTPException(413, self._limit)
            return message

        return take


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "")) or "(none)"
