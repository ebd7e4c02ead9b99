"""Camera raw files made by hand: a DNG (Adobe's specification 1.4) of a red left half and a blue right one."""

import io
import struct

import numpy as np
from PIL import Image

RED, BLUE = (200, 30, 60), (20, 60, 200)
_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SIGNED = 1, 2, 3, 4, 5, 10
_CODES = {_BYTE: "B", _SHORT: "H", _LONG: "I", _RATIONAL: "I", _SIGNED: "i"}

Entry = tuple[int, int, list[int] | bytes]


class TiffBytes:
    """A little-endian TIFF in the making."""

    def __init__(self) -> None:
        self._file = bytearray(b"II*\x00\x00\x00\x00\x00")

    def put(self, content: bytes) -> int:
        """Append; return where it begins."""
        self._file.extend(bytes(len(self._file) % 2))
        place = len(self._file)
        self._file.extend(content)
        return place

    def directory(self, entries: list[Entry]) -> int:
        """Append a directory and what its entries hold; return where it begins."""
        written = []
        for tag, kind, values in sorted(entries):
            packed = (
                values + b"\x00" if isinstance(values, bytes) else struct.pack(f"<{len(values)}{_CODES[kind]}", *values)
            )
            count = (
                len(packed) if isinstance(values, bytes) else len(values) // (2 if kind in (_RATIONAL, _SIGNED) else 1)
            )
            held = packed.ljust(4, b"\x00") if len(packed) <= 4 else struct.pack("<I", self.put(packed))
            written.append(struct.pack("<HHI", tag, kind, count) + held)
        return self.put(struct.pack("<H", len(written)) + b"".join(written) + bytes(4))

    def finished(self, first: int) -> bytes:
        """Return the file whose first directory stands there."""
        self._file[4:8] = struct.pack("<I", first)
        return bytes(self._file)


def dng(
    *, preview: tuple[int, int] | None = (256, 192), orientation: int = 1, width: int = 64, height: int = 48
) -> bytes:
    """A DNG whose sensor saw pure red and pure blue; the preview's red and blue are RED and BLUE."""
    file = TiffBytes()
    sensor = np.zeros((height, width), np.uint16)
    sensor[0::2, 0 : width // 2 : 2] = 60_000
    sensor[1::2, width // 2 + 1 :: 2] = 60_000
    seen: list[Entry] = [
        *_picture((width, height), 1, 32803, [16], file.put(sensor.tobytes()), sensor.nbytes),
        (254, _LONG, [0]),
        (33421, _SHORT, [2, 2]),
        (33422, _BYTE, [0, 1, 1, 2]),
        (50717, _LONG, [65535]),
    ]
    camera: list[Entry] = [
        (271, _ASCII, b"Nobody"),
        (272, _ASCII, b"Box"),
        (274, _SHORT, [orientation]),
        (50706, _BYTE, [1, 4, 0, 0]),
        (50708, _ASCII, b"Nobody Box"),
        (50721, _SIGNED, [1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1]),
        (50728, _RATIONAL, [1, 1, 1, 1, 1, 1]),
        (50778, _SHORT, [21]),
    ]
    if preview is None:
        return file.finished(file.directory(camera + seen))
    jpeg = io.BytesIO()
    shown = Image.new("RGB", preview, RED)
    shown.paste(BLUE, (preview[0] // 2, 0, *preview))
    shown.save(jpeg, "JPEG", quality=95)
    below = file.directory(seen)
    place = file.put(jpeg.getvalue())
    shown_entries = _picture(preview, 7, 6, [8, 8, 8], place, len(jpeg.getvalue()))
    return file.finished(file.directory([*camera, *shown_entries, (254, _LONG, [1]), (330, _LONG, [below])]))


def _picture(
    size: tuple[int, int], compression: int, photometric: int, bits: list[int], place: int, length: int
) -> list[Entry]:
    return [
        (256, _LONG, [size[0]]),
        (257, _LONG, [size[1]]),
        (258, _SHORT, bits),
        (259, _SHORT, [compression]),
        (262, _SHORT, [photometric]),
        (273, _LONG, [place]),
        (277, _SHORT, [len(bits)]),
        (278, _LONG, [size[1]]),
        (279, _LONG, [length]),
    ]
