"""Reads the previews that the consumer keeps: in a folder, a bucket, or wherever else fsspec reaches."""

from fsspec.core import url_to_fs

from damsight_schemas.preview_stores import client_options, not_opened
from damsight_search.errors import SearchUnavailableError, SettingsError

# In seconds: somebody waits before a page.
_CONNECT_S = 3
_READ_S = 10
_TRIES = 1


class FilesystemKeptPreviews:
    """Implements `damsight_search.pictures.asset_pictures.KeptPreviews`.

    Args:
        url: Of the folder or the bucket, as DAMSIGHT_PREVIEWS__URL says it.

    Raises:
        SettingsError: Nothing installed knows such an address.
    """

    def __init__(self, url: str) -> None:
        try:
            # An instance of our own: fsspec's shared ones keep the endpoint that was said when the first was made.
            options = client_options(url, tries=_TRIES, connect_s=_CONNECT_S, read_s=_READ_S)
            self._fs, root = url_to_fs(url, skip_instance_cache=True, **options)
        except (ImportError, ValueError) as error:
            raise SettingsError(not_opened(url, error)) from error
        self._root = root.rstrip("/")

    def read(self, key: str) -> bytes | None:
        """Return a preview's bytes, WebP; None where there is none of that key.

        Raises:
            SearchUnavailableError: The store does not answer.
        """
        try:
            data: bytes = self._fs.cat_file(f"{self._root}/{key}")
        except FileNotFoundError:
            return None
        except Exception as error:
            # Each kind of store raises its own client's errors; their words may tell addresses, so they stay here.
            raise SearchUnavailableError("The store of previews does not answer now.") from error
        return data
