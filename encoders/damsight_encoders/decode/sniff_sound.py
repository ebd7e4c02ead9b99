"""Tell sounds by the bytes."""

from collections.abc import Callable
from typing import Final

_SIGNATURES: Final = ((b"fLaC", "FLAC"), (b"OggS", "OGG"), (b"RF64", "WAV"), (b"#!AMR", "AMR"), (b"caff", "CAF"))
_CHUNKED: Final = {(b"RIFF", b"WAVE"): "WAV", (b"FORM", b"AIFF"): "AIFF", (b"FORM", b"AIFC"): "AIFF"}
_ID3_HEADER: Final = 10
_ADTS_HEADER: Final = 7
_LOOKED_AT: Final = 1 << 14
# Kilobits a second by the header's four bits (ISO/IEC 11172-3, 2.4.2.3; ISO/IEC 13818-3, 2.4.2.3).
_LAYERS_OF_1: Final = {
    3: (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_LAYERS_OF_2: Final = {
    3: (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    1: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_VERSION_1: Final = 3


def sniff_sound(data: bytes) -> str | None:
    """Return MP3, AAC, FLAC, WAV, OGG, AIFF, AMR or CAF, or None; M4A is ISO media."""
    if data.startswith(b"ID3"):
        return sniff_sound(_after_id3(data)) or "MP3"
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    chunked = _CHUNKED.get((data[:4], data[8:12]))
    if chunked:
        return chunked
    if _follows(data, adts_frame_bytes):
        return "AAC"
    return "MP3" if _follows(data, mpeg_frame_bytes) else None


def mpeg_frame_bytes(data: bytes) -> int:
    """Return the length of the MPEG audio frame that data begins with, in bytes; 0 where it begins with none."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - eleven bits of sync
        return 0
    version, layer = data[1] >> 3 & 3, data[1] >> 1 & 3
    rate_index, padding = data[2] >> 2 & 3, data[2] >> 1 & 1
    table = (_LAYERS_OF_1 if version == _VERSION_1 else _LAYERS_OF_2).get(layer)
    if table is None or version not in _RATES or rate_index > 2 or data[2] >> 4 in (0, 15):  # noqa: PLR2004 - reserved
        return 0
    bits, rate = table[data[2] >> 4] * 1000, _RATES[version][rate_index]
    if layer == 3:  # noqa: PLR2004 - layer I counts in slots of four bytes
        return (12 * bits // rate + padding) * 4
    samples_by_8 = 72 if layer == 1 and version != _VERSION_1 else 144
    return samples_by_8 * bits // rate + padding


def adts_frame_bytes(data: bytes) -> int:
    """Return the length of the AAC frame in ADTS (ISO/IEC 13818-7, 6.2) that data begins with, or 0."""
    if len(data) < _ADTS_HEADER or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:  # noqa: PLR2004 - twelve bits of sync
        return 0
    return (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5


def _follows(data: bytes, frame_bytes: Callable[[bytes], int]) -> bool:
    """Tell whether a frame is followed by another, or by nothing: two bytes of sync alone are found anywhere."""
    length = frame_bytes(data[:_ADTS_HEADER])
    following = data[length : length + _ADTS_HEADER]
    return length > 0 and len(data) >= length and (not following or frame_bytes(following) > 0)


def _after_id3(data: bytes) -> bytes:
    """Skip a tag (ID3v2.4, section 3.1): seven bits of its length in each of four bytes."""
    length = 0
    for byte in data[6:_ID3_HEADER]:
        length = length << 7 | byte & 0x7F
    rest = data[_ID3_HEADER + length : _ID3_HEADER + length + _LOOKED_AT]
    return b"" if rest.startswith(b"ID3") else rest
