"""Tell SVG and SVGZ by the bytes."""

import re
import zlib
from typing import Final

_LOOKED_AT: Final = 1 << 16
_GZIP: Final = b"\x1f\x8b\x08"
_ANY_GZIP_WINDOW: Final = 31  # zlib's manual: 15 + 16 takes gzip's header
_ROOT: Final = re.compile(rb"<(?:[\w.-]+:)?svg[\s/>]")
_BEFORE_ROOT: Final = re.compile(rb"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>|\s+)*", re.DOTALL)


def sniff_vector(data: bytes) -> str | None:
    """Return SVG or SVGZ where the root element is one, also behind comments, a document type and in UTF-16."""
    if not data.startswith(_GZIP):
        return "SVG" if _is_svg(data[:_LOOKED_AT]) else None
    try:
        start = zlib.decompressobj(_ANY_GZIP_WINDOW).decompress(data[:_LOOKED_AT], _LOOKED_AT)
    except zlib.error:
        return None
    return "SVGZ" if _is_svg(start) else None


def unpacked(data: bytes, most: int) -> bytes | None:
    """Return what an SVGZ holds; None where that is more than so many bytes.

    Raises:
        zlib.error: It is damaged.
        EOFError: It ends too early.
    """
    unpacking = zlib.decompressobj(_ANY_GZIP_WINDOW)
    content = unpacking.decompress(data, most + 1)
    if len(content) > most:
        return None
    if not unpacking.eof:
        raise EOFError("the compressed data end too early")
    return content


def _is_svg(start: bytes) -> bool:
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = start[2:].replace(b"\x00", b"")
    start = start.removeprefix(b"\xef\xbb\xbf")
    before = _BEFORE_ROOT.match(start)
    return bool(_ROOT.match(start, before.end() if before else 0))
