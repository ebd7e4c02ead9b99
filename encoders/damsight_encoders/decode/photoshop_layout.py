"""Where things stand in a Photoshop file (Adobe Photoshop File Formats Specification), nothing decoded."""

from dataclasses import dataclass
from typing import Final

_PSB: Final = 2
_HEADER: Final = 26
_PROFILE, _VERSION, _THUMBNAIL = 1039, 1057, 1036
_THUMBNAIL_HEADER: Final = 28
_MOST_RESOURCES: Final = 10_000


@dataclass(frozen=True)
class Layout:
    """What a Photoshop file says of itself.

    Attributes:
        name: PSD or PSB.
        channels: All, those beyond the colours too.
        height: In pixels.
        width: In pixels.
        depth: Bits a channel.
        mode: The colour mode's number.
        palette: Of an indexed picture: 256 reds, greens, blues.
        profile: The ICC profile, or nothing.
        thumbnail: A JPEG, or nothing.
        has_composite: Whether the saved composite is a picture; it is blank where Photoshop was told to save none.
        transparent: Whether the first channel beyond the colours is the composite's transparency.
        pixels: Where the composite begins in the file.
    """

    name: str
    channels: int
    height: int
    width: int
    depth: int
    mode: int
    palette: bytes
    profile: bytes
    thumbnail: bytes
    has_composite: bool
    transparent: bool
    pixels: int


def read_layout(data: bytes) -> Layout:
    """Read header, colour mode data, resources and where the layers end.

    Raises:
        EOFError: The file is cut off.
    """
    if len(data) < _HEADER:
        raise EOFError
    large = _number(data, 4, 2) == _PSB
    palette, place = _block(data, _HEADER, 4)
    resources, place = _block(data, place, 4)
    layers_head = place + (8 if large else 4)
    length = _number(data, place, 8 if large else 4)
    # Within: the length of the layer info, then the count of layers, negative where there is transparency.
    count_at = layers_head + (8 if large else 4)
    transparent = length > 0 and _number(data, count_at, 2) >= 1 << 15
    found = _resources(resources)
    version = found.get(_VERSION, b"\x00\x00\x00\x01\x01")
    return Layout(
        name="PSB" if large else "PSD",
        channels=_number(data, 12, 2),
        height=_number(data, 14, 4),
        width=_number(data, 18, 4),
        depth=_number(data, 22, 2),
        mode=_number(data, 24, 2),
        palette=palette,
        profile=found.get(_PROFILE, b""),
        thumbnail=found.get(_THUMBNAIL, b"")[_THUMBNAIL_HEADER:],
        has_composite=version[4:5] != b"\x00",
        transparent=transparent,
        pixels=layers_head + length,
    )


def _resources(block: bytes) -> dict[int, bytes]:
    """Read image resource blocks: signature, number, Pascal name padded to even, length, data padded to even."""
    found: dict[int, bytes] = {}
    place = 0
    while place + 12 <= len(block) and len(found) < _MOST_RESOURCES:
        number = int.from_bytes(block[place + 4 : place + 6], "big")
        name = block[place + 6] + 1
        head = place + 6 + name + name % 2
        length = int.from_bytes(block[head : head + 4], "big")
        found.setdefault(number, block[head + 4 : head + 4 + length])
        place = head + 4 + length + length % 2
    return found


def _block(data: bytes, place: int, width: int) -> tuple[bytes, int]:
    end = place + width + _number(data, place, width)
    if end > len(data):
        raise EOFError
    return data[place + width : end], end


def _number(data: bytes, place: int, width: int) -> int:
    if place + width > len(data):
        raise EOFError
    return int.from_bytes(data[place : place + width], "big")
