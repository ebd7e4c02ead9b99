"""http:// and https:// URIs, with limits on address, redirects, size and time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from damsight_consumer.errors import MediaAccessError, MediaMissingError, MediaRefusedError, StorageUnavailableError
from damsight_consumer.fetch.addresses import GuardedBackend
from damsight_consumer.fetch.expectations import require_as_told, require_size
from damsight_consumer.fetch.transport import GuardedTransport
from damsight_schemas.asset import Media

_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_TROUBLE = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True)
class WebLimits:
    """What one fetch may take.

    Attributes:
        max_bytes: Of one file.
        timeout_s: From the first connection to the last byte, redirects included.
        redirects: At most so many.
        connections: At once, over all fetches.
    """

    max_bytes: int
    timeout_s: float = 60.0
    redirects: int = 5
    connections: int = 32


class WebFetcher:
    """Reads over HTTP. Close it when done.

    Args:
        backend: Decides where may be connected to.
        limits: What one fetch may take.
        ca_file: Certificates to trust in place of those that come with httpx.
    """

    def __init__(self, backend: GuardedBackend, limits: WebLimits, *, ca_file: str | None = None) -> None:
        self._limits = limits
        self._client = httpx.Client(
            transport=GuardedTransport(backend, connections=limits.connections, ca_file=ca_file),
            timeout=min(limits.timeout_s, 15.0),
            follow_redirects=False,
            trust_env=False,
            # One asset's server shall not set cookies for the next one's.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            # An encoded body could swell without bound while it is unpacked.
            headers={"Accept-Encoding": "identity", "User-Agent": "damsight-consumer"},
        )

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def fetch(self, media: Media, allow: Callable[[int], None]) -> bytes:
        """Read over HTTP; see `damsight_consumer.ports.Fetcher`."""
        began = time.monotonic()
        try:
            return require_as_told(self._read(media, allow, began + self._limits.timeout_s), media)
        except httpx.TimeoutException as error:
            raise StorageUnavailableError("timeout", f"{media.uri} did not answer in time: {error}") from error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise MediaRefusedError("forbidden", f"{media.uri} cannot be fetched: {error}") from error
        except httpx.HTTPError as error:
            raise StorageUnavailableError("connection", f"{media.uri} cannot be fetched: {error}") from error

    def _read(self, media: Media, allow: Callable[[int], None], deadline: float) -> bytes:
        request: httpx.Request | None = self._client.build_request("GET", media.uri)
        for _ in range(self._limits.redirects + 1):
            if request is None:
                break
            answer = self._client.send(request, stream=True)
            try:
                if not answer.is_redirect:
                    return self._body(answer, media, allow, deadline)
                request = answer.next_request
            finally:
                answer.close()
        raise MediaRefusedError("redirects", f"{media.uri} redirects more than {self._limits.redirects} times")

    def _body(self, answer: httpx.Response, media: Media, allow: Callable[[int], None], deadline: float) -> bytes:
        if answer.status_code != HTTPStatus.OK:
            raise _refusal(answer, media.uri)
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise MediaRefusedError("encoded", f"{media.uri} comes compressed although we ask for it as it is")
        told = answer.headers.get("Content-Length", "")
        expected = int(told) if told.isascii() and told.isdigit() else None
        require_size(expected or 0, self._limits.max_bytes, media.uri)
        allow(expected if expected is not None else self._limits.max_bytes)
        data = bytearray()
        for chunk in answer.iter_raw():
            data += chunk
            require_size(len(data), self._limits.max_bytes, media.uri)
            if time.monotonic() > deadline:
                raise StorageUnavailableError(
                    "timeout", f"{media.uri} took longer than {self._limits.timeout_s:g} s (DAMSIGHT_FETCH__TIMEOUT_S)"
                )
        return bytes(data)


def _refusal(answer: httpx.Response, uri: str) -> MediaAccessError:
    status = answer.status_code
    words = f"{uri} answers {status} {answer.reason_phrase}".rstrip()
    if status in _GONE:
        return MediaMissingError("missing", words)
    if status in _TROUBLE or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return StorageUnavailableError("storage", words)
    return MediaRefusedError("refused", words)
