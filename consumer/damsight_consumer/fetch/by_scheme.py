"""Which fetcher reads which URI."""

from collections.abc import Callable, Mapping

from damsight_consumer.errors import MediaRefusedError
from damsight_consumer.ports import Fetcher
from damsight_schemas.asset import Media


class FetcherByScheme:
    """Hands each URI to the fetcher of its scheme.

    Args:
        fetchers: By scheme, as in ``{"file": ..., "https": ...}``.
    """

    def __init__(self, fetchers: Mapping[str, Fetcher]) -> None:
        self._fetchers = dict(fetchers)

    def fetch(self, media: Media, allow: Callable[[int], None]) -> bytes:
        """Read; see `damsight_consumer.ports.Fetcher`."""
        scheme = media.uri.partition(":")[0].lower()
        fetcher = self._fetchers.get(scheme)
        if fetcher is None:
            known = ", ".join(f"{name}://" for name in sorted(self._fetchers))
            raise MediaRefusedError("forbidden", f"{media.uri} is not read: this consumer reads {known}")
        return fetcher.fetch(media, allow)
