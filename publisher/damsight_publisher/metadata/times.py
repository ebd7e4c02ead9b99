"""Reads the times that files carry: EXIF's, IPTC's and XMP's."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from damsight_publisher.errors import SettingsError

_EARLIEST_YEAR = 1800
_TIME = re.compile(
    r"^\s*(?P<year>\d{4})[:-](?P<month>\d{2})(?:[:-](?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?)?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?\s*$"
)
_ZONE = re.compile(r"^\s*(?:(?P<utc>Z)|(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2}))\s*$")


def read_time(text: str, zone: str = "") -> datetime | None:
    """Return a time of EXIF (2019:06:19 10:05:57), XMP or ISO 8601 (2019-06-19T10:05:57+02:00), or None.

    Args:
        text: The time; a day or a month alone is its first moment.
        zone: As EXIF's OffsetTime tags give it; used where the text has none. Without either the result is naive.
    """
    found = _TIME.match(text[:64])
    if found is None:
        return None
    try:
        naive = datetime(  # noqa: DTZ001  the zone is added below, where there is one
            int(found["year"]),
            int(found["month"]),
            int(found["day"] or 1),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            # A leap second is told by some cameras, and not known by Python.
            min(int(found["second"] or 0), 59),
            int((found["fraction"] or "0").ljust(6, "0")[:6]),
        )
    except ValueError:
        return None
    if naive.year < _EARLIEST_YEAR:
        return None
    return naive.replace(tzinfo=_offset(found["zone"] or zone))


def with_zone(moment: datetime | None, zone: str | None) -> datetime | None:
    """Return a time in UTC; one without a zone is taken as of `zone`, or as of the computer's own.

    A time so near the calendar's end that it has no UTC is None.

    Raises:
        SettingsError: The zone is not known.
    """
    if moment is None:
        return None
    try:
        if moment.tzinfo is None and zone is not None:
            moment = moment.replace(tzinfo=known_zone(zone))
        return moment.astimezone(UTC)
    except (OverflowError, OSError):
        return None


def known_zone(name: str) -> tzinfo:
    """Return a time zone by its IANA name.

    Raises:
        SettingsError: There is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(f"{name!r} is no time zone; give an IANA name, as in Europe/Berlin or UTC") from error


def _offset(text: str | None) -> tzinfo | None:
    found = _ZONE.match(text or "")
    if found is None:
        return None
    if found["utc"]:
        return UTC
    away = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    if away >= timedelta(hours=24):
        return None
    return timezone(away if found["sign"] == "+" else -away)
