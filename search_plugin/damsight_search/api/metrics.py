"""What is counted: requests by address and status, time by address, degraded answers by reason's kind."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """One application's own counters."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "damsight_search_requests", "Requests answered.", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "damsight_search_request_seconds",
            "Time to answer, in seconds.",
            ["route"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._degraded = Counter(
            "damsight_search_degraded", "Searches answered in part: their answer says why.", registry=self._registry
        )

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count one answer. The route is the pattern, never the address: ids would make endless series."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def degraded(self) -> None:
        """Count one answer that was given in part."""
        self._degraded.inc()

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self._registry)
