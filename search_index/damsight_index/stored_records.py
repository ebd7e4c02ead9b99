"""The adapter: own records in an index of their own, ``<alias>-own``, which no generation and no cutover touches."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from damsight_index.connection import translated
from damsight_index.errors import IndexConflictError, IndexMissingError, IndexUnavailableError
from damsight_index.own_records import OwnRecord, Place

_PAGE = 500
_FORGOTTEN_AT_ONCE = 1000
_OK, _CREATED, _NOT_FOUND, _CONFLICT, _UNAVAILABLE = 200, 201, 404, 409, 503
# How long an index that was just made may take to be readable.
_START = "10s"
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
            "at": {"type": "date"},
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
        self._made = False

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
        query = _query(kind, owner, about)
        after: list[Any] = []
        while page := self._page(query, after, kind):
            yield from (_record(hit["_source"]) for hit in page)
            after = page[-1]["sort"]

    def create_all(self, records: Sequence[OwnRecord]) -> list[bool]:
        """Keep each where none has its kind and id, in one request; tell which were kept."""
        if not records:
            return []
        return [_was_kept(item["create"]) for item in self._bulk("create", records, refresh=False)]

    def put_all(self, records: Sequence[OwnRecord]) -> None:
        """Keep each in place of what has its kind and id, in one request."""
        if records:
            for item in self._bulk("index", records, refresh=True):
                _was_kept(item["index"])

    def known(self, kind: str, record_ids: Sequence[str]) -> frozenset[str]:
        """Return those ids that there are records of."""
        if not record_ids:
            return frozenset()
        keys = {_key(kind, record_id): record_id for record_id in record_ids}
        with suppress(IndexMissingError), translated(f"looking up {len(record_ids):,} records of {kind}"):
            found = self._client.mget(index=self._index, ids=list(keys), source=False)["docs"]
            return frozenset(keys[told["_id"]] for told in found if told.get("found"))
        return frozenset()

    def latest(
        self, kind: str, *, owner: str, about: str | None = None, most: int, after: Place | None = None
    ) -> list[OwnRecord]:
        """Return an owner's newest by ``at``, or those that follow a place."""
        body: dict[str, Any] = {
            "size": most, "query": _query(kind, owner, about, dated=True),
            "sort": [{"at": {"order": "desc", "format": "strict_date_optional_time"}}, {"record_id": "asc"}],
            "track_total_hits": False,
        }  # fmt: skip
        if after is not None:
            body["search_after"] = [_written(after[0]), after[1]]
        return [_record(hit["_source"]) for hit in self._hits(body, kind)]

    def forget(
        self, kind: str, *, owner: str | None = None, about: str | None = None, before: datetime | None = None
    ) -> int:
        """Forget all of a kind that meet every condition, and tell how many there were."""
        body = {"size": _FORGOTTEN_AT_ONCE, "query": _query(kind, owner, about, before), "_source": False}
        forgotten = 0
        with suppress(IndexMissingError), translated(f"deleting each {kind}"):
            self._client.indices.refresh(index=self._index)
            while hits := self._hits(body, kind):
                operations = [{"delete": {"_id": hit["_id"]}} for hit in hits]
                items = self._client.bulk(index=self._index, operations=operations, refresh=True)["items"]
                done = sum(item["delete"]["status"] in (_OK, _NOT_FOUND) for item in items)
                if done < len(items):
                    raise IndexUnavailableError(f"Elasticsearch does not delete each {kind}: {items[0]['delete']}")
                forgotten += done
        return forgotten

    def _bulk(self, action: str, records: Sequence[OwnRecord], *, refresh: bool) -> list[dict[str, Any]]:
        operations: list[dict[str, Any]] = []
        for record in records:
            operations += [{action: {"_id": _key(record.kind, record.record_id)}}, _document(record)]
        with translated(f"keeping {len(records):,} records"):
            self._make_sure_of_index()
            items: list[dict[str, Any]] = self._client.bulk(index=self._index, operations=operations, refresh=refresh)[
                "items"
            ]
        return items

    def _page(self, query: dict[str, Any], after: list[Any], kind: str) -> list[dict[str, Any]]:
        body: dict[str, Any] = {
            "size": _PAGE, "query": query, "sort": [{"record_id": "asc"}],
            "track_total_hits": False,
        }  # fmt: skip
        if after:
            body["search_after"] = after
        return self._hits(body, kind)

    def _hits(self, body: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        with suppress(IndexMissingError), translated(f"listing each {kind}"):
            hits: list[dict[str, Any]] = self._searched(body)["hits"]["hits"]
            return hits
        return []

    def _searched(self, body: dict[str, Any]) -> Any:
        try:
            return self._client.search(index=self._index, body=body)
        except ApiError as error:
            if error.status_code != _UNAVAILABLE:
                raise
        # Somebody made the index a moment ago, and nothing can be read from it yet.
        self._client.cluster.health(index=self._index, wait_for_active_shards=1, timeout=_START)
        return self._client.search(index=self._index, body=body)

    def _write(self, record: OwnRecord, *, create: bool) -> None:
        with translated(f"keeping {record.kind} {record.record_id!r}"):
            self._make_sure_of_index()
            self._client.index(
                index=self._index, id=_key(record.kind, record.record_id), document=_document(record), refresh=True,
                op_type="create" if create else "index",
            )  # fmt: skip

    def _make_sure_of_index(self) -> None:
        if self._made:
            return
        with translated(f"creating index {self._index!r}"):
            if self._client.indices.exists(index=self._index):
                # An older version may have made it, with fewer fields.
                self._client.indices.put_mapping(index=self._index, properties=_BODY["mappings"]["properties"])
            else:
                # Somebody else may make it at the same moment.
                with suppress(IndexConflictError), translated(f"creating index {self._index!r}"):
                    self._client.indices.create(index=self._index, **_BODY)
        self._made = True


def _key(kind: str, record_id: str) -> str:
    return f"{kind}:{record_id}"


def _query(
    kind: str, owner: str | None, about: str | None, before: datetime | None = None, *, dated: bool = False
) -> dict[str, Any]:
    wanted = {"kind": kind, "owner": owner, "about": about}
    filters: list[dict[str, Any]] = [{"term": {name: value}} for name, value in wanted.items() if value is not None]
    if before is not None:
        filters.append({"range": {"at": {"lt": _written(before)}}})
    if dated:
        filters.append({"exists": {"field": "at"}})
    return {"bool": {"filter": filters}}


def _document(record: OwnRecord) -> dict[str, Any]:
    told = {
        "kind": record.kind, "record_id": record.record_id, "owner": record.owner, "about": list(record.about),
        "body": record.body,
    }  # fmt: skip
    return told if record.at is None else {**told, "at": _written(record.at)}


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _was_kept(item: dict[str, Any]) -> bool:
    if item["status"] not in (_OK, _CREATED, _CONFLICT):
        reason = (item.get("error") or {}).get("reason", "no reason told")
        raise IndexUnavailableError(f"Elasticsearch does not keep record {item['_id']!r}: {reason}")
    return bool(item["status"] != _CONFLICT)


def _record(told: dict[str, Any]) -> OwnRecord:
    at = datetime.fromisoformat(told["at"]) if "at" in told else None
    return OwnRecord(told["kind"], told["record_id"], told["owner"], tuple(told["about"]), told["body"], at)
