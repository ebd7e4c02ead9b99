"""What people do with what they find: kept with their own records, to tune the search by, and theirs to delete.

A record is of kind ``feedback``; its owner is the person, it is about the asset, and its body tells the request, the
act and the rank. The same act on the same hit of the same request is one record, however often it is done.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from threading import BoundedSemaphore, Lock
from typing import Any, get_args

import orjson

from damsight_index.own_records import OwnRecord, OwnRecords
from damsight_schemas.asset import PUBLIC
from damsight_schemas.feedback import Action, Feedback
from damsight_search.errors import AssetNotFoundError, FeedbackBusyError
from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals
from damsight_search.results.visible import visible
from damsight_search.settings import FeedbackSettings

KIND = "feedback"
AT_ONCE = 4
"""Acts that are kept at the same time: beyond it they are refused, so that searches never lack threads for them."""

_ACTIONS: frozenset[str] = frozenset(get_args(Action))
_USER = "user:"
# To look for the oldest means to list a person's own; so it is done once in so many acts.
_COUNTED_AGAIN = 50
_MOST_COUNTED = 10_000


class FeedbackKeeper:
    """Keeps feedback. Safe to call from many threads; a search never waits for it.

    Args:
        records: Where it is kept.
        index: Tells whether the person may see the asset.
        settings: What is kept, and how much of it.
        clock: Tells the time.
        on_forget: Told whose feedback is gone, to forget what was made of it.
    """

    def __init__(
        self,
        records: OwnRecords,
        index: SearchIndex,
        settings: FeedbackSettings,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_forget: Callable[[str], None] = lambda _owner: None,
    ) -> None:
        self._records = records
        self._index = index
        self._settings = settings
        self._clock = clock
        self._on_forget = on_forget
        self._places = BoundedSemaphore(AT_ONCE)
        self._since: dict[str, int] = {}
        self._counting = Lock()

    def keep(self, told: Feedback, principals: Principals) -> bool:
        """Keep an act; tell whether it was kept.

        Raises:
            AssetNotFoundError: The asset is not there for these principals.
            FeedbackBusyError: Too many others are being kept.
            SearchUnavailableError: Nothing answers.
        """
        owner = self._owner(principals)
        if not owner:
            return False
        if not self._places.acquire(blocking=False):
            raise FeedbackBusyError("Too much feedback is being kept just now.")
        try:
            if not visible(self._index, [told.asset_id], principals):
                raise AssetNotFoundError(told.asset_id)
            self._records.put(_record(told, owner, self._clock()))
            self._bound(owner)
        finally:
            self._places.release()
        return True

    def forget(self, principals: Principals) -> int:
        """Delete all of a person's own, and tell how many there were. Strangers have none of their own.

        Raises:
            SearchUnavailableError: Nothing answers.
        """
        owner = person(principals)
        if not owner:
            return 0
        forgotten = self._records.forget(KIND, owner=owner)
        self._on_forget(owner)
        return forgotten

    def _owner(self, principals: Principals) -> str:
        if not self._settings.keep:
            return ""
        return person(principals) or (PUBLIC if self._settings.strangers else "")

    def _bound(self, owner: str) -> None:
        if self._counts(owner):
            kept = self._records.latest(KIND, owner=owner, most=self._settings.most)
            if len(kept) == self._settings.most:
                self._records.forget(KIND, owner=owner, before=kept[-1].at)

    def _counts(self, owner: str) -> bool:
        with self._counting:
            if len(self._since) > _MOST_COUNTED:
                self._since.clear()
            since = self._since.get(owner, 0)
            self._since[owner] = (since + 1) % _COUNTED_AGAIN
            return since == 0


def person(principals: Principals) -> str:
    """Return the one user among the principals; empty for strangers, and where nobody can tell who it is."""
    users = [name for name in principals if name.startswith(_USER)]
    return users[0] if len(users) == 1 else ""


def read_feedback(records: OwnRecords, *, owner: str | None = None) -> Iterator[tuple[OwnRecord, Feedback]]:
    """Yield what was kept; what another version wrote and this one cannot read is passed over.

    Raises:
        SearchError: As `records` does.
    """
    for record in records.of(KIND, owner=owner):
        body: dict[str, Any] = record.body
        if record.about and body.get("action") in _ACTIONS:
            told = {name: body[name] for name in ("action", "text", "like", "rank") if name in body}
            yield record, Feedback.model_construct(asset_id=record.about[0], **told)


def _record(told: Feedback, owner: str, at: datetime) -> OwnRecord:
    body = told.model_dump(mode="json", exclude={"asset_id"})
    same = [owner, told.asset_id, told.action, told.text, told.like]
    record_id = sha256(orjson.dumps(same)).hexdigest()[:32]
    return OwnRecord(KIND, record_id, owner, (told.asset_id,), body, at)
