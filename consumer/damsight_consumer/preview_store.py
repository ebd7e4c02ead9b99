"""A store of previews on whatever fsspec knows: a folder, a bucket of S3 or of what speaks like it, and others.

Where a bucket is and who may write to it is said by its own client's variables and files, as AWS_ENDPOINT_URL,
AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, or the role of the pod.
"""

import contextlib
from collections.abc import Iterator
from uuid import uuid4

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from damsight_consumer.errors import PreviewStoreUnavailableError, SettingsError
from damsight_schemas.preview_stores import client_options, not_opened

# In seconds. A client that waits for minutes would hold up what has nothing to wait for.
CONNECT_S = 5
READ_S = 20
# Of the client itself, beside our own later ones.
TRIES = 2


class FilesystemPreviewStore:
    """See `damsight_consumer.ports.PreviewStore`.

    Args:
        url: Of the folder or the bucket, as fsspec takes it. A folder is made where it is not there; a bucket is not.

    Raises:
        SettingsError: Nothing installed knows such an address.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            # An instance of our own: fsspec's shared ones keep the endpoint that was said when the first was made.
            options = client_options(url, tries=TRIES, connect_s=CONNECT_S, read_s=READ_S)
            self._fs, root = url_to_fs(url, skip_instance_cache=True, **options)
        except (ImportError, ValueError) as error:
            raise SettingsError(not_opened(url, error)) from error
        self._root = root.rstrip("/")

    def put(self, key: str, data: bytes) -> None:
        """Store; see the port."""
        path = self._path(key)
        with _translated(f"writing {key} to {self._url}"):
            if isinstance(self._fs, LocalFileSystem):
                _write_whole(self._fs, path, data)
            else:
                # An object store shows an object once all of it is there.
                self._fs.pipe_file(path, data)

    def delete(self, prefix: str) -> None:
        """Delete; see the port."""
        with _translated(f"deleting {prefix} from {self._url}"), contextlib.suppress(FileNotFoundError):
            # Another client may have written there since this one listed it.
            self._fs.invalidate_cache()
            self._fs.rm(self._path(prefix), recursive=True)

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"


def _write_whole(fs: AbstractFileSystem, path: str, data: bytes) -> None:
    """Write beside, then move: who reads sees all of it or nothing."""
    beside = f"{path}.{uuid4().hex}.part"
    fs.makedirs(path.rpartition("/")[0], exist_ok=True)
    try:
        fs.pipe_file(beside, data)
        fs.mv(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            fs.rm(beside)
        raise


@contextlib.contextmanager
def _translated(doing: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Each kind of store raises its own client's errors; whichever it is, no asset is at fault.
        words = str(error) or type(error).__name__
        raise PreviewStoreUnavailableError(f"{doing}: {words}. It is tried again later") from error
