"""Reads a whole index, tombstones too."""

from typing import Any

from elasticsearch import Elasticsearch

_PAGE = 2000


def read_all(client: Elasticsearch, index: str, *, vectors: bool) -> dict[str, dict[str, Any]]:
    """Return every document by its id.

    Args:
        client: Straight to the server.
        index: By its own name: the alias hides tombstones.
        vectors: With them.
    """
    client.indices.refresh(index=index)
    moment = client.open_point_in_time(index=index, keep_alive="2m")["id"]
    found: dict[str, dict[str, Any]] = {}
    after: list[Any] | None = None
    try:
        while True:
            page = client.search(
                pit={"id": moment, "keep_alive": "2m"}, size=_PAGE, sort=[{"_shard_doc": "asc"}], search_after=after,
                source_exclude_vectors=not vectors, track_total_hits=False,
            )["hits"]["hits"]  # fmt: skip
            if not page:
                return found
            found.update((hit["_id"], hit["_source"]) for hit in page)
            after = page[-1]["sort"]
    finally:
        client.close_point_in_time(id=moment)
