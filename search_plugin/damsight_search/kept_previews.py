"""Reads the previews that the consumer keeps: in a folder, a bucket, or wherever else fsspec reaches."""

from typing import Any

from fsspec.core import url_to_fs

from damsight_search.errors import SearchUnavailableError, SettingsError

# In seconds: somebody waits before a page.
_CONNECT_S = 3
_READ_S = 10


class FilesystemKeptPreviews:
    """Implements `damsight_search.asset_pictures.KeptPreviews`.

    Args:
        url: Of the folder or the bucket, as DAMSIGHT_PREVIEWS__URL says it.

    Raises:
        SettingsError: Nothing installed knows such an address.
    """

    def __init__(self, url: str) -> None:
        try:
            # An instance of our own: fsspec's shared ones keep the endpoint that was said when the first was made.
            self._fs, root = url_to_fs(url, skip_instance_cache=True, **_options(url))
        except (ImportError, ValueError) as error:
            raise SettingsError(
                f"DAMSIGHT_PREVIEWS__URL names {url}, which cannot be opened here: {error}. For s3:// install the "
                f"extra: pip install 'damsight[s3]'; other kinds need their own fsspec package"
            ) from error
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


def _options(url: str) -> dict[str, Any]:
    if not url.startswith(("s3://", "s3a://")):
        return {}
    retries = {"max_attempts": 1, "mode": "standard"}
    return {"config_kwargs": {"connect_timeout": _CONNECT_S, "read_timeout": _READ_S, "retries": retries}}
