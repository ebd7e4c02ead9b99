"""Own records in memory."""

from collections.abc import Iterator
from threading import Lock

from damsight_index.own_records import OwnRecord


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
