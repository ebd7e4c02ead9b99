"""Words from EXIF. Source: CIPA DC-008 (Exif 2.32), and Windows' XP tags."""

from collections.abc import Callable, Mapping
from typing import Any

from PIL import ExifTags, Image

from damsight_publisher.metadata.times import read_time
from damsight_publisher.metadata.words import LONGEST_LINE, LONGEST_TEXT, Words, clean, clean_tags

Base, Gps, Ifd = ExifTags.Base, ExifTags.GPS, ExifTags.IFD
# What cameras write where nobody wrote anything.
_FILLERS = frozenset({"olympus digital camera", "sony dsc", "digital camera", "default", "untitled", "screenshot"})
_CHARSETS: Mapping[bytes, str] = {
    b"ASCII\0\0\0": "ascii",
    b"UNICODE\0": "utf-16",
    b"JIS\0\0\0\0\0": "iso2022_jp",
    b"\0\0\0\0\0\0\0\0": "utf-8",
}
_DEGREES = 3
_BOUND = {"latitude": 90.0, "longitude": 180.0}


def words_of_exif(exif: Image.Exif, note: Callable[[str], None]) -> Words:
    """Return what the EXIF of a picture says; what cannot be read is noted and left out."""
    detail = exif.get_ifd(Ifd.Exif)
    place = exif.get_ifd(Ifd.GPSInfo)
    maker, model = clean(exif.get(Base.Make), LONGEST_LINE), clean(exif.get(Base.Model), LONGEST_LINE)
    return Words(
        title=clean(_windows(exif.get(Base.XPTitle)), LONGEST_LINE),
        caption=_described(exif.get(Base.ImageDescription)),
        description=clean(_windows(exif.get(Base.XPComment)) or _comment(detail), LONGEST_TEXT),
        tags=clean_tags(_windows(exif.get(Base.XPKeywords)).replace(",", ";").split(";")),
        creator=clean(exif.get(Base.Artist), LONGEST_LINE) or clean(_windows(exif.get(Base.XPAuthor)), LONGEST_LINE),
        rights=clean(_text(exif.get(Base.Copyright)).replace("\0", " "), LONGEST_LINE),
        created_at=_taken(exif, detail, note),
        latitude=_degrees("latitude", place, Gps.GPSLatitude, Gps.GPSLatitudeRef, note),
        longitude=_degrees("longitude", place, Gps.GPSLongitude, Gps.GPSLongitudeRef, note),
        device=model if model.lower().startswith(maker.lower()) else f"{maker} {model}".strip(),
    )


def _described(value: Any) -> str:
    text = clean(_text(value), LONGEST_TEXT)
    return "" if text.lower() in _FILLERS else text


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _windows(value: Any) -> str:
    if isinstance(value, tuple):
        value = bytes(part for part in value if isinstance(part, int) and 0 <= part <= 255)  # noqa: PLR2004  a byte
    return value.decode("utf-16-le", "replace").rstrip("\0") if isinstance(value, bytes) else ""


def _comment(detail: Mapping[int, Any]) -> str:
    value = detail.get(Base.UserComment)
    if not isinstance(value, bytes):
        return _text(value)
    charset = _CHARSETS.get(value[:8])
    return (value[8:] if charset else value).decode(charset or "utf-8", "replace")


def _taken(exif: Image.Exif, detail: Mapping[int, Any], note: Callable[[str], None]) -> Any:
    sources = (
        (detail.get(Base.DateTimeOriginal), detail.get(Base.OffsetTimeOriginal)),
        (detail.get(Base.DateTimeDigitized), detail.get(Base.OffsetTimeDigitized)),
        (exif.get(Base.DateTime), detail.get(Base.OffsetTime)),
    )
    for given, zone in sources:
        text = _text(given).strip("\0 ")
        if moment := read_time(text, _text(zone).strip("\0 ")):
            return moment
        # All zeros and all blanks are how EXIF says "unknown".
        if text.strip("0: "):
            note(f"the EXIF time {text[:40]!r} is none and is left out")
    return None


def _degrees(
    name: str, place: Mapping[int, Any], value_tag: int, side_tag: int, note: Callable[[str], None]
) -> float | None:
    parts = place.get(value_tag)
    if parts is None:
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in tuple(parts)[:_DEGREES])
        found = degrees + minutes / 60 + seconds / 3600
    except (TypeError, ValueError, ArithmeticError):
        found = float("nan")
    # A comparison with nan is false, so this refuses it too.
    if not 0 <= found <= _BOUND[name]:
        note(f"the EXIF {name} is none and is left out")
        return None
    return round(-found if _text(place.get(side_tag)).strip("\0 ").upper() in ("S", "W") else found, 7)
