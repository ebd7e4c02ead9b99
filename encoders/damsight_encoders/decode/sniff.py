"""What a file is, by its first bytes: names and declared types lie."""

import struct
from typing import Literal

MediaFormat = Literal["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000"]

_SIGNATURES: tuple[tuple[bytes, MediaFormat], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"BM", "BMP"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
)
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"%!", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"8BPS", "a Photoshop file"),
    (b"\x1a\x45\xdf\xa3", "a Matroska or WebM video"),
    (b"ID3", "an MP3"),
)
_WEBP_START = 30
_AVIF_BRANDS = (b"avif", b"avis")


def sniff(data: bytes) -> MediaFormat | None:
    """Return the picture format that the bytes begin as, or None where it is none that we take."""
    for signature, media_format in _SIGNATURES:
        if data.startswith(signature):
            return media_format
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and any(brand in iso_brands(data) for brand in _AVIF_BRANDS):
        return "AVIF"
    return None


def describe(data: bytes) -> str:
    """Say in words what bytes that are no picture look like, for an error message."""
    for signature, name in _OTHERS:
        if data.startswith(signature):
            return name
    if data[4:8] == b"ftyp":
        return f"an ISO media file of brand {data[8:12].decode('latin-1')!r}"
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page"
    if start.startswith((b"<?xml", b"<svg")):
        return "XML or SVG"
    return f"unknown, beginning with {data[:8].hex(' ')}"


def webp_canvas(data: bytes) -> tuple[int, int] | None:
    """Return (width, height) from a WebP's first chunk (RFC 9649, section 2.5-2.7), or None where it is cut off.

    Pillow's decoder reserves the canvas as soon as it opens the file, so this must be known before.
    """
    if len(data) < _WEBP_START:
        return None
    chunk, body = data[12:16], data[20:_WEBP_START]
    if chunk == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return None


def ends_early(data: bytes, media_format: str) -> bool:
    """Tell whether a file that could not be decoded is shorter than its own outermost lengths, or lacks its end."""
    if media_format == "WEBP":
        return len(data) < int.from_bytes(data[4:8], "little") + 8
    if media_format == "GIF":
        return not data.rstrip(b"\x00").endswith(b";")
    if media_format in ("AVIF", "HEIC") or data[4:8] == b"jP  ":
        return _last_box_end(data) > len(data)
    if media_format == "TIFF":
        # Many programs write the directory last: cut off, the file lacks even that.
        return int.from_bytes(data[4:8], "little" if data[:2] == b"II" else "big") >= len(data)
    if media_format == "JPEG2000":
        return not data.endswith(b"\xff\xd9")
    return False


def _last_box_end(data: bytes) -> int:
    """Walk the outermost boxes (ISO/IEC 14496-12, 4.2); length 0 means up to the end, 1 a 64-bit length."""
    start = 0
    while start < len(data):
        length = int.from_bytes(data[start : start + 4], "big")
        if length == 1:
            length = int.from_bytes(data[start + 8 : start + 16], "big")
        if length == 0:
            return len(data)
        start += max(length, 8)
    return start


def iso_brands(data: bytes) -> list[bytes]:
    """Return the major and the compatible brands of an ISO base media file (ISO/IEC 14496-12, 4.3)."""
    end = min(int.from_bytes(data[:4], "big"), 256)
    return [data[8:12], *(data[start : start + 4] for start in range(16, end, 4))]
