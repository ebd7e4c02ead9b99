"""A storage in memory."""

from collections.abc import Callable

from damsight_consumer.errors import MediaAccessError, MediaMissingError
from damsight_consumer.fetch.expectations import require_as_told, require_size
from damsight_schemas.asset import Media


class FakeFetcher:
    """See `damsight_consumer.ports.Fetcher`.

    Args:
        files: Bytes by URI.
        max_bytes: Of one file.
    """

    def __init__(self, files: dict[str, bytes] | None = None, *, max_bytes: int = 1_000_000) -> None:
        self.files = files or {}
        self.troubles: dict[str, list[MediaAccessError]] = {}
        self.asked: list[str] = []
        self._max_bytes = max_bytes

    def fetch(self, media: Media, allow: Callable[[int], None]) -> bytes:
        self.asked.append(media.uri)
        troubles = self.troubles.get(media.uri)
        if troubles:
            raise troubles.pop(0)
        if media.uri not in self.files:
            raise MediaMissingError("missing", f"{media.uri} is not there")
        data = self.files[media.uri]
        require_size(len(data), self._max_bytes, media.uri)
        allow(len(data))
        return require_as_told(data, media)
