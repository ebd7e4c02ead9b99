"""Pictures of every sort that a media archive holds, the bad ones too."""

import io
import struct
import zlib

import numpy as np
from PIL import Image


def _saved(image: Image.Image, media_format: str, **options: object) -> bytes:
    held = io.BytesIO()
    image.save(held, media_format, **options)
    return held.getvalue()


def jpeg(colour: str = "red", size: tuple[int, int] = (80, 60)) -> bytes:
    return _saved(Image.new("RGB", size, colour), "JPEG")


def noisy_jpeg(size: tuple[int, int] = (320, 240)) -> bytes:
    pixels = np.random.default_rng(7).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    return _saved(Image.fromarray(pixels), "JPEG")


def truncated_jpeg() -> bytes:
    whole = noisy_jpeg()
    return whole[: len(whole) // 2]


def bomb_png(side: int = 40_000) -> bytes:
    """1.6 thousand million pixels in a few hundred kilobytes."""
    row = b"\0" * (side // 8 + 1)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def html_page() -> bytes:
    return b"<!DOCTYPE html><html><head><title>Please log in</title></head><body>403</body></html>"


def animated_gif() -> bytes:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "green", "blue")]
    return _saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0)


def cmyk_jpeg() -> bytes:
    return _saved(Image.new("CMYK", (64, 48), (0, 255, 255, 0)), "JPEG")


def sixteen_bit_png() -> bytes:
    ramp = np.linspace(0, 65_535, 64 * 48).reshape(48, 64).astype(np.uint16)
    return _saved(Image.fromarray(ramp), "PNG")


def rotated_jpeg() -> bytes:
    """Stored 80 x 60, to be shown 60 x 80."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return _saved(Image.new("RGB", (80, 60), "red"), "JPEG", exif=exif)
