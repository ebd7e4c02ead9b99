"""Pictures by Pillow, under limits that hold before anything is decoded."""

import contextlib
import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from damsight_encoders.content import Box, Picture
from damsight_encoders.decode.colour import shows_nothing, to_srgb_on_white
from damsight_encoders.decode.sniff import MediaFormat, describe, ends_early, sniff, webp_canvas
from damsight_encoders.decode.upright import is_on_its_side, turn_upright
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits

# The plugins' own classes, not Image.open: it would try formats that we do not take, and would warn.
_READERS: Final[dict[MediaFormat, type[ImageFile.ImageFile]]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "JPEG2000": Jpeg2KImagePlugin.Jpeg2KImageFile,
}
# What Pillow and the libraries below it were seen to raise on bytes that lie.
DECODER_ERRORS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
    struct.error,
    zlib.error,
)
_ORIENTATION_TAG: Final = 0x0112
_FRAMES_TO_TRY: Final = 10
_REDUCE_ABOVE_PIXELS: Final = 32_000_000
_WHOLE_PASSES: Final = 20
_MARKER: Final = 0xFF
_START_OF_SCAN: Final = 0xDA
_PIECE_BYTES: Final = 1 << 18


class PillowDecoder:
    """Implements PictureDecoder for JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and JPEG 2000.

    Of an animation it takes the first frame that shows anything, of a document its first page. A JPEG is decoded at a
    half, a quarter or an eighth where that still gives what was asked for.
    """

    def __init__(self, limits: EncodingLimits | None = None) -> None:
        self._limits = limits or EncodingLimits()

    def decode(self, data: bytes, *, at_least: int) -> Picture:
        """Decode, keeping the shorter side at ``at_least`` pixels or more where the original has them.

        Raises:
            MediaError: The bytes are no picture that we take, or are beyond a limit.
        """
        require_size(data, self._limits)
        with opened_still(data, self._limits) as (image, media_format):
            return read_picture(image, media_format, self._limits, at_least=at_least)


def require_size(data: bytes, limits: EncodingLimits) -> None:
    """Refuse what is empty or beyond the limit in bytes.

    Raises:
        MediaError: It is.
    """
    if not data:
        raise MediaError("empty", "the file is empty; publish the asset again once its upload is complete")
    if len(data) > limits.max_bytes:
        raise MediaError(
            "too_large",
            f"the file has {len(data):,} bytes and the limit is {limits.max_bytes:,}; "
            f"raise the encoding limit max_bytes if that is wanted",
        )


def require_pixels(width: int, height: int, limits: EncodingLimits, *, passes: int = 1) -> None:
    """Refuse what would be too large a picture.

    Raises:
        MediaError: It has no pixel, or too many.
    """
    if width < 1 or height < 1:
        raise MediaError("broken", f"the header says {width} x {height} pixels, which is no picture")
    work = width * height * max(1.0, passes / _WHOLE_PASSES)
    if work > limits.max_pixels:
        raise MediaError(
            "too_many_pixels",
            f"the header says {width:,} x {height:,} pixels in {passes} pass(es) and the limit is "
            f"{limits.max_pixels:,} pixels; raise the encoding limit max_pixels if that is wanted",
        )


@contextlib.contextmanager
def opened_still(data: bytes, limits: EncodingLimits) -> Iterator[tuple[ImageFile.ImageFile, MediaFormat]]:
    """Open a picture of one of Pillow's formats, told by its bytes; nothing of it is decoded yet.

    Raises:
        MediaError: It is none, or beyond the limit in pixels; also for what a decoder raises within the block.
    """
    media_format = sniff(data)
    if media_format is None:
        raise MediaError(
            "unknown_format", f"the bytes are not a picture that we take ({', '.join(_READERS)}): {describe(data)}"
        )
    canvas = webp_canvas(data) if media_format == "WEBP" else None
    if canvas is not None:
        require_pixels(*canvas, limits)
    with opened(_READERS[media_format], data, media_format, limits) as image:
        yield image, media_format


@contextlib.contextmanager
def opened(
    reader: type[ImageFile.ImageFile], data: bytes, media_format: str, limits: EncodingLimits
) -> Iterator[ImageFile.ImageFile]:
    """Open a picture by one of Pillow's plugins; nothing of it is decoded yet.

    Raises:
        MediaError: It is beyond the limit in pixels; also for what a decoder raises within the block.
    """
    _hush_pillow()
    try:
        with reader(io.BytesIO(data)) as image:
            require_pixels(*image.size, limits, passes=_passes(data))
            yield image
    except Image.DecompressionBombError as error:
        raise MediaError("too_many_pixels", f"the {media_format} is refused by its decoder: {error}") from error
    except DECODER_ERRORS as error:
        raise refusal(data, media_format, error) from error


def read_picture(image: ImageFile.ImageFile, media_format: str, limits: EncodingLimits, *, at_least: int) -> Picture:
    """Decode the frame or page that an opened picture stands at, upright, in sRGB and on white."""
    # Pillow turns a TIFF upright itself while it loads.
    orientation = 1 if media_format == "TIFF" else image.getexif().get(_ORIENTATION_TAG, 1)
    width, height = image.size
    box: Box | None = None
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        drafted = image.draft(None, (at_least, at_least))
        box = drafted and drafted[1]
    frame: Image.Image = _first_to_show_something(image, limits)
    if width * height > _REDUCE_ABOVE_PIXELS and box is None:
        frame, box = _reduced(frame, at_least)
    pixels, box = turn_upright(np.asarray(to_srgb_on_white(frame)), box, orientation)
    whole: Box = (0.0, 0.0, float(pixels.shape[1]), float(pixels.shape[0]))
    return Picture(
        pixels=pixels,
        original_size=(height, width) if is_on_its_side(orientation) else (width, height),
        media_format=media_format,
        box=None if box == whole else box,
    )


def refusal(data: bytes, media_format: str, error: BaseException) -> MediaError:
    """Return what to raise for what a decoder raised on bytes."""
    words = str(error) or type(error).__name__
    what_to_do = "replace the file in the media library and publish it again"
    if "unknown pixel mode" in words:
        return MediaError("unsupported", f"the {media_format} stores its pixels as we cannot take them; {what_to_do}")
    cut_off = isinstance(error, EOFError) or "truncated" in words.lower() or ends_early(data, media_format)
    reason, what = ("truncated", "ends too early") if cut_off else ("broken", "cannot be decoded")
    return MediaError(reason, f"the {media_format} {what} ({words}); {what_to_do}")


def _passes(data: bytes) -> int:
    """Return how often a JPEG's decoder goes over the picture: once for each of its scans (ITU-T T.81, B.2.3)."""
    if not data.startswith(b"\xff\xd8"):
        return 1
    # As bytes.count does, in a quarter of its time: 1 ms of a 4-megapixel picture's 20. Piece by piece, since a hostile
    # file may be all markers, and each would take the memory of eight bytes.
    octets = np.frombuffer(data, dtype=np.uint8)
    scans = 0
    for start in range(0, octets.size, _PIECE_BYTES):
        piece = octets[start : start + _PIECE_BYTES + 1]
        followers = piece[np.flatnonzero(piece[:-1] == _MARKER) + 1]
        scans += int(np.count_nonzero(followers == _START_OF_SCAN))
    return max(1, scans)


def _first_to_show_something(image: ImageFile.ImageFile, limits: EncodingLimits) -> ImageFile.ImageFile:
    """Load the present frame, or the first of the next few that is not wholly transparent."""
    image.load()
    affordable = min(_FRAMES_TO_TRY, limits.max_pixels // (image.width * image.height))
    if not getattr(image, "is_animated", False) or not shows_nothing(image):
        return image
    for number in range(image.tell() + 1, image.tell() + affordable):
        try:
            image.seek(number)
            image.load()
        except DECODER_ERRORS:
            break
        if not shows_nothing(image):
            break
    return image


def _reduced(image: Image.Image, at_least: int) -> tuple[Image.Image, Box | None]:
    """Average whole blocks of pixels, so that a very large picture is not copied at full size in every step after."""
    factor = min(image.size) // max(1, at_least)
    if factor <= 1 or image.mode not in ("L", "RGB", "RGBA", "CMYK"):
        return image, None
    info = dict(image.info)
    reduced = image.reduce(factor)
    reduced.info.update(info)
    return reduced, (0, 0, image.width / factor, image.height / factor)


def _hush_pillow() -> None:
    """Keep Pillow's warnings about odd files out of the log: what matters of them ends in a MediaError.

    One filter for the process, put back when somebody removed it: catch_warnings is not safe between threads.
    """
    if not any(entry[0] == "ignore" and entry[3] and entry[3].match("PIL.Image") for entry in warnings.filters):
        warnings.filterwarnings("ignore", module=r"PIL\.")
