"""Tell camera raw from TIFF and from each other, by the bytes."""

from typing import Final

from damsight_encoders.decode.tiff_directories import (
    COMPRESSION,
    DNG_VERSION,
    PHOTOMETRIC,
    Directory,
    all_directories,
)

_MAKE: Final = 271
_SIGNATURES: Final = (
    (b"IIRO", "ORF"),
    (b"IIRS", "ORF"),
    (b"MMOR", "ORF"),
    (b"IIU\x00", "RW2"),
    (b"FUJIFILMCCD-RAW", "RAF"),
    (b"FOVb", "X3F"),
)
_TIFF_STARTS: Final = (b"II*\x00", b"MM\x00*")
_COLOUR_FILTER_ARRAY: Final = 32803  # TIFF/EP (ISO 12234-2): one colour a pixel, as the sensor sees it
_SENSOR_COMPRESSIONS: Final = frozenset({32767, 34713, 65535})  # Sony's, Nikon's, Pentax's own
_MAKERS: Final = ((b"NIKON", "NEF"), (b"SONY", "ARW"), (b"PENTAX", "PEF"), (b"RICOH", "PEF"))
_MOST_DIRECTORIES: Final = 16


def sniff_raw(data: bytes) -> str | None:
    """Return CR2, NEF, ARW, DNG, PEF, ORF, RW2, RAF or X3F, RAW of another maker, or None; CR3 is ISO media.

    A TIFF counts as raw where one of its directories holds what a sensor saw: a TIFF that a program exported from a
    raw file names the same camera.
    """
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if not data.startswith(_TIFF_STARTS):
        return None
    if data[8:10] == b"CR":
        return "CR2"
    directories = list(all_directories(data, _MOST_DIRECTORIES))
    if any(DNG_VERSION in directory for directory in directories):
        return "DNG"
    if any(_is_of_a_sensor(directory) for directory in directories):
        return _by_maker(directories[0].get(_MAKE, b""))
    return None


def _is_of_a_sensor(directory: Directory) -> bool:
    photometric, compression = directory.get(PHOTOMETRIC), directory.get(COMPRESSION)
    return photometric == (_COLOUR_FILTER_ARRAY,) or bool(
        compression and not isinstance(compression, bytes) and _SENSOR_COMPRESSIONS.intersection(compression)
    )


def _by_maker(make: object) -> str:
    said = make.upper() if isinstance(make, bytes) else b""
    return next((name for maker, name in _MAKERS if said.startswith(maker)), "RAW")
