"""GET /livez, /readyz and /metrics, for the orchestrator and for Prometheus."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from damsight_consumer.errors import SettingsError

TEXT = "text/plain; charset=utf-8"


class HealthServer:
    """A small HTTP server in a thread of its own.

    Args:
        host: To bind to.
        port: To bind to; 0 takes a free one, see `port`.
        idle_s: Tells how long ago the poll loop last turned; none before its first turn.
        limit_s: Beyond which the process counts as dead.
        registry: Of the metrics.

    Raises:
        SettingsError: The address cannot be bound.
    """

    def __init__(
        self, host: str, port: int, *, idle_s: Callable[[], float | None], limit_s: float, registry: CollectorRegistry
    ) -> None:
        pages = _Pages(idle_s, limit_s, registry)
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(pages))
        except OSError as error:
            raise SettingsError(
                f"the health server cannot bind to {host}:{port} ({error}). Set DAMSIGHT_HEALTH__PORT to a free port, "
                f"or to 0 for any."
            ) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="health", daemon=True)

    @property
    def port(self) -> int:
        """The port that is bound."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Answer no longer."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Pages:
    def __init__(self, idle_s: Callable[[], float | None], limit_s: float, registry: CollectorRegistry) -> None:
        self._idle_s = idle_s
        self._limit_s = limit_s
        self._registry = registry

    def page(self, path: str) -> tuple[int, str, bytes]:
        idle = self._idle_s()
        stands_still = idle is not None and idle > self._limit_s
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest(self._registry)
        if path not in ("/livez", "/readyz"):
            return 404, TEXT, b"there are /livez, /readyz and /metrics\n"
        if stands_still:
            return 503, TEXT, f"the poll loop stands still for {idle:.0f} s\n".encode()
        if path == "/readyz" and idle is None:
            return 503, TEXT, b"not polling yet\n"
        return 200, TEXT, b"ok\n"


def _handler(pages: _Pages) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content_type, body = pages.page(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server names it so
            """Probes come every few seconds; nobody wants a line each."""

    return Handler
