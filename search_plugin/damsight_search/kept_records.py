"""Own records as the search's features use them: what goes wrong comes as one of the search's errors."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from damsight_index.own_records import OwnRecord, OwnRecords, Place
from damsight_search.index_faults import searchs_errors


class KeptRecords:
    """Own records over others, with the search's errors (`searchs_errors` tells which) in place of the index's.

    Args:
        records: `damsight_index.stored_records.ElasticsearchOwnRecords`, or a fake.
    """

    def __init__(self, records: OwnRecords) -> None:
        self._records = records

    def get(self, kind: str, record_id: str) -> OwnRecord | None:
        """Return one; none where it is not there."""
        with searchs_errors():
            return self._records.get(kind, record_id)

    def put(self, record: OwnRecord) -> None:
        """Keep one, in place of what has its kind and id."""
        with searchs_errors():
            self._records.put(record)

    def create(self, record: OwnRecord) -> bool:
        """Keep one where none has its kind and id; tell whether it was kept."""
        with searchs_errors():
            return self._records.create(record)

    def delete(self, kind: str, record_id: str) -> bool:
        """Forget one; tell whether it was there."""
        with searchs_errors():
            return self._records.delete(kind, record_id)

    def of(self, kind: str, *, owner: str | None = None, about: str | None = None) -> Iterator[OwnRecord]:
        """Yield those of a kind, by their ids; of an owner, or about something, where that is given."""
        with searchs_errors():
            yield from self._records.of(kind, owner=owner, about=about)

    def create_all(self, records: Sequence[OwnRecord]) -> list[bool]:
        """Keep each where none has its kind and id, in one request; tell which were kept."""
        with searchs_errors():
            return self._records.create_all(records)

    def put_all(self, records: Sequence[OwnRecord]) -> None:
        """Keep each in place of what has its kind and id, in one request."""
        with searchs_errors():
            self._records.put_all(records)

    def known(self, kind: str, record_ids: Sequence[str]) -> frozenset[str]:
        """Return those ids that there are records of."""
        with searchs_errors():
            return self._records.known(kind, record_ids)

    def latest(
        self, kind: str, *, owner: str, about: str | None = None, most: int, after: Place | None = None
    ) -> list[OwnRecord]:
        """Return an owner's newest by ``at``, or those that follow a place."""
        with searchs_errors():
            return self._records.latest(kind, owner=owner, about=about, most=most, after=after)

    def forget(
        self, kind: str, *, owner: str | None = None, about: str | None = None, before: datetime | None = None
    ) -> int:
        """Forget all of a kind that meet every condition, and tell how many there were."""
        with searchs_errors():
            return self._records.forget(kind, owner=owner, about=about, before=before)
