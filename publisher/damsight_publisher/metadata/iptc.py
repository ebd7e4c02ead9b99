"""Words from IPTC. Source: IPTC-IIM 4.2, record 2 (application)."""

from collections.abc import Mapping
from typing import Any

from damsight_publisher.metadata.times import read_time
from damsight_publisher.metadata.words import LONGEST_LINE, LONGEST_TEXT, Words, clean, clean_tags

IptcData = Mapping[tuple[int, int], bytes | list[bytes]]

_CHARSET, _UTF8 = (1, 90), b"\x1b%G"
_NAME, _HEADLINE, _CAPTION, _KEYWORDS, _BYLINE, _COPYRIGHT = (2, 5), (2, 105), (2, 120), (2, 25), (2, 80), (2, 116)
_DATE, _TIME, _CITY, _COUNTRY = (2, 55), (2, 60), (2, 90), (2, 101)
_DAY_DIGITS, _TIME_DIGITS = 8, 6


def words_of_iptc(data: IptcData) -> Words:
    """Return what IPTC-IIM records say.

    Args:
        data: (record, data set) to the bytes, or to a list of them where it repeats.
    """
    utf8 = _all(data, _CHARSET)[:1] == [_UTF8]

    def line(key: tuple[int, int], longest: int = LONGEST_LINE) -> str:
        return clean(", ".join(_decoded(value, utf8=utf8) for value in _all(data, key)), longest)

    return Words(
        title=line(_NAME),
        headline=line(_HEADLINE),
        caption=line(_CAPTION, LONGEST_TEXT),
        tags=clean_tags(_decoded(value, utf8=utf8) for value in _all(data, _KEYWORDS)),
        creator=line(_BYLINE),
        rights=line(_COPYRIGHT),
        created_at=_moment(line(_DATE), line(_TIME)),
        city=line(_CITY),
        country=line(_COUNTRY),
    )


def _all(data: IptcData, key: tuple[int, int]) -> list[bytes]:
    value: Any = data.get(key, [])
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, bytes)]


def _decoded(value: bytes, *, utf8: bool) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        # Old files say nothing of their character set, and are mostly Western.
        return value.decode("utf-8" if utf8 else "cp1252", "replace")


def _moment(day: str, time: str) -> Any:
    if len(day) != _DAY_DIGITS or not day.isdigit():
        return None
    written = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    clock, zone = time[:_TIME_DIGITS], time[_TIME_DIGITS:]
    if len(clock) == _TIME_DIGITS and clock.isdigit():
        written += f"T{clock[:2]}:{clock[2:4]}:{clock[4:]}"
    return read_time(written, zone)
