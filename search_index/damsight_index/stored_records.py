"""The adapter: own records in an index of their own, ``<alias>-own``, which no generation and no cutover touches."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from elasticsearch import Elasticsearch

from damsight_index.connection import translated
from damsight_index.errors import IndexConflictError, IndexMissingError
from damsight_index.own_records import OwnRecord

_PAGE = 500
_KEYWORD = {"type": "keyword", "ignore_above": 8191}
_BODY: dict[str, Any] = {
    "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            "kind": _KEYWORD,
            "record_id": _KEYWORD,
            "owner": _KEYWORD,
            "about": _KEYWORD,
            "body": {"type": "object", "enabled": False},
        },
    },
}


class ElasticsearchOwnRecords:
    """Own records in Elasticsearch. The index is made with the first record.

    Args:
        client: From `damsight_index.connect`.
        alias: Of the assets (DAMSIGHT_INDEX__ALIAS).
    """

    def __init__(self, client: Elasticsearch, alias: str) -> None:
        self._client = client
        self._index = f"{alias}-own"

    def get(self, kind: str, record_id: str) -> OwnRecord | None:
        """Return one; none where it is not there."""
        with suppress(IndexMissingError), translated(f"reading {kind} {record_id!r}"):
            return _record(self._client.get(index=self._index, id=_key(kind, record_id))["_source"])
        return None

    def put(self, record: OwnRecord) -> None:
        """Keep one, in place of what has its kind and id."""
        self._write(record, create=False)

    def create(self, record: OwnRecord) -> bool:
        """Keep one where none has its kind and id; tell whether it was kept."""
        try:
            self._write(record, create=True)
        except IndexConflictError:
            return False
        return True

    def delete(self, kind: str, record_id: str) -> bool:
        """Forget one; tell whether it was there."""
        with suppress(IndexMissingError), translated(f"deleting {kind} {record_id!r}"):
            self._client.delete(index=self._index, id=_key(kind, record_id), refresh=True)
            return True
        return False

    def of(self, kind: str, *, owner: str | None = None, about: str | None = None) -> Iterator[OwnRecord]:
        """Yield those of a kind, by their ids."""
        wanted = {"kind": kind, "owner": owner, "about": about}
        filters = [{"term": {name: value}} for name, value in wanted.items() if value is not None]
        after: list[Any] = []
        while page := self._page(filters, after, kind):
            yield from (_record(hit["_source"]) for hit in page)
            after = page[-1]["sort"]

    def _page(self, filters: list[dict[str, Any]], after: list[Any], kind: str) -> list[dict[str, Any]]:
        body: dict[str, Any] = {
            "size": _PAGE, "query": {"bool": {"filter": filters}}, "sort": [{"record_id": "asc"}],
            "track_total_hits": False,
        }  # fmt: skip
        if after:
            body["search_after"] = after
        with suppress(IndexMissingError), translated(f"listing each {kind}"):
            hits: list[dict[str, Any]] = self._client.search(index=self._index, body=body)["hits"]["hits"]
            return hits
        return []

    def _write(self, record: OwnRecord, *, create: bool) -> None:
        told = {
            "kind": record.kind, "record_id": record.record_id, "owner": record.owner, "about": list(record.about),
            "body": record.body,
        }  # fmt: skip
        with translated(f"keeping {record.kind} {record.record_id!r}"):
            self._make_sure_of_index()
            self._client.index(
                index=self._index, id=_key(record.kind, record.record_id), document=told, refresh=True,
                op_type="create" if create else "index",
            )  # fmt: skip

    def _make_sure_of_index(self) -> None:
        if self._client.indices.exists(index=self._index):
            return
        # Somebody else may make it at the same moment.
        with suppress(IndexConflictError), translated(f"creating index {self._index!r}"):
            self._client.indices.create(index=self._index, **_BODY)


def _key(kind: str, record_id: str) -> str:
    return f"{kind}:{record_id}"


def _record(told: dict[str, Any]) -> OwnRecord:
    return OwnRecord(told["kind"], told["record_id"], told["owner"], tuple(told["about"]), told["body"])
