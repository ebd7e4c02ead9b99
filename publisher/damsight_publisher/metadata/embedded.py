"""Opens a picture for what is written in it; its pixels are never decoded here."""

import struct
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageFile, IptcImagePlugin

from damsight_publisher.errors import ItemError
from damsight_publisher.metadata.exif import words_of_exif
from damsight_publisher.metadata.iptc import words_of_iptc
from damsight_publisher.metadata.words import Words
from damsight_publisher.metadata.xmp import words_of_xmp

# What Pillow's readers raise on files that lie about themselves.
_FAULTS = (
    OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError,
    RuntimeError, MemoryError, struct.error, Image.DecompressionBombError,
)  # fmt: skip
# Pillow knows only five formats until it is told to look for the others.
Image.init()
# Only these are opened: a file cannot choose another of Pillow's readers by its first bytes.
FORMATS = sorted({"JPEG", "PNG", "TIFF", "WEBP", "GIF", "AVIF", "JPEG2000", "BMP"} & set(Image.OPEN))
# warnings.catch_warnings is not for threads.
_one_at_a_time = threading.Lock()


def read_embedded(path: Path, language: str = "") -> tuple[list[Words], tuple[str, ...]]:
    """Return what XMP, IPTC and EXIF say, in this order of trust, and what could not be read of them.

    Args:
        path: A picture; of anything else nothing is returned.
        language: Which translation is taken, where there are several.
    """
    notes: list[str] = []
    try:
        with _warnings_noted(notes):
            image = Image.open(path, formats=FORMATS)
    except _FAULTS as fault:
        return [], (*notes, f"its metadata cannot be read: {_told(fault)}")
    with image:
        found = [
            _guarded("XMP", lambda: _xmp(image, language), notes),
            _guarded("IPTC", lambda: _iptc(image), notes),
            _guarded("EXIF", lambda: words_of_exif(image.getexif(), notes.append), notes),
        ]
    return [words for words in found if words is not None], tuple(dict.fromkeys(notes))


@contextmanager
def _warnings_noted(notes: list[str]) -> Iterator[None]:
    """Pillow warns of damaged tags and goes on with what it could read."""
    with _one_at_a_time, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            # How many pixels a picture has is the decoder's business, and it says so.
            told = [one.message for one in caught if one.category is not Image.DecompressionBombWarning]
            notes.extend(f"some of its metadata is damaged: {' '.join(str(text).split())[:200]}" for text in told[:3])


def _guarded(name: str, read: Callable[[], Words | None], notes: list[str]) -> Words | None:
    try:
        with _warnings_noted(notes):
            return read()
    except ItemError as known:
        notes.append(str(known))
    except _FAULTS as fault:
        notes.append(f"its {name} cannot be read: {_told(fault)}")
    return None


def _xmp(image: ImageFile.ImageFile, language: str) -> Words | None:
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if isinstance(packet, str):
        packet = packet.encode("utf-8", "replace")
    return words_of_xmp(packet, language) if isinstance(packet, bytes) and packet.strip(b"\0 ") else None


def _iptc(image: ImageFile.ImageFile) -> Words | None:
    data = IptcImagePlugin.getiptcinfo(image)
    return words_of_iptc(data) if data else None


def _told(fault: BaseException) -> str:
    return f"{type(fault).__name__}: {str(fault)[:200]}"
