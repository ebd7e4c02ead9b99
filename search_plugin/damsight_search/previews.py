"""Previews: an asset's picture, made small and drawn anew: no EXIF, no GPS, nothing else of the file goes out.

What the consumer keeps in the store of previews comes first; where faces are to be blurred, nothing else is shown. Of
the assets themselves only ``file://`` under the allowed folders is read. An asset that is elsewhere has no preview
here: to fetch it for whoever asks would let strangers make this server call others, and to redirect would tell them
where the DAM keeps it.
"""

import io
import os
import stat
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from PIL import Image

from damsight_encoders.content import Picture
from damsight_encoders.errors import MediaError
from damsight_encoders.ports import PictureDecoder
from damsight_schemas.preview_keys import is_preview_of
from damsight_search.errors import NoPreviewError

THUMBNAIL = 480
LARGE = 2048
QUALITY = 82
# Decoding a camera's picture takes a core and tens of megabytes; more at once would only take turns.
AT_ONCE = max(2, os.cpu_count() or 2)


class MediaOf(Protocol):
    """Tells where an asset's bytes are, to whoever may see it."""

    def media(self, asset_id: str, principals: Sequence[str]) -> dict[str, Any]:
        """Return asset_id, revision, uri, mime_type, kind, and the keys thumbnail and preview.

        Raises:
            AssetNotFoundError: It is not there for these principals.
        """
        ...


class KeptPreviews(Protocol):
    """The store that the consumer fills."""

    def read(self, key: str) -> bytes | None:
        """Return a preview's bytes; None where there is none of that key.

        Raises:
            SearchUnavailableError: The store does not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture to show.

    Attributes:
        data: A JPEG.
        tag: Changes whenever the picture may have changed.
    """

    data: bytes
    tag: str


class Previews:
    """Makes previews, and keeps the last ones in memory. Rights are asked each time, before anything else.

    Args:
        assets: Tells where the bytes are.
        decoder: Holds its limits before it decodes.
        roots: The folders that may be read.
        max_bytes: Of a file.
        keep_bytes: Of all previews in memory.
        kept: The store that the consumer fills, where there is one.
        only_kept: Show nothing that is not from there: the consumer blurs faces, and here they would be seen.
    """

    def __init__(
        self,
        assets: MediaOf,
        decoder: PictureDecoder,
        roots: Sequence[Path],
        *,
        max_bytes: int,
        keep_bytes: int,
        kept: KeptPreviews | None = None,
        only_kept: bool = False,
    ) -> None:
        self._store = kept
        self._only_kept = only_kept
        self._assets = assets
        self._decoder = decoder
        self._roots = tuple(root.resolve() for root in roots)
        self._max_bytes = max_bytes
        self._keep_bytes = keep_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._held_bytes = 0
        self._keeping = Lock()
        self._working = BoundedSemaphore(AT_ONCE)

    def of(self, asset_id: str, principals: Sequence[str], *, side: int) -> Preview:
        """Return a preview whose longer side is at most ``side`` pixels; never enlarged.

        Raises:
            AssetNotFoundError: The asset is not there for these principals.
            NoPreviewError: It has no picture that can be shown here.
            SearchUnavailableError: The store of previews does not answer.
        """
        media = self._assets.media(asset_id, principals)
        stored = str(media.get("thumbnail" if side <= THUMBNAIL else "preview") or "")
        key = f"{asset_id}\n{media.get('revision')}\n{media.get('uri')}\n{stored}\n{side}"
        kept = self._recalled(key)
        if kept is None:
            with self._working:
                kept = self._made(asset_id, stored, str(media.get("uri") or ""), side)
            self._keep(key, kept)
        return Preview(kept, f"{media.get('revision')}-{stored[-80:-5]}-{side}")

    def _made(self, asset_id: str, stored: str, uri: str, side: int) -> bytes:
        data = self._read_kept(asset_id, stored)
        if data is None and self._only_kept:
            raise NoPreviewError(f"Asset {asset_id!r} has no preview yet.")
        try:
            return _jpeg(self._decoder.decode(data or self._read(asset_id, uri), at_least=side), side)
        except MediaError as error:
            raise NoPreviewError(f"Asset {asset_id!r} has no picture that can be shown: {error}") from error

    def _read_kept(self, asset_id: str, key: str) -> bytes | None:
        # A document may tell any key; only this asset's own are read.
        if self._store is None or not is_preview_of(key, asset_id):
            return None
        return self._store.read(key)

    def _read(self, asset_id: str, uri: str) -> bytes:
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

    def _recalled(self, key: str) -> bytes | None:
        with self._keeping:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    def _keep(self, key: str, data: bytes) -> None:
        with self._keeping:
            if key in self._kept or len(data) > self._keep_bytes:
                return
            self._kept[key] = data
            self._held_bytes += len(data)
            while self._held_bytes > self._keep_bytes:
                _, dropped = self._kept.popitem(last=False)
                self._held_bytes -= len(dropped)


def _jpeg(picture: Picture, side: int) -> bytes:
    width, height = picture.original_size
    ratio = min(1.0, side / max(width, height))
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    shown = Image.fromarray(picture.pixels).resize(size, Image.Resampling.LANCZOS, box=picture.box, reducing_gap=3.0)
    drawn = io.BytesIO()
    shown.save(drawn, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return drawn.getvalue()
