"""Reads what the index holds, tombstones too, without vectors: all of it at one moment, or some assets as they are now.

Source: Elasticsearch's point in time and search_after; ``_shard_doc`` is the cheapest order to read everything in.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from elasticsearch import Elasticsearch

from damsight_consumer.errors import IndexNotReadyError, IndexUnavailableError
from damsight_consumer.reconcile.findings import Indexed
from damsight_index.connection import translated
from damsight_index.errors import IndexAccessError, IndexMissingError, SearchIndexError
from damsight_schemas.catalogue import acl_hash
from damsight_schemas.document import Problem

PAGE = 2000
# Somebody waits for a whole answer here, not for a quick one.
PATIENCE_S = 60.0
# How long Elasticsearch keeps the moment between two pages.
KEEP_ALIVE = "5m"
FIELDS = ("revision", "deleted", "acl", "source", "indexed_at", "problem")
Told = Callable[[int, int], None]


class IndexReader:
    """Reads through the write alias, which hides no tombstones.

    Args:
        client: From `damsight_index.connection.connect`.
        alias: The write alias.
        page: Documents that are read at once.
    """

    def __init__(self, client: Elasticsearch, alias: str, *, page: int = PAGE) -> None:
        self._client = client.options(request_timeout=PATIENCE_S)
        self._alias = alias
        self._page = page

    def every(self, told: Told) -> Iterator[list[Indexed]]:
        """Yield all documents as they are at this moment, page by page, in no order.

        Args:
            told: Is told, after each page, how many were read, and of how many.

        Raises:
            IndexNotReadyError: There is no such index.
            IndexUnavailableError: It does not answer, or not wholly.
        """
        with _ours(f"reading the index {self._alias!r}"):
            with suppress(IndexAccessError), translated(f"refreshing {self._alias!r}"):
                # What was stored within the last second is seen too, where we are allowed to ask for it.
                self._client.indices.refresh(index=self._alias)
            with translated(f"reading the index {self._alias!r}"):
                total = int(self._client.count(index=self._alias)["count"])
                moment = self._client.open_point_in_time(index=self._alias, keep_alive=KEEP_ALIVE)["id"]
        try:
            done, after = 0, None
            while hits := self._hits(moment, after):
                done += len(hits)
                after = hits[-1]["sort"]
                yield [indexed_of(hit) for hit in hits]
                told(done, max(total, done))
        finally:
            # It ends by itself a little later where this is not taken.
            with suppress(SearchIndexError), translated("letting go of the moment"):
                self._client.close_point_in_time(id=moment)

    def look_up(self, asset_ids: Sequence[str]) -> dict[str, Indexed]:
        """Return what is stored now, searchable or not; assets that the index does not know are left out.

        Raises:
            IndexNotReadyError: There is no such index.
            IndexUnavailableError: It does not answer.
        """
        with _ours(f"reading the index {self._alias!r}"), translated(f"looking into {self._alias!r}"):
            answer = self._client.mget(index=self._alias, ids=list(asset_ids), source_includes=list(FIELDS))
        return {one["_id"]: indexed_of(one) for one in answer["docs"] if one.get("found")}

    def _hits(self, moment: str, after: Any) -> list[dict[str, Any]]:
        with _ours(f"reading the index {self._alias!r}"), translated(f"reading the index {self._alias!r}"):
            answer = self._client.search(
                pit={"id": moment, "keep_alive": KEEP_ALIVE},
                size=self._page,
                sort=["_shard_doc"],
                search_after=after,
                source_includes=list(FIELDS),
                version=True,
                track_total_hits=False,
            )
        if answer["timed_out"] or answer["_shards"]["failed"]:
            raise IndexUnavailableError(f"the index {self._alias!r} did not answer wholly; nothing was compared")
        return list(answer["hits"]["hits"])


def indexed_of(hit: dict[str, Any]) -> Indexed:
    """Return a document of an answer."""
    told = hit["_source"]
    problem, indexed_at = told.get("problem"), told.get("indexed_at")
    deleted = bool(told.get("deleted"))
    return Indexed(
        asset_id=hit["_id"],
        revision=told["revision"],
        version=hit["_version"],
        deleted=deleted,
        rights=None if deleted else acl_hash(told.get("acl", [])),
        source=told.get("source"),
        indexed_ms=int(datetime.fromisoformat(indexed_at).timestamp() * 1000) if indexed_at else None,
        problem=Problem.model_validate(problem) if problem else None,
    )


@contextmanager
def _ours(doing: str) -> Iterator[None]:
    try:
        yield
    except IndexMissingError as error:
        raise IndexNotReadyError(str(error)) from error
    except SearchIndexError as error:
        raise IndexUnavailableError(f"{error}" if doing in str(error) else f"{doing}: {error}") from error
