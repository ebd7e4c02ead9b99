"""Tell moving pictures, and what shares their containers, by the bytes."""

from typing import Final, Literal

from damsight_encoders.decode.sniff import iso_brands

ContainerFamily = Literal["heif", "raw", "film", "sound"]

_HEIF_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_FILM_BRANDS: Final = frozenset({b"isom", b"iso2", b"mp41", b"mp42", b"qt  "})
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P "})
_QUICKTIME_STARTS: Final = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_LOOKED_AT: Final = 1 << 16
_TRANSPORT_PACKET: Final = 188
_BLURAY_PACKET: Final = 192
_PACKETS: Final = 4
_SIGNATURES: Final = (
    (b"\x00\x00\x01\xba", "MPEGPS"),
    (b"\x00\x00\x01\xb3", "MPEG"),
    (b"FLV\x01", "FLV"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "ASF"),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01", "MXF"),
)


def sniff_iso(data: bytes) -> tuple[ContainerFamily, str] | None:
    """Tell what an ISO base media file (ISO/IEC 14496-12) is by its brands; AVIF was told before.

    A QuickTime file from before brands begins with its first box.
    """
    if data[4:8] != b"ftyp":
        return ("film", "MOV") if data[4:8] in _QUICKTIME_STARTS and _is_box(data) else None
    brands = iso_brands(data)
    if brands[0] == b"crx ":
        return "raw", "CR3"
    if brands[0] in _SOUND_BRANDS:
        return "sound", "M4A"
    if brands[0] in _HEIF_BRANDS or (_HEIF_BRANDS.intersection(brands) and not _FILM_BRANDS.intersection(brands)):
        return "heif", "HEIC"
    return "film", "MOV" if brands[0] == b"qt  " else "MP4"


def sniff_film(data: bytes) -> tuple[ContainerFamily, str] | None:
    """Tell Matroska, WebM, AVI, MPEG-TS, MPEG-PS, Ogg video and a few more; Matroska without a picture is sound."""
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        return _matroska(data[:_LOOKED_AT])
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "film", "AVI"
    if data.startswith(b"OggS") and (b"\x80theora" in data[:_LOOKED_AT] or b"\x01video\x00" in data[:_LOOKED_AT]):
        return "film", "OGV"
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return "film", name
    if _beats(data, 0, _TRANSPORT_PACKET) or _beats(data, 4, _BLURAY_PACKET):
        return "film", "MPEGTS"
    return None


def _matroska(start: bytes) -> tuple[ContainerFamily, str]:
    name = "WEBM" if b"webm" in start[:64] else "MKV"
    # Codec ids begin with V_ or A_ (RFC 9559, section 27.2), after the CodecID element's own id, 86.
    pictures, sounds = _has_codec(start, b"V_"), _has_codec(start, b"A_")
    return ("sound", "MKA") if sounds and not pictures else ("film", name)


def _has_codec(start: bytes, prefix: bytes) -> bool:
    place = start.find(prefix)
    while place > 1:
        if start[place - 2] == 0x86 and start[place - 1] & 0x80:  # noqa: PLR2004 - CodecID, and a length in one byte
            return True
        place = start.find(prefix, place + 1)
    return False


def _beats(data: bytes, start: int, packet: int) -> bool:
    """Tell whether MPEG-TS's sync byte (ISO/IEC 13818-1, 2.4.3.2) recurs as it must."""
    places = range(start, start + packet * _PACKETS, packet)
    return len(data) > places[-1] and all(data[place] == 0x47 for place in places)  # noqa: PLR2004 - the sync byte


def _is_box(data: bytes) -> bool:
    length = int.from_bytes(data[:4], "big")
    return length == 1 or 8 <= length <= len(data)  # noqa: PLR2004 - a box's own header
