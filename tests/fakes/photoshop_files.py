"""Photoshop files made by hand, after Adobe's specification."""

import io
import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MODES = {"bitmap": 0, "grey": 1, "indexed": 2, "rgb": 3, "cmyk": 4, "multichannel": 7, "lab": 9}


def photoshop(
    planes: list[NDArray[np.generic]],
    mode: str,
    *,
    large: bool = False,
    runs: bool = True,
    transparent: bool = False,
    palette: bytes = b"",
    resources: bytes = b"",
) -> bytes:
    """A PSD or, large, a PSB without layers; planes of (height, width), uint8, uint16 or float32."""
    height, width = planes[0].shape
    depth = 1 if mode == "bitmap" else planes[0].itemsize * 8
    header = b"8BPS" + struct.pack(">H6xHIIHH", 2 if large else 1, len(planes), height, width, depth, MODES[mode])
    blocks = b"".join(struct.pack(">I", len(block)) + block for block in (palette, resources))
    # The layer info's length, then how many layers: -1 says one, and that the first alpha is the composite's.
    info = struct.pack(">Q" if large else ">I", 2) + struct.pack(">h", -1) if transparent else b""
    layers = struct.pack(">Q" if large else ">I", len(info)) + info
    rows = [_row(plane[line], depth) for plane in planes for line in range(height)]
    if not runs:
        return header + blocks + layers + struct.pack(">H", 0) + b"".join(rows)
    packed = [_packed(row) for row in rows]
    lengths = b"".join(struct.pack(">I" if large else ">H", len(row)) for row in packed)
    return header + blocks + layers + struct.pack(">H", 1) + lengths + b"".join(packed)


def resource(number: int, content: bytes) -> bytes:
    """One image resource block."""
    return b"8BIM" + struct.pack(">HHI", number, 0, len(content)) + content + bytes(len(content) % 2)


def thumbnail(colour: tuple[int, int, int]) -> bytes:
    """Resource 1036, a JPEG behind its header; with 1057, which says that there is no composite."""
    jpeg = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(jpeg, "JPEG", quality=95)
    head = struct.pack(">IIIIIIHH", 1, 32, 24, 96, 2304, len(jpeg.getvalue()), 24, 1)
    return resource(1036, head + jpeg.getvalue()) + resource(1057, struct.pack(">IB", 1, 0) + bytes(12))


def _row(row: NDArray[np.generic], depth: int) -> bytes:
    if depth == 1:
        return np.packbits(row > 0).tobytes()
    return row.astype(row.dtype.newbyteorder(">")).tobytes()


def _packed(row: bytes) -> bytes:
    """PackBits (TIFF 6.0, section 9): runs of the same byte, at most 128 long."""
    packed, place = bytearray(), 0
    while place < len(row):
        length = 1
        while place + length < len(row) and row[place + length] == row[place] and length < 128:
            length += 1
        packed += bytes([257 - length & 0xFF, row[place]]) if length > 1 else bytes([0, row[place]])
        place += length
    return bytes(packed)
