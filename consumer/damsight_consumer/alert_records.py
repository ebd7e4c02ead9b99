"""Standing searches and alerts, as own records keep them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from damsight_consumer.errors import IndexUnavailableError, StandingSearchesRefusedError
from damsight_index.errors import IndexAccessError, IndexRejectedError, SearchIndexError
from damsight_index.own_records import OwnRecord, OwnRecords
from damsight_schemas.alerts import AlertEvent
from damsight_schemas.standing import ALERT, CHANGED, CHANGES, SHOWN, STANDING_SEARCH, UNREAD


class KeptStandingSearches:
    """See `damsight_consumer.standing.ports.StandingSearches`.

    Args:
        records: `damsight_index.stored_records.ElasticsearchOwnRecords`, or a fake.
    """

    def __init__(self, records: OwnRecords) -> None:
        self._records = records

    def changed(self) -> str:
        """Return what is another after each change."""
        with _read_by_us():
            found = self._records.get(CHANGES, CHANGED)
        return "" if found is None else str(found.body.get("sign", ""))

    def bodies(self) -> list[dict[str, Any]]:
        """Return all."""
        with _read_by_us():
            return [record.body for record in self._records.of(STANDING_SEARCH)]


class KeptAlerts:
    """See `damsight_consumer.standing.ports.AlertRecords`.

    Args:
        records: As of `KeptStandingSearches`.
    """

    def __init__(self, records: OwnRecords) -> None:
        self._records = records

    def known(self, alert_ids: Sequence[str]) -> frozenset[str]:
        """Return those that are kept already."""
        with _ours():
            return self._records.known(ALERT, alert_ids)

    def keep(self, events: Sequence[AlertEvent]) -> None:
        """Keep alerts, each about its saved search and its asset."""
        with _ours():
            self._records.create_all([_record(event) for event in events])


def _record(event: AlertEvent) -> OwnRecord:
    data = event.data
    body = data.model_dump(mode="json", exclude={"owner"})
    about = (data.saved_search_id, data.asset_id, SHOWN, UNREAD)
    return OwnRecord(ALERT, event.id, data.owner, about, body, event.time)


@contextmanager
def _ours() -> Iterator[None]:
    try:
        yield
    except SearchIndexError as error:
        raise IndexUnavailableError(str(error)) from error


@contextmanager
def _read_by_us() -> Iterator[None]:
    """Tell what only somebody can mend from what time mends: for lack of a right to read, nothing else shall wait."""
    try:
        yield
    except (IndexAccessError, IndexRejectedError) as error:
        raise StandingSearchesRefusedError(
            f"{error} Let the consumer read and write the index of own records, or set DAMSIGHT_ALERTS__ENABLED=false."
        ) from error
    except SearchIndexError as error:
        raise IndexUnavailableError(str(error)) from error
