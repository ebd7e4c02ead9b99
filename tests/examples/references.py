"""Files that refer to others: a decoder that follows them reads what it should not, or calls where it should not."""

from collections.abc import Sequence

_OUTER = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref")


def hls(place: str) -> bytes:
    """A playlist of one segment."""
    return f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{place}\n#EXT-X-ENDLIST\n".encode()


def dash(place: str) -> bytes:
    """A manifest of one representation."""
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"'
        ' profiles="urn:mpeg:dash:profile:isoff-live:2011" mediaPresentationDuration="PT3S">'
        '<Period><AdaptationSet mimeType="video/mp4">'
        f'<Representation id="1" bandwidth="1000"><BaseURL>{place}</BaseURL><SegmentBase/></Representation>'
        "</AdaptationSet></Period></MPD>"
    ).encode()


def concat(place: str) -> bytes:
    """FFmpeg's own list of files."""
    return f"ffconcat version 1.0\nfile '{place}'\n".encode()


def svg(place: str) -> bytes:
    """A drawing that shows a picture from elsewhere, in each way that there is."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9">'
        f'<image width="9" height="9" xlink:href="{place}"/><image width="9" height="9" href="{place}"/>'
        f'<use href="{place}#a"/><style>@import url("{place}");</style></svg>'
    ).encode()


def external_track(film: bytes, path: str) -> bytes:
    """A QuickTime film whose first track's samples are said to lie in another file, by an alias's absolute path.

    Inside Macintosh: Files, alias records; FFmpeg's mov.c, mov_read_dref. The film's index must follow its samples.
    """
    place = path.encode() + b"\x00" * (len(path) % 2)
    record = (
        bytes(10) + b"\x00" + bytes(27) + bytes(12) + b"\x00" + bytes(63) + bytes(16) + b"\xff\xff\xff\xff" + bytes(16)
    )
    record += (2).to_bytes(2, "big") + len(place).to_bytes(2, "big") + place + b"\xff\xff\x00\x00"
    entry = (12 + len(record)).to_bytes(4, "big") + b"alis" + bytes(4) + record
    return _with_entry(film, entry, _OUTER)


def _with_entry(film: bytes, entry: bytes, outer: Sequence[bytes]) -> bytes:
    """Put an entry in the place of the data reference's only one, and let the boxes around it grow."""
    grown = bytearray(film)
    starts = []
    start = 0
    for name in outer:
        start = film.index(name, start) - 4
        starts.append(start)
        start += 4
    reference = starts[-1] + 16
    old = int.from_bytes(film[reference : reference + 4], "big")
    for start in starts:
        length = int.from_bytes(grown[start : start + 4], "big") + len(entry) - old
        grown[start : start + 4] = length.to_bytes(4, "big")
    return bytes(grown[:reference]) + entry + bytes(grown[reference + old :])
