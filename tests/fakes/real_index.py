"""A library in a real Elasticsearch: an index of its own for a test, gone when the test ends."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from damsight_index import connect, create_index
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings
from damsight_schemas.languages import DEFAULT
from damsight_schemas.space import IndexSpaces, Similarity
from damsight_schemas.version import document_version
from damsight_search.index import ElasticsearchIndex


@dataclass(frozen=True)
class RealIndex:
    """The index and how to change it."""

    client: Elasticsearch
    settings: IndexSettings
    index: ElasticsearchIndex

    def store(self, documents: dict[str, dict[str, Any]]) -> None:
        """Write documents as the consumer does, and make them visible."""
        operations: list[dict[str, Any]] = []
        for asset_id, told in documents.items():
            version = document_version(told["revision"], deleted=told["deleted"])
            action = {"_index": self.settings.write_alias, "_id": asset_id, "version": version}
            operations += [{"index": {**action, "version_type": "external"}}, told]
        answer = self.client.bulk(operations=operations, refresh=True)
        assert not answer["errors"], answer["items"]


@contextmanager
def real_index(
    url: str,
    spaces: IndexSpaces,
    *,
    similarity: Similarity = "dot_product",
    languages: Sequence[str] = DEFAULT,
    shards: int = 1,
) -> Iterator[RealIndex]:
    """Create an empty index with these spaces; without languages it is as one on a server that has no analyzers."""
    client = connect(ElasticsearchSettings(url=url, timeout_s=60))
    settings = IndexSettings(
        alias=f"test-{uuid.uuid4().hex[:12]}", shards=shards, similarity=similarity, languages=tuple(languages)
    )
    created = create_index(client, settings, spaces)
    try:
        yield RealIndex(client, settings, ElasticsearchIndex(client, settings.alias))
    finally:
        client.indices.delete(index=created.name)
        client.close()
