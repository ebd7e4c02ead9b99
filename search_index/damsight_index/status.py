"""What generations there are: which is live, what they hold, in which spaces."""

from typing import Any

from elasticsearch import Elasticsearch
from pydantic import BaseModel, ConfigDict

from damsight_index.connection import translated
from damsight_index.names import generation_number, generation_pattern
from damsight_schemas.connections import IndexSettings
from damsight_schemas.mapping import spaces_of
from damsight_schemas.space import IndexSpaces


class Generation(BaseModel):
    """One physical index of an alias.

    Attributes:
        name: ``<alias>-000001``.
        number: From 1; the highest is the newest.
        live: The read alias names it.
        writable: The write alias names it.
        assets: How many assets can be found in it.
        tombstones: How many deleted assets it still remembers.
        size_bytes: On disk, without replicas.
        spaces: Of each vector field.
        schema_version: Of the index body it was made with.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    number: int
    live: bool
    writable: bool
    assets: int
    tombstones: int
    size_bytes: int
    spaces: IndexSpaces
    schema_version: int


def generations(client: Elasticsearch, settings: IndexSettings) -> list[Generation]:
    """Return every generation of the alias, the oldest first.

    Raises:
        IndexUnavailableError: The server does not answer.
    """
    with translated(f"listing the generations of {settings.alias!r}"):
        found = client.indices.get(index=generation_pattern(settings.alias), allow_no_indices=True).body
        ours = {name: body for name, body in found.items() if generation_number(settings.alias, name)}
        if not ours:
            return []
        names = sorted(ours)
        sizes = client.indices.stats(index=names, metric="store").body["indices"]
        counts = _counts(client, names)
    return [_generation(name, ours[name], sizes.get(name, {}), counts.get(name, {}), settings) for name in names]


def _counts(client: Elasticsearch, names: list[str]) -> dict[str, dict[str, int]]:
    by_deletion = {"terms": {"field": "deleted"}}
    answer = client.search(
        index=names,
        size=0,
        aggregations={"index": {"terms": {"field": "_index", "size": 1000}, "aggs": {"deleted": by_deletion}}},
    )
    return {
        bucket["key"]: {part["key_as_string"]: part["doc_count"] for part in bucket["deleted"]["buckets"]}
        for bucket in answer["aggregations"]["index"]["buckets"]
    }


def _generation(
    name: str, body: dict[str, Any], size: dict[str, Any], counts: dict[str, int], settings: IndexSettings
) -> Generation:
    meta = body["mappings"].get("_meta", {})
    return Generation(
        name=name,
        number=generation_number(settings.alias, name) or 0,
        live=settings.alias in body["aliases"],
        writable=settings.write_alias in body["aliases"],
        assets=counts.get("false", 0),
        tombstones=counts.get("true", 0),
        size_bytes=size.get("primaries", {}).get("store", {}).get("size_in_bytes", 0),
        spaces=spaces_of(meta),
        schema_version=meta.get("damsight", {}).get("schema", 0),
    )
