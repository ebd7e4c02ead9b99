"""file:// URIs, below the folders that are allowed and nowhere else."""

import errno
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from damsight_consumer.errors import MediaMissingError, MediaRefusedError, StorageUnavailableError
from damsight_consumer.fetch.expectations import require_as_told, require_size
from damsight_schemas.asset import Media

# The storage is in trouble, not the file.
_TROUBLE = {
    errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN, errno.EMFILE, errno.ENFILE,
    errno.EAGAIN,
}  # fmt: skip

# A pipe that nobody writes to must not hang the thread; a link that was put in the file's place since its path was
# resolved must not lead elsewhere.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


class FileFetcher:
    """Reads files.

    Args:
        roots: The folders that may be read; symbolic links are resolved before it is decided.
        max_bytes: Of one file.
    """

    def __init__(self, roots: Sequence[Path], *, max_bytes: int) -> None:
        self._roots = [(root, Path(os.path.realpath(root))) for root in roots]
        self._max_bytes = max_bytes

    def fetch(self, media: Media, allow: Callable[[int], None]) -> bytes:
        """Read a file; see `damsight_consumer.ports.Fetcher`."""
        path = self._allowed(media.uri)
        try:
            with os.fdopen(os.open(path, _FLAGS), "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise MediaRefusedError("no_file", f"{media.uri} is no regular file")
                require_size(status.st_size, self._max_bytes, media.uri)
                allow(status.st_size)
                data = file.read(self._max_bytes + 1)
        except OSError as error:
            raise self._translated(error, media.uri) from error
        require_size(len(data), self._max_bytes, media.uri)
        return require_as_told(data, media)

    def _allowed(self, uri: str) -> Path:
        parts = urlsplit(uri)
        if parts.netloc not in ("", "localhost"):
            raise MediaRefusedError("forbidden", f"{uri} names the host {parts.netloc!r}; file:// is read here only")
        given = unquote(parts.path)
        if "\0" in given:
            raise MediaRefusedError("forbidden", f"{uri} holds a null character")
        path = Path(os.path.realpath(given))
        if not any(path.is_relative_to(root) for _, root in self._roots):
            allowed = ", ".join(str(root) for root, _ in self._roots) or "no folder at all"
            raise MediaRefusedError(
                "forbidden", f"{uri} lies outside the folders that may be read ({allowed}; DAMSIGHT_FETCH__ROOTS)"
            )
        return path

    def _translated(self, error: OSError, uri: str) -> Exception:
        words = f"{uri} cannot be read: {error.strerror or error}"
        if error.errno in _TROUBLE:
            return StorageUnavailableError("storage", words)
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            gone = next((root for root, real in self._roots if not real.is_dir()), None)
            if gone is not None:
                return StorageUnavailableError("storage", f"{words} (the folder {gone} is gone: is it mounted?)")
            return MediaMissingError("missing", words)
        return MediaRefusedError("unreadable", words)
