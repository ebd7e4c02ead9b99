"""Photoshop files, PSD and PSB, by the picture of all layers together that Photoshop saves beside them.

Read here and not by Pillow, whose plugin takes neither 16 bits a channel nor PSB. The layout is that of the Adobe
Photoshop File Formats Specification; the runs of bytes are unpacked by Pillow's own decoder.
"""

import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from damsight_encoders.content import Content, Picture
from damsight_encoders.decode.colour import to_srgb_on_white
from damsight_encoders.decode.image import PillowDecoder, require_pixels
from damsight_encoders.decode.photoshop_layout import Layout, read_layout
from damsight_encoders.decode.shrink import shrunk
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits

_BITMAP, _GREY, _INDEXED, _RGB, _CMYK, _DUOTONE, _LAB = 0, 1, 2, 3, 4, 8, 9
_MODES: Final = {_GREY: "L", _INDEXED: "P", _RGB: "RGB", _CMYK: "CMYK", _DUOTONE: "L", _LAB: "LAB", _BITMAP: "1"}
_CHANNELS: Final = {"L": 1, "P": 1, "RGB": 3, "CMYK": 4, "LAB": 3, "1": 1}
_DEPTHS: Final = (1, 8, 16, 32)
_RAW, _RUNS = 0, 1
_WHAT_TO_DO: Final = "save it anew in Photoshop with maximised compatibility, and publish it again"


def decode_photoshop(data: bytes, limits: EncodingLimits, *, at_least: int) -> Content:
    """Decode the saved composite; where Photoshop was told to save none, its thumbnail.

    Raises:
        MediaError: The file is cut off, damaged, of a colour mode without a picture (multichannel), or beyond a limit.
    """
    try:
        layout = read_layout(data)
        require_pixels(layout.width, layout.height, limits)
        if not layout.has_composite and layout.thumbnail:
            picture = PillowDecoder(limits).decode(layout.thumbnail, at_least=at_least)
            return Content(cover=Picture(picture.pixels, (layout.width, layout.height), layout.name, picture.box))
        image = _composite(data, layout)
    except (EOFError, IndexError) as error:
        raise MediaError("truncated", f"the Photoshop file ends too early; {_WHAT_TO_DO}") from error
    except (ValueError, OSError, zlib.error) as error:
        raise MediaError("broken", f"the Photoshop file cannot be decoded ({error}); {_WHAT_TO_DO}") from error
    pixels = np.array(to_srgb_on_white(image))
    return Content(cover=shrunk(Picture(pixels, (layout.width, layout.height), layout.name), at_least))


def _composite(data: bytes, layout: Layout) -> Image.Image:
    mode = _MODES.get(layout.mode)
    if mode is None or layout.depth not in _DEPTHS or layout.channels < _CHANNELS[mode]:
        raise MediaError(
            "unsupported",
            f"the {layout.name} is of colour mode {layout.mode} with {layout.channels} channels of {layout.depth} "
            f"bits, which holds no picture that we can show; {_WHAT_TO_DO}",
        )
    # Photoshop lays the composite on white itself; a channel beyond the colours may be any selection, but where it
    # says that it is the composite's transparency, what it hides may be of any colour.
    wanted = _CHANNELS[mode] + (layout.transparent and layout.channels > _CHANNELS[mode])
    planes = _planes(data, layout, wanted)
    image = _coloured(mode, planes[: _CHANNELS[mode]], layout)
    if layout.profile:
        image.info["icc_profile"] = layout.profile
    if len(planes) == _CHANNELS[mode]:
        return image
    opaque = to_srgb_on_white(image)
    white = Image.new("RGB", opaque.size, "white")
    white.paste(opaque, mask=Image.fromarray((planes[-1] > 0).astype(np.uint8) * np.uint8(255)))
    return white


def _coloured(mode: str, planes: list[NDArray[np.uint8]], layout: Layout) -> Image.Image:
    bands = [Image.fromarray(plane) for plane in planes]
    if mode == "1":
        return Image.fromarray(np.where(planes[0] > 0, np.uint8(0), np.uint8(255)))
    if mode == "P":
        image = bands[0].convert("P")
        # All reds, then all greens, then all blues.
        palette = np.frombuffer(layout.palette[:768].ljust(768, b"\x00"), np.uint8).reshape(3, 256)
        image = Image.fromarray(planes[0]).convert("L")
        image.putpalette(palette.T.tobytes())
        return image
    if mode == "CMYK":
        bands = [Image.fromarray(255 - plane) for plane in planes]
    return bands[0] if mode == "L" else Image.merge(mode, bands)


def _planes(data: bytes, layout: Layout, wanted: int) -> list[NDArray[np.uint8]]:
    row_bytes = (layout.width * layout.depth + 7) // 8
    start = layout.pixels + 2
    compression = int.from_bytes(data[layout.pixels : start], "big")
    size = row_bytes * layout.height
    if compression == _RAW:
        packed = [data[start + size * index : start + size * (index + 1)] for index in range(wanted)]
    elif compression == _RUNS:
        packed = _unpacked_runs(data, layout, start, row_bytes, wanted)
    else:
        raise MediaError("unsupported", f"the {layout.name} packs its composite in way {compression}; {_WHAT_TO_DO}")
    if any(len(plane) < size for plane in packed):
        raise EOFError
    return [_eight_bits(plane, layout, row_bytes) for plane in packed]


def _unpacked_runs(data: bytes, layout: Layout, start: int, row_bytes: int, wanted: int) -> list[bytes]:
    """Unpack the runs of bytes: the packed lengths of all rows of all channels stand before them."""
    kind = np.dtype(">u4" if layout.name == "PSB" else ">u2")
    rows = layout.height * layout.channels
    place = start + rows * kind.itemsize
    if len(data) < place:
        raise EOFError
    lengths = np.frombuffer(data, kind, rows, start).astype(np.int64).reshape(layout.channels, layout.height)
    unpacked = []
    for packed_bytes in (int(channel.sum()) for channel in lengths[:wanted]):
        if place + packed_bytes > len(data):
            raise EOFError
        runs = data[place : place + packed_bytes]
        unpacked.append(Image.frombytes("L", (row_bytes, layout.height), runs, "packbits", "L").tobytes())
        place += packed_bytes
    return unpacked


def _eight_bits(plane: bytes, layout: Layout, row_bytes: int) -> NDArray[np.uint8]:
    rows = np.frombuffer(plane, np.uint8, row_bytes * layout.height).reshape(layout.height, row_bytes)
    if layout.depth == 1:
        return np.unpackbits(rows, axis=1)[:, : layout.width] * np.uint8(255)
    if layout.depth == 16:  # noqa: PLR2004 - bits a channel; the upper eight are what can be shown
        return np.ascontiguousarray(rows[:, ::2])
    if layout.depth == 32:  # noqa: PLR2004 - bits a channel: linear light, 0 to 1
        light = np.clip(np.nan_to_num(rows.view(">f4").astype(np.float32)), 0.0, 1.0)
        return np.rint(255 * _encoded(light)).astype(np.uint8)
    return rows


def _encoded(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Encode linear light as IEC 61966-2-1 (sRGB) says."""
    straight = light <= 0.0031308  # noqa: PLR2004 - the standard's own number
    return np.where(straight, 12.92 * light, 1.055 * np.power(light, 1 / 2.4) - 0.055).astype(np.float32)
