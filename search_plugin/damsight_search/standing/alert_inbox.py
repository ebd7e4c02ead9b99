"""What standing searches found, shown to whom they belong: only assets that they may see now."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from damsight_index.own_records import OwnRecord, OwnRecords, Place
from damsight_schemas.saved_searches import Alert, Alerts
from damsight_schemas.standing import ALERT, SHOWN, UNREAD
from damsight_search.authorizing import Authorizing
from damsight_search.errors import AlertNotFoundError, CursorError
from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals
from damsight_search.results.page_bodies import documents_body
from damsight_search.results.shown import shown
from damsight_search.results.visible import visible
from damsight_search.standing.saved_searches import owner_of
from damsight_search.standing.standing_keeping import StandingKeeper

MOST_UNREAD = 100
_ROUNDS = 5
"""Requests for one page: who may see next to nothing of what was found gets a short page, and a cursor."""


class AlertInbox:
    """Shows alerts. Safe to call from many threads.

    Args:
        records: Where the consumer keeps them.
        index: Where the assets are.
        timeout: As Elasticsearch writes it.
        authorizing: Has the host's own word on who may see what.
        standing: Is told that somebody looks at what came of their standing searches, which renews them.
    """

    def __init__(
        self,
        records: OwnRecords,
        index: SearchIndex,
        *,
        timeout: str,
        authorizing: Authorizing | None = None,
        standing: StandingKeeper | None = None,
    ) -> None:
        self._records = records
        self._index = index
        self._authorizing = authorizing or Authorizing()
        self._standing = standing
        self._timeout = timeout

    def page(self, who: Principals, *, size: int, cursor: str | None = None, unread: bool = False) -> Alerts:
        """Return somebody's alerts, the newest first.

        Args:
            who: They.
            size: At most so many.
            cursor: From the page before.
            unread: Only those that are not read.

        Raises:
            NoPrincipalError: Strangers have none.
            CursorError: The cursor is damaged.
            SearchUnavailableError: The index does not answer.
        """
        owner = owner_of(who)
        if self._standing is not None:
            self._standing.came_back(owner, who)
        about = UNREAD if unread else SHOWN
        alerts: list[Alert] = []
        place = None if cursor is None else _read(cursor)
        for _ in range(_ROUNDS):
            wanted = size - len(alerts)
            found = self._records.latest(ALERT, owner=owner, about=about, most=wanted, after=place)
            alerts += self._seen(found, who)
            place = _place(found[-1]) if len(found) == wanted else None
            if place is None or len(alerts) == size:
                break
        following = None if place is None else _written(place)
        return Alerts(alerts=alerts, cursor=following, unread=self._unread(owner, who))

    def read(self, alert_ids: Sequence[str], who: Principals) -> int:
        """Mark alerts as read, and tell how many were not yet.

        Raises:
            NoPrincipalError: Strangers have none.
            SearchUnavailableError: The index does not answer.
        """
        owner = owner_of(who)
        own = [
            record for one in dict.fromkeys(alert_ids) if (record := self._own(one, owner)) and UNREAD in record.about
        ]
        self._records.put_all([_without(record, UNREAD) for record in own])
        return len(own)

    def hide(self, alert_id: str, who: Principals) -> None:
        """Show an alert no more. Its mark stays, so that the asset does not make another one.

        Raises:
            NoPrincipalError: Strangers have none.
            AlertNotFoundError: There is none that is theirs.
            SearchUnavailableError: The index does not answer.
        """
        record = self._own(alert_id, owner_of(who))
        if record is None or SHOWN not in record.about:
            raise AlertNotFoundError(alert_id)
        self._records.put(_without(_without(record, SHOWN), UNREAD))

    def _own(self, alert_id: str, owner: str) -> OwnRecord | None:
        record = self._records.get(ALERT, alert_id)
        return record if record is not None and record.owner == owner else None

    def _seen(self, records: Sequence[OwnRecord], who: Principals) -> list[Alert]:
        ids = list(dict.fromkeys(str(record.body["asset_id"]) for record in records))
        if not ids:
            return []
        answer = self._index.search(documents_body(ids, who, timeout=self._timeout))
        allowed = self._authorizing.allowed(who, [found.asset_id for found in answer.found])
        documents: dict[str, Mapping[str, Any]] = {
            found.asset_id: found.source for found in answer.found if found.asset_id in allowed
        }
        return [
            _alert(record, documents[record.body["asset_id"]])
            for record in records
            if record.body["asset_id"] in documents
        ]

    def _unread(self, owner: str, who: Principals) -> int:
        records = self._records.latest(ALERT, owner=owner, about=UNREAD, most=MOST_UNREAD)
        ids = [str(record.body["asset_id"]) for record in records]
        seen = visible(self._index, list(dict.fromkeys(ids)), who, timeout=self._timeout) if ids else frozenset()
        allowed = self._authorizing.allowed(who, sorted(seen))
        return sum(asset_id in allowed for asset_id in ids)


def _alert(record: OwnRecord, source: Mapping[str, Any]) -> Alert:
    body = record.body
    told = {name: body[name] for name in ("saved_search_id", "name", "asset_id", "revision", "relevance", "legs")}
    return Alert(id=record.record_id, at=record.at, read=UNREAD not in record.about, asset=shown(source), **told)


def _without(record: OwnRecord, mark: str) -> OwnRecord:
    return replace(record, about=tuple(one for one in record.about if one != mark))


def _place(record: OwnRecord) -> Place:
    return record.at or datetime.min.replace(tzinfo=UTC), record.record_id


def _written(place: Place) -> str:
    return base64.urlsafe_b64encode(f"{place[0].isoformat()} {place[1]}".encode()).decode("ascii")


def _read(cursor: str) -> Place:
    try:
        moment, _, record_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        at = datetime.fromisoformat(moment)
    except (ValueError, binascii.Error) as error:
        raise CursorError("is damaged: begin without one") from error
    if at.tzinfo is None or not record_id:
        raise CursorError("is damaged: begin without one")
    return at, record_id
