"""Own records in memory."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from threading import Lock

from damsight_index.own_records import OwnRecord, Place


class FakeOwnRecords:
    """Keeps them in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], OwnRecord] = {}
        self._lock = Lock()

    def get(self, kind: str, record_id: str) -> OwnRecord | None:
        return self.kept.get((kind, record_id))

    def put(self, record: OwnRecord) -> None:
        self.kept[record.kind, record.record_id] = record

    def create(self, record: OwnRecord) -> bool:
        with self._lock:
            return self.kept.setdefault((record.kind, record.record_id), record) is record

    def delete(self, kind: str, record_id: str) -> bool:
        return self.kept.pop((kind, record_id), None) is not None

    def of(self, kind: str, *, owner: str | None = None, about: str | None = None) -> Iterator[OwnRecord]:
        for key in sorted(self.kept):
            record = self.kept[key]
            if record.kind != kind or (owner is not None and record.owner != owner):
                continue
            if about is None or about in record.about:
                yield record

    def create_all(self, records: Sequence[OwnRecord]) -> list[bool]:
        return [self.create(record) for record in records]

    def put_all(self, records: Sequence[OwnRecord]) -> None:
        for record in records:
            self.put(record)

    def known(self, kind: str, record_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(record_id for record_id in record_ids if (kind, record_id) in self.kept)

    def latest(
        self, kind: str, *, owner: str, about: str | None = None, most: int, after: Place | None = None
    ) -> list[OwnRecord]:
        dated = [one for one in self.of(kind, owner=owner, about=about) if one.at is not None]
        placed = sorted((_place(one.at, one.record_id), one) for one in dated if one.at is not None)
        return [one for place, one in placed if after is None or place > _place(*after)][:most]

    def forget(
        self, kind: str, *, owner: str | None = None, about: str | None = None, before: datetime | None = None
    ) -> int:
        found = list(self.of(kind, owner=owner, about=about))
        old = [one for one in found if before is None or (one.at is not None and one.at < before)]
        return sum(self.delete(kind, one.record_id) for one in old)


def _place(at: datetime, record_id: str) -> tuple[int, str]:
    """Of milliseconds, as the real one keeps times; the newest first."""
    return -int(at.timestamp() * 1000), record_id
