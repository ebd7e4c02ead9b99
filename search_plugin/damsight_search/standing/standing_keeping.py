"""Standing searches among the own records: each beside its saved search, and a sign that the consumer looks at."""

from datetime import UTC, date, datetime, timedelta
from threading import Lock
from uuid import uuid4

from pydantic import ValidationError

from damsight_index.own_records import OwnRecord, OwnRecords
from damsight_schemas.saved_searches import StandingState
from damsight_schemas.standing import ALERT, CHANGED, CHANGES, STANDING_SEARCH, StandingQuery
from damsight_search.principal import Principals

_A_DAY = timedelta(days=1)
_MOST_SEEN = 10_000


class StandingKeeper:
    """Keeps them. Safe to call from many threads.

    Args:
        records: Where they are kept.
        lives: How long one is watched for without its owner coming back.
    """

    def __init__(self, records: OwnRecords, *, lives: timedelta) -> None:
        self._records = records
        self._lives = lives
        self._seen: dict[str, tuple[str, date]] = {}
        self._seeing = Lock()

    def until(self) -> datetime:
        """Return until when one is watched for whose owner is here now."""
        return datetime.now(UTC) + self._lives

    def keep(self, query: StandingQuery) -> None:
        """Have one watched for, in place of what its saved search was compiled to before."""
        body = query.model_dump(mode="json")
        self._records.put(OwnRecord(STANDING_SEARCH, query.saved_search_id, query.owner, body=body))
        self._tell()

    def drop(self, saved_search_id: str) -> bool:
        """Have one watched for no more; tell whether it was."""
        dropped = self._records.delete(STANDING_SEARCH, saved_search_id)
        if dropped:
            self._tell()
        return dropped

    def forget_alerts(self, owner: str, saved_search_id: str) -> None:
        """Forget what came of one; should it be watched for anew, everything is new to it."""
        self._records.forget(ALERT, owner=owner, about=saved_search_id)

    def get(self, saved_search_id: str) -> StandingQuery | None:
        """Return one; none where it is not there, or another version wrote it."""
        record = self._records.get(STANDING_SEARCH, saved_search_id)
        return None if record is None else read_standing(record)

    def renew(self, query: StandingQuery, who: Principals) -> StandingQuery:
        """Take note that its owner came back: it lives longer, and by the rights that they have now; return it so.

        It is written at most once a day, and whenever their rights have changed.
        """
        until = self.until()
        if query.principals == tuple(who) and until - query.until < _A_DAY:
            return query
        renewed = query.model_copy(update={"principals": tuple(who), "until": until})
        self.keep(renewed)
        return renewed

    def came_back(self, owner: str, who: Principals) -> None:
        """Renew all of an owner's, who looks at what came of them; once a day, and whenever their rights have changed.

        Args:
            owner: Whose.
            who: They, as they are now.
        """
        now = (who.digest, datetime.now(UTC).date())
        with self._seeing:
            if self._seen.get(owner) == now:
                return
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            self._seen[owner] = now
        for record in list(self._records.of(STANDING_SEARCH, owner=owner)):
            query = read_standing(record)
            if query is not None:
                self.renew(query, who)

    def states(self, owner: str) -> dict[str, StandingState]:
        """Return how each of an owner's is watched for, by its saved search."""
        return {
            record.record_id: state_of(read_standing(record))
            for record in self._records.of(STANDING_SEARCH, owner=owner)
        }

    def _tell(self) -> None:
        # Consumers look at this one record, and read all of them only when it changes.
        self._records.put(OwnRecord(CHANGES, CHANGED, body={"sign": uuid4().hex}))


def state_of(query: StandingQuery | None) -> StandingState:
    """Return how a search is watched for; none is not yet."""
    if query is None:
        return StandingState(watched=False)
    watched = query.until > datetime.now(UTC)
    return StandingState(watched=watched, until=query.until, lacks=list(query.lacks))


def read_standing(record: OwnRecord) -> StandingQuery | None:
    """Return what a record holds; none where another version wrote it."""
    try:
        return StandingQuery.model_validate(record.body)
    except ValidationError:
        return None
