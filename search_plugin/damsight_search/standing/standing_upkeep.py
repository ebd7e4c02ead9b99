"""Keeps standing searches up with the index's models, and forgets what is old; in a thread of its own, never a request.

Several replicas may do it at once: each step comes to the same whoever takes it.
"""

import logging
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from damsight_index.own_records import OwnRecord, OwnRecords
from damsight_schemas.search import SearchRequest
from damsight_schemas.standing import ALERT, SAVED_SEARCH, STANDING_SEARCH, StandingQuery
from damsight_search.errors import SearchError
from damsight_search.principal import Principals
from damsight_search.repeating import Repeating
from damsight_search.standing.standing_compiling import Compiling
from damsight_search.standing.standing_keeping import StandingKeeper, read_standing

_log = logging.getLogger(__name__)


class StandingUpkeep:
    """Compiles what no longer fits, and forgets.

    Args:
        records: Where all of it is kept.
        compiling: Makes standing searches.
        standing: Keeps them.
        every_s: How long it waits between two looks.
        keep_alerts: How old an alert may become; later its asset would make another one.
    """

    def __init__(
        self,
        records: OwnRecords,
        compiling: Compiling,
        standing: StandingKeeper,
        *,
        every_s: float,
        keep_alerts: timedelta,
    ) -> None:
        self._records = records
        self._compiling = compiling
        self._standing = standing
        self._keep_alerts = keep_alerts
        self._repeating = Repeating("standing-upkeep", self.look, first_s=every_s, every_s=every_s)

    def start(self) -> None:
        """Begin to look after them."""
        self._repeating.start()

    def stop(self) -> None:
        """End, after the search that is being compiled."""
        self._repeating.stop()

    def look(self) -> int:
        """Do all that there is to do, and tell how many searches were compiled.

        Raises:
            SearchError: The index or a model does not answer.
        """
        self._compiling.look_again()
        saved = {record.record_id: record for record in self._records.of(SAVED_SEARCH)}
        kept = {record.record_id: read_standing(record) for record in self._records.of(STANDING_SEARCH)}
        for saved_search_id in kept.keys() - saved.keys():
            # Deleted between two steps of somebody else.
            self._standing.drop(saved_search_id)
        self._records.forget(ALERT, before=datetime.now(UTC) - self._keep_alerts)
        wanting = (record for record in saved.values() if self._wants(record, kept.get(record.record_id)))
        return sum(self._compiled(record, kept.get(record.record_id)) for record in wanting)

    def _wants(self, record: OwnRecord, query: StandingQuery | None) -> bool:
        if self._repeating.is_stopping or not record.body.get("alert"):
            return False
        return query is None or (query.until > datetime.now(UTC) and not self._compiling.fits(query))

    def _compiled(self, record: OwnRecord, before: StandingQuery | None) -> bool:
        """Compile by the rights that its owner had; only they themselves, coming back, can bring others."""
        try:
            query = self._compiling.compiled(
                SearchRequest.model_validate(record.body["request"]),
                Principals(before.principals if before else record.body["principals"]),
                saved_search_id=record.record_id,
                name=record.body["name"],
                owner=record.owner,
                until=before.until if before else self._standing.until(),
            )
        except (SearchError, ValidationError, KeyError, TypeError) as error:
            _log.info("saved search %s is not compiled now: %s", record.record_id, error)
            return False
        if query != before:
            self._standing.keep(query)
        return query != before
