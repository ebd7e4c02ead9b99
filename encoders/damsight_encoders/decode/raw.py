"""Camera raw, by its own preview or by LibRaw."""

import io
from dataclasses import replace
from typing import Final

import numpy as np
import rawpy
from PIL import ExifTags

from damsight_encoders.content import Content, Picture
from damsight_encoders.decode.image import opened_still, read_picture, require_pixels
from damsight_encoders.decode.kinds import kind_of
from damsight_encoders.decode.upright import is_on_its_side, turn_upright
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits

_ORIENTATIONS: Final = {0: 1, 3: 3, 5: 8, 6: 6}
"""LibRaw's flip (libraw_image_sizes_t) as EXIF's orientation: half a turn, a quarter to the left, to the right."""

_SAME_SHAPE: Final = 0.02


def decode_raw(data: bytes, limits: EncodingLimits, *, at_least: int) -> Content:
    """Decode the camera's own preview where it is large enough, else develop the sensor's data at half size.

    The camera's preview is what the photographer saw, and costs a hundredth of the development.

    Raises:
        MediaError: LibRaw does not know the camera, the file is damaged or cut off, or it is beyond a limit.
    """
    kind = kind_of(data)
    name = kind.name if kind else "RAW"
    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            require_pixels(raw.sizes.raw_width, raw.sizes.raw_height, limits)
            orientation = _ORIENTATIONS.get(raw.sizes.flip, 1)
            width, height = raw.sizes.width, raw.sizes.height
            upright = (height, width) if is_on_its_side(orientation) else (width, height)
            preview = _preview(raw, orientation, upright, limits, at_least)
            if preview is None or min(preview.pixels.shape[:2]) < min(at_least, min(upright) // 2):
                preview = _developed(raw) or preview
    except (rawpy.LibRawError, ValueError, MemoryError, OSError) as error:
        raise _refusal(name, error) from error
    if preview is None:
        raise MediaError("broken", f"the {name} holds neither a preview nor a picture; replace the file")
    size = upright if _is_of(preview, upright) else preview.original_size
    return Content(cover=replace(preview, original_size=size, media_format=name))


def _preview(
    raw: rawpy.RawPy, orientation: int, upright: tuple[int, int], limits: EncodingLimits, at_least: int
) -> Picture | None:
    try:
        thumbnail = raw.extract_thumb()
    except rawpy.LibRawError:
        return None
    if thumbnail.format == rawpy.ThumbFormat.BITMAP:
        pixels = np.asarray(thumbnail.data, dtype=np.uint8)
        return _turned(Picture(pixels, (pixels.shape[1], pixels.shape[0]), "RAW"), orientation, upright)
    if thumbnail.format != rawpy.ThumbFormat.JPEG:
        return None
    try:
        with opened_still(bytes(thumbnail.data), limits) as (image, media_format):
            knows = ExifTags.Base.Orientation in image.getexif()
            picture = read_picture(image, media_format, limits, at_least=at_least)
    except MediaError:
        return None
    return picture if knows else _turned(picture, orientation, upright)


def _turned(picture: Picture, orientation: int, upright: tuple[int, int]) -> Picture:
    """Turn a preview as the raw picture is to be turned, unless it lies as the upright one does already."""
    height, width = picture.pixels.shape[:2]
    if is_on_its_side(orientation) and (width > height) == (upright[0] > upright[1]):
        return picture
    pixels, box = turn_upright(picture.pixels, picture.box, orientation)
    original = picture.original_size[::-1] if is_on_its_side(orientation) else picture.original_size
    return replace(picture, pixels=pixels, box=box, original_size=original)


def _is_of(picture: Picture, size: tuple[int, int]) -> bool:
    """Tell whether a picture is of this size, made smaller: some cameras crop their previews."""
    width, height = picture.original_size
    return width <= size[0] and abs(width * size[1] - height * size[0]) <= _SAME_SHAPE * width * size[1]


def _developed(raw: rawpy.RawPy) -> Picture | None:
    try:
        pixels = raw.postprocess(half_size=True, use_camera_wb=True, output_color=rawpy.ColorSpace.sRGB, output_bps=8)
    except rawpy.LibRawError:
        return None
    return Picture(np.ascontiguousarray(pixels), (pixels.shape[1], pixels.shape[0]), "RAW")


def _refusal(name: str, error: Exception) -> MediaError:
    what_to_do = "replace the file in the media library and publish it again"
    if isinstance(error, rawpy.LibRawFileUnsupportedError):
        return MediaError(
            "unsupported", f"the {name} is of a camera, or a kind, that LibRaw does not know; {what_to_do}"
        )
    if isinstance(error, rawpy.LibRawIOError):
        return MediaError("truncated", f"the {name} ends too early ({error}); {what_to_do}")
    return MediaError("broken", f"the {name} cannot be decoded ({error}); {what_to_do}")
