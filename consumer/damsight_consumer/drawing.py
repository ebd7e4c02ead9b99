"""Draws thumbnails and previews by Pillow: sRGB WebP of pixels alone, so nothing else of the file goes out."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from damsight_consumer.ports import Blur, Drawn
from damsight_encoders.content import Picture
from damsight_schemas.preview_keys import preview_key

QUALITY = 82
# Of Pillow's own reducing before it resamples: as good to the eye, and much quicker.
_REDUCING_GAP = 3.0


class PreviewDrawing:
    """See `damsight_consumer.ports.Drawing`.

    Args:
        thumbnail_px: The longest side of a thumbnail.
        preview_px: Of a preview.
        blur: For faces; none leaves them.
    """

    def __init__(self, *, thumbnail_px: int, preview_px: int, blur: Blur | None = None) -> None:
        self._thumbnail_px = thumbnail_px
        self._preview_px = preview_px
        self._blur = blur

    def __call__(self, asset_id: str, picture: Picture) -> Sequence[Drawn]:
        """Draw both; neither is larger than the picture itself.

        Raises:
            Exception: Whatever the blur raises: what may show faces is not drawn then.
        """
        height, width = picture.pixels.shape[:2]
        whole = picture.box or (0.0, 0.0, float(width), float(height))
        large = _resized(Image.fromarray(picture.pixels), max(self._preview_px, self._thumbnail_px), whole)
        if self._blur is not None:
            large = _blurred(large, self._blur)
        small = _resized(large, self._thumbnail_px, (0.0, 0.0, float(large.width), float(large.height)))
        large = _resized(large, self._preview_px, (0.0, 0.0, float(large.width), float(large.height)))
        thumbnail, preview = _webp(small), _webp(large)
        return (
            Drawn("thumbnail", preview_key(asset_id, thumbnail, self._thumbnail_px), thumbnail),
            Drawn("preview", preview_key(asset_id, preview, self._preview_px), preview),
        )


def _resized(image: Image.Image, longest: int, box: tuple[float, float, float, float]) -> Image.Image:
    width, height = box[2] - box[0], box[3] - box[1]
    scale = min(1.0, longest / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=_REDUCING_GAP)


def _blurred(image: Image.Image, blur: Blur) -> Image.Image:
    return Image.fromarray(blur(np.asarray(image)))


def _webp(image: Image.Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "WEBP", quality=QUALITY, exif=b"", xmp=b"", icc_profile=b"")
    return held.getvalue()
