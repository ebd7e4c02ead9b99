"""The sample library in an index of its own, without Kafka: encoded, composed and written as the consumer does it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from damsight_consumer.compose import Findings, compose
from damsight_consumer.plan import caption_text
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.ports import Encoders, Vectors
from damsight_index import create_index
from damsight_schemas.asset import AssetMetadata
from damsight_schemas.connections import EncodingLimits, IndexSettings
from damsight_schemas.events import parse_event
from damsight_schemas.version import document_version

_BATCH = 64
_CHUNK_BYTES = 4 << 20


def index_library(client: Elasticsearch, settings: IndexSettings, library: Path, encoders: Encoders) -> int:
    """Create the index and fill it with the library's assets; return how many they are."""
    from damsight_encoders.load import spaces_of_encoders  # noqa: PLC0415 - it brings torch along

    create_index(client, settings, spaces_of_encoders(encoders))
    assets = [json.loads(line) for line in library.read_text(encoding="utf-8").splitlines()]
    documents = _documents(assets, library.parent, encoders)
    bulk(client, _actions(documents, settings), max_chunk_bytes=_CHUNK_BYTES, refresh="wait_for")
    client.indices.refresh(index=settings.alias)
    return len(assets)


def _documents(assets: list[dict[str, Any]], folder: Path, encoders: Encoders) -> Iterator[dict[str, Any]]:
    joint, caption = encoders.joint, encoders.caption
    if joint is None or caption is None:
        raise SystemExit("The library is measured with both models.")
    decoder = PillowDecoder(EncodingLimits())
    for start in range(0, len(assets), _BATCH):
        batch = assets[start : start + _BATCH]
        pictures = [
            joint.prepare(decoder.decode((folder / one["media"]["uri"]).read_bytes(), at_least=joint.input_size))
            for one in batch
        ]
        texts = [caption_text(AssetMetadata.model_validate(one["metadata"])) for one in batch]
        seen, meant = joint.encode_images(pictures), caption.encode_texts(texts, purpose="document")
        yield from (_document(one, *rows) for one, *rows in zip(batch, seen, meant, strict=True))


def _document(asset: dict[str, Any], seen: Vectors, meant: Vectors) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    event = parse_event(json.dumps(
        {
            "specversion": "1.0", "id": asset["asset_id"], "type": "dam.asset.created.v1", "source": "/bench",
            "subject": asset["asset_id"], "time": now, "datacontenttype": "application/json",
            "data": {**asset, "media": {**asset["media"], "uri": f"file:///{asset['media']['uri']}"}},
        }
    ).encode())  # fmt: skip
    findings = Findings(image_vector=np.asarray(seen), caption_vector=np.asarray(meant))
    return compose(event, findings, indexed_at=now)


def _actions(documents: Iterator[dict[str, Any]], settings: IndexSettings) -> Iterator[dict[str, Any]]:
    for told in documents:
        version = document_version(told["revision"], deleted=told["deleted"])
        yield {
            "_op_type": "index", "_index": settings.write_alias, "_id": told["asset_id"], "version": version,
            "version_type": "external", "_source": told,
        }  # fmt: skip
