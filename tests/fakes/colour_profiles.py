"""ICC profiles made by hand (ICC.1:2001-04), such that nobody could overlook them."""

import struct

from PIL import ImageCms


def ink_profile() -> bytes:
    """A CMYK profile by which full cyan ink alone is red, and every other mixture white."""
    identity = bytes(range(256))
    white, red = bytes([255, 128, 128]), bytes([136, 208, 195])
    # Two points an ink; cyan varies slowest.
    table = b"".join(red if place == 0b1000 else white for place in range(16))
    matrix = struct.pack(">9i", *(65536 if place % 4 == 0 else 0 for place in range(9)))
    body = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + identity * 4 + table + identity * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": body})


def linear_grey_profile() -> bytes:
    """A grey profile of linear light, by which the middle value is far lighter than in sRGB."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 256) + bytes(2)
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": curve})


def swapped_profile() -> bytes:
    """SRGB with the red and the green primary exchanged: a profile that nobody could overlook."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.find(b"rXYZ"), profile.find(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    name = "Swapped".encode("utf-16-be")
    for place in range(len(profile)):
        if profile[place : place + 8] == "sRGB".encode("utf-16-be"):
            profile[place : place + 8] = name[:8]
    return bytes(profile)


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    name = b"By hand"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(name) + 1) + name + bytes(80),
        b"cprt": b"text" + bytes(4) + b"nobody's\x00",
        b"wtpt": b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061),
        **tags,
    }
    place = 128 + 4 + 12 * len(tags)
    table, content = struct.pack(">I", len(tags)), b""
    for tag, body in tags.items():
        padded = body + bytes(-len(body) % 4)
        table += tag + struct.pack(">II", place + len(content), len(body))
        content += padded
    whole = 128 + len(table) + len(content)
    head = struct.pack(">I4xI", whole, 0x02400000) + kind + space + connection + bytes(12) + b"acsp" + bytes(28)
    head += struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\x00") + table + content
