"""Times in clauses: RFC 3339, and Elasticsearch's rounding of a year, a month or a day (``2024||/y``). Pure."""

from datetime import UTC, datetime, timedelta

_MS = 1000
_DATE = len("2024-03-01")
_JANUARY = "-01-01"


def moment_ms(told: object, *, up: bool = False) -> int:
    """Return milliseconds since 1970 UTC, as Elasticsearch keeps times.

    Args:
        told: A time, or a year, month or day with its rounding.
        up: Of what is rounded, its last millisecond in place of its first.

    Raises:
        ValueError: It is no time.
    """
    text, _, unit = str(told).partition("||/")
    whole = text if len(text) >= _DATE else text + _JANUARY[len(text) - 4 :]
    begins = datetime.fromisoformat(whole)
    begins = begins if begins.tzinfo else begins.replace(tzinfo=UTC)
    if up and unit:
        begins = _next(begins, unit) - timedelta(milliseconds=1)
    return int(begins.timestamp() * _MS)


def _next(begins: datetime, unit: str) -> datetime:
    if unit == "y":
        return begins.replace(year=begins.year + 1)
    if unit == "M":
        return (begins.replace(day=1) + timedelta(days=32)).replace(day=1)
    return begins + timedelta(days=1)
