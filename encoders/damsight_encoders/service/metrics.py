"""What the encoder service counts."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class ServiceMetrics:
    """One service's own registry."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "damsight_encoder_requests", "Requests answered.", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "damsight_encoder_request_seconds",
            "Time to answer, in seconds.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._batches = Histogram(
            "damsight_encoder_batch_size",
            "Inputs that went through a model together.",
            ["model", "kind"],
            buckets=_SIZES,
            registry=self._registry,
        )
        self._batch_seconds = Histogram(
            "damsight_encoder_batch_seconds",
            "Time of a batch in a model, in seconds.",
            ["model", "kind"],
            buckets=_SECONDS,
            registry=self._registry,
        )

        self._cached = Counter(
            "damsight_encoder_cache_lookups",
            "Texts looked up in the cache, by outcome.",
            ["model", "outcome"],
            registry=self._registry,
        )
        self._cache_bytes = Gauge(
            "damsight_encoder_cache_bytes", "What the cache of texts holds.", registry=self._registry
        )

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count one answer; the route is the pattern, never the address."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def batch(self, model: str, kind: str, size: int, seconds: float) -> None:
        """Count one batch."""
        self._batches.labels(model, kind).observe(size)
        self._batch_seconds.labels(model, kind).observe(seconds)

    def looked_up(self, model: str, *, hits: int, misses: int, held_bytes: int) -> None:
        """Count what a request's texts found in the cache, and what it holds now."""
        self._cached.labels(model, "hit").inc(hits)
        self._cached.labels(model, "miss").inc(misses)
        self._cache_bytes.set(held_bytes)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self._registry)
