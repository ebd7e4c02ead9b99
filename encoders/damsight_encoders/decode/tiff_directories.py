"""The image file directories of a TIFF (TIFF 6.0, section 2), walked without decoding, under limits."""

import struct
from collections.abc import Iterator
from typing import Final

Directory = dict[int, tuple[int, ...] | bytes]
"""Tag to values: numbers of BYTE, SHORT, LONG and IFD fields, the bytes of ASCII ones; other types are left out."""

NEW_SUBFILE_TYPE: Final = 254
COMPRESSION: Final = 259
PHOTOMETRIC: Final = 262
SUB_DIRECTORIES: Final = 330
DNG_VERSION: Final = 50706

_TYPES: Final[dict[int, str]] = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_ASCII: Final = 2
_MOST_ENTRIES: Final = 1024
_MOST_VALUES: Final = 64


def chained_directories(data: bytes, most: int) -> Iterator[Directory]:
    """Yield the directories of the main chain, at most so many; the walk ends where the file is cut off or a loop."""
    layout = _Layout.of(data)
    if layout is None:
        return
    place, seen = layout.first, set[int]()
    while place and place not in seen and len(seen) < most:
        seen.add(place)
        read = layout.directory(place)
        if read is None:
            return
        directory, place = read
        yield directory


def all_directories(data: bytes, most: int) -> Iterator[Directory]:
    """Yield those of the main chain, each followed by its own SubIFDs (one level), at most so many in all."""
    layout = _Layout.of(data)
    left = most
    for directory in chained_directories(data, most):
        places = directory.get(SUB_DIRECTORIES, ())
        below = [layout.directory(place) for place in places] if layout else []
        for found in (directory, *(read[0] for read in below if read)):
            if left <= 0:
                return
            left -= 1
            yield found


class _Layout:
    """The byte order and the widths of a classic TIFF or a BigTIFF."""

    def __init__(self, data: bytes, order: str, *, big: bool) -> None:
        self._data = data
        self._order = order
        self._big = big
        self.first = self._number("Q", 8) if big else self._number("I", 4)

    @classmethod
    def of(cls, data: bytes) -> "_Layout | None":
        order = {b"II": "<", b"MM": ">"}.get(data[:2])
        if order is None or len(data) < 16:  # noqa: PLR2004 - a BigTIFF's header; no classic one with a picture is less
            return None
        return cls(data, order, big=struct.unpack_from(order + "H", data, 2)[0] == 43)  # noqa: PLR2004 - BigTIFF's mark

    def directory(self, place: int) -> tuple[Directory, int] | None:
        """Return the directory and the next one's place; None where it lies outside the file."""
        count_code, entry_size, head = ("Q", 20, 8) if self._big else ("H", 12, 2)
        try:
            count = self._number(count_code, place)
            if count > _MOST_ENTRIES:
                return None
            entries = [self._entry(place + head + entry_size * index) for index in range(count)]
            following = self._number("Q" if self._big else "I", place + head + entry_size * count)
        except struct.error:
            return None
        return {tag: values for tag, values in entries if values is not None}, following

    def _entry(self, place: int) -> tuple[int, tuple[int, ...] | bytes | None]:
        tag, kind = struct.unpack_from(self._order + "HH", self._data, place)
        count = self._number("Q" if self._big else "I", place + 4)
        room, where = (8, place + 12) if self._big else (4, place + 8)
        code = _TYPES.get(kind)
        size = count * struct.calcsize("=" + code) if code else count
        if size > room:
            where = self._number("Q" if self._big else "I", where)
        if kind == _ASCII:
            return tag, self._data[where : where + min(count, _MOST_VALUES)].rstrip(b"\x00")
        if code is None or where >= len(self._data):
            return tag, None
        taken = min(count, _MOST_VALUES, (len(self._data) - where) // struct.calcsize("=" + code))
        return tag, struct.unpack_from(f"{self._order}{taken}{code}", self._data, where)

    def _number(self, code: str, place: int) -> int:
        number: int = struct.unpack_from(self._order + code, self._data, place)[0]
        return number
