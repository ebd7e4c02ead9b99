"""Previews: an asset's picture, made small and drawn anew: no EXIF, no GPS, nothing else of the file goes out.

What the consumer keeps in the store of previews comes first; where faces are to be blurred, nothing else is shown. Of
the assets themselves only ``file://`` under the allowed folders is read. An asset that is elsewhere has no preview
here: to fetch it for whoever asks would let strangers make this server call others, and to redirect would tell them
where the DAM keeps it.
"""

import io
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any, Protocol

from PIL import Image

from damsight_encoders.content import Picture
from damsight_encoders.errors import MediaError
from damsight_encoders.ports import PictureDecoder
from damsight_search.errors import NoPreviewError
from damsight_search.pictures.asset_pictures import AssetPictures, KeptPreviews

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
        self._pictures = AssetPictures(roots, max_bytes=max_bytes, kept=kept, only_kept=only_kept)
        self._assets = assets
        self._decoder = decoder
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
        try:
            return _jpeg(self._decoder.decode(self._pictures.shown(asset_id, stored, uri), at_least=side), side)
        except MediaError as error:
            raise NoPreviewError(f"Asset {asset_id!r} has no picture that can be shown: {error}") from error

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
