"""An asset's picture as bytes: from the store of previews that the consumer fills, or its file under allowed folders.

Where faces are to be blurred, nothing but what the consumer keeps is read. An asset that is elsewhere has no picture
here: to fetch it for whoever asks would let strangers make this server call others.
"""

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from damsight_schemas.preview_keys import is_preview_of
from damsight_search.errors import NoPreviewError


class KeptPreviews(Protocol):
    """The store that the consumer fills."""

    def read(self, key: str) -> bytes | None:
        """Return a preview's bytes; None where there is none of that key.

        Raises:
            SearchUnavailableError: The store does not answer.
        """
        ...


class AssetPictures:
    """Reads pictures. Rights are the caller's business: ask it only of what somebody may see.

    Args:
        roots: The folders that may be read.
        max_bytes: Of a file.
        kept: The store that the consumer fills, where there is one.
        only_kept: Read nothing that is not from there: the consumer blurs faces, and here they would be seen.
    """

    def __init__(
        self, roots: Sequence[Path], *, max_bytes: int, kept: KeptPreviews | None = None, only_kept: bool = False
    ) -> None:
        self._roots = tuple(root.resolve() for root in roots)
        self._max_bytes = max_bytes
        self._store = kept
        self._only_kept = only_kept

    def shown(self, asset_id: str, stored: str, uri: str) -> bytes:
        """Return what is small enough to show: what is kept, else the file.

        Args:
            asset_id: Whose.
            stored: The key of its kept preview; empty where there is none.
            uri: Of its file.

        Raises:
            NoPreviewError: There is neither here.
            SearchUnavailableError: The store of previews does not answer.
        """
        data = self._kept(asset_id, stored)
        if data is None and self._only_kept:
            raise NoPreviewError(f"Asset {asset_id!r} has no preview yet.")
        return data or self._file(asset_id, uri)

    def sharpest(self, media: Mapping[str, Any]) -> bytes:
        """Return what shows most detail: of a still its file, else what is kept.

        Args:
            media: A document's asset_id, kind, uri and preview.

        Raises:
            NoPreviewError: There is neither here.
            SearchUnavailableError: The store of previews does not answer.
        """
        asset_id, uri = str(media["asset_id"]), str(media.get("uri") or "")
        if media.get("kind") == "image" and not self._only_kept:
            try:
                return self._file(asset_id, uri)
            except NoPreviewError:
                pass  # What is kept may do.
        return self.shown(asset_id, str(media.get("preview") or ""), uri)

    def _kept(self, asset_id: str, key: str) -> bytes | None:
        # A document may tell any key; only this asset's own are read.
        if self._store is None or not is_preview_of(key, asset_id):
            return None
        return self._store.read(key)

    def _file(self, asset_id: str, uri: str) -> bytes:
        parts = urlsplit(uri)
        if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
            raise NoPreviewError(f"Asset {asset_id!r} is not in a folder that previews are read from.")
        try:
            path = Path(unquote(parts.path)).resolve(strict=True)
            if not any(path.is_relative_to(root) for root in self._roots):
                raise NoPreviewError(f"Asset {asset_id!r} is not in a folder that previews are read from.")
            return self._bounded(path)
        except (OSError, ValueError) as error:
            # The path itself is the operator's business; whoever asks learns only that there is nothing to show.
            raise NoPreviewError(f"The file of asset {asset_id!r} cannot be read.") from error

    def _bounded(self, path: Path) -> bytes:
        # The path was resolved: a link that is put there since must not lead elsewhere, and a pipe must not block.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            told = os.fstat(file.fileno())
            if not stat.S_ISREG(told.st_mode) or told.st_size > self._max_bytes:
                raise ValueError("not a regular file within the limit")
            return file.read(self._max_bytes)
