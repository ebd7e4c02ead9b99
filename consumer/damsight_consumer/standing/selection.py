"""Which of the standing searches that are kept can be watched for now, and why the others cannot. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from damsight_consumer.standing.legs import is_of
from damsight_consumer.standing.watch import Watch
from damsight_schemas.space import IndexSpaces
from damsight_schemas.standing import StandingQuery


class Standing(StrEnum):
    """What becomes of a standing search.

    WATCHED: arriving assets are held against it. OTHER_SPACE: its vectors are of other models than the assets'; the
    plugin compiles it anew. EXPIRED: its owner has not come back for too long. BROKEN: it cannot be read. BEYOND: there
    are more than are watched.
    """

    WATCHED = "watched"
    OTHER_SPACE = "other_space"
    EXPIRED = "expired"
    BROKEN = "broken"
    BEYOND = "beyond"


@dataclass(frozen=True, slots=True)
class Selection:
    """Those that are watched for, and how many are what."""

    watch: Watch = field(default_factory=Watch)
    counts: dict[Standing, int] = field(default_factory=lambda: dict.fromkeys(Standing, 0))


class Selecting:
    """Reads what is kept; what has not changed since the last time is not read again.

    Args:
        spaces: Of the assets' vectors.
        most: Standing searches that are watched for; those beyond are counted.
    """

    def __init__(self, spaces: IndexSpaces, *, most: int) -> None:
        self._spaces = spaces
        self._most = most
        self._read: list[tuple[dict[str, Any], StandingQuery | None]] = []

    def select(self, bodies: Iterable[dict[str, Any]], *, now: datetime) -> Selection:
        """Return what is watched for.

        Args:
            bodies: `damsight_schemas.standing.StandingQuery`, as JSON; a broken one harms no other.
            now: With its zone.
        """
        before = {str(body.get("saved_search_id")): (body, query) for body, query in self._read}
        self._read = [_read(body, before.get(str(body.get("saved_search_id")))) for body in bodies]
        counts = dict.fromkeys(Standing, 0)
        queries: list[StandingQuery] = []
        for _, query in self._read:
            standing = self._standing(query, now)
            if query is not None and standing is Standing.WATCHED:
                if len(queries) < self._most:
                    queries.append(query)
                else:
                    standing = Standing.BEYOND
            counts[standing] += 1
        return Selection(Watch(queries), counts)

    def _standing(self, query: StandingQuery | None, now: datetime) -> Standing:
        if query is None:
            return Standing.BROKEN
        if query.until <= now:
            return Standing.EXPIRED
        return Standing.WATCHED if is_of(query, self._spaces) else Standing.OTHER_SPACE


def _read(
    body: dict[str, Any], before: tuple[dict[str, Any], StandingQuery | None] | None
) -> tuple[dict[str, Any], StandingQuery | None]:
    if before is not None and before[0] == body:
        return before
    try:
        query = StandingQuery.model_validate(body)
        Watch([query])
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        # Whatever is wrong with one that somebody wrote by hand, or another version did.
        return body, None
    return body, query
