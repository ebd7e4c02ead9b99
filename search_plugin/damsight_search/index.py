"""The index adapter: executes bodies on Elasticsearch and translates what it answers."""

from typing import Any

from elasticsearch import Elasticsearch

from damsight_index import spaces_in, translated
from damsight_schemas.space import IndexSpaces
from damsight_search.errors import SearchTimeoutError
from damsight_search.index_faults import searchs_errors
from damsight_search.ports import Answer, Body, Found, Part

_HEADERS = {"content-type": "application/json", "accept": "application/json"}
_FROZEN_PATH = "/_search?include_named_queries_score=true"
KEPT = "5m"
"""How long a view is kept after it was last used."""


class ElasticsearchIndex:
    """The assets behind a filtered alias.

    Args:
        client: From `damsight_index.connect`.
        alias: The read alias.
    """

    def __init__(self, client: Elasticsearch, alias: str) -> None:
        self._client = client
        self._alias = alias
        self._path = f"/{alias}{_FROZEN_PATH}"

    def search(self, body: Body) -> Answer:
        """Execute a body.

        Raises:
            SearchTimeoutError: It did not end in time, whole or in part.
            SearchUnavailableError: Nothing answers, or every shard is lost.
            IndexRefusedError: The body is refused.
            FrozenViewGoneError: The view of the index that the body names is kept no longer.
        """
        path = _FROZEN_PATH if "pit" in body else self._path
        with searchs_errors(frozen="pit" in body), translated(f"searching index {self._alias!r}"):
            # The client's own search() takes the body apart into forty keywords and puts it together again.
            told = self._client.perform_request("POST", path, headers=_HEADERS, body=body).body
        if told["timed_out"]:
            raise SearchTimeoutError(f"The search in index {self._alias!r} did not end within {body.get('timeout')}.")
        return _read(told)

    def freeze(self) -> str:
        """Keep the index as it is now, and return the name of that view (Elasticsearch's point in time).

        Raises:
            SearchUnavailableError: Nothing answers.
            IndexRefusedError: The server keeps none.
        """
        with searchs_errors(), translated(f"keeping a view of index {self._alias!r}"):
            # What is left of an index is listed too; its searches tell what they lack.
            path = f"/{self._alias}/_pit?keep_alive={KEPT}&allow_partial_search_results=true"
            told = self._client.perform_request("POST", path, headers={"accept": _HEADERS["accept"]}).body
        return str(told["id"])

    def spaces(self) -> IndexSpaces:
        """Return the spaces of the index that is live now.

        Raises:
            SearchUnavailableError: Nothing answers, or there is no such index.
        """
        with searchs_errors():
            return spaces_in(self._client, self._alias)


def _read(told: dict[str, Any]) -> Answer:
    hits, shards = told["hits"], told["_shards"]
    total = hits.get("total", {"value": len(hits["hits"]), "relation": "gte"})
    return Answer(
        found=tuple(_found(hit) for hit in hits["hits"]),
        total=total["value"],
        relation=total["relation"],
        aggregations=told.get("aggregations", {}),
        generation=hits["hits"][0]["_index"] if hits["hits"] else "",
        shards=shards["total"],
        lost_shards=shards["failed"],
    )


def _found(hit: dict[str, Any]) -> Found:
    fields, source = hit.get("fields", {}), hit.get("_source", {})
    return Found(
        asset_id=fields["asset_id"][0] if "asset_id" in fields else source["asset_id"],
        score=hit.get("_score") or 0.0,
        scores=hit.get("matched_queries", {}),
        fields=fields,
        source=source,
        highlight=hit.get("highlight", {}),
        sort=tuple(hit["sort"]) if "sort" in hit else (),
        part=_best_part(hit) if "inner_hits" in hit else None,
    )


def _best_part(hit: dict[str, Any]) -> Part | None:
    for told in hit["inner_hits"].values():
        for best in told["hits"]["hits"][:1]:
            return Part(**{name.rpartition(".")[2]: held[0] for name, held in best["fields"].items()})
    return None
