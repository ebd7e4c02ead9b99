"""httpx over a connection pool whose every connection is guarded."""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from damsight_consumer.fetch.addresses import GuardedBackend


class GuardedTransport(httpx.BaseTransport):
    """An httpx transport that connects only where `GuardedBackend` lets it; it knows no proxies.

    Args:
        backend: Decides.
        connections: At most so many at once.
        ca_file: Certificates to trust in place of those that come with httpx.
    """

    def __init__(self, backend: GuardedBackend, *, connections: int, ca_file: str | None = None) -> None:
        trusted = httpx.create_ssl_context() if ca_file is None else ssl.create_default_context(cafile=ca_file)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=30.0,
            network_backend=backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; redirects are the caller's.

        Raises:
            httpx.TransportError: It cannot be reached, or breaks off.
            MediaAccessError: The backend refuses the host.
        """
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        inner = httpcore.Request(
            method=request.method, url=url, headers=request.headers.raw, extensions=request.extensions
        )
        with _as_httpx():
            answer = self._pool.handle_request(inner)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        stream = self._answer.stream
        if isinstance(stream, Iterable):
            with _as_httpx():
                yield from stream

    def close(self) -> None:
        with _as_httpx():
            self._answer.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.TimeoutException(str(error) or "timed out") from error
    except httpcore.UnsupportedProtocol as error:
        raise httpx.UnsupportedProtocol(str(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise httpx.NetworkError(str(error) or type(error).__name__) from error
