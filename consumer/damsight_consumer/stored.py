"""Tells what Elasticsearch holds of assets, searchable or not, tombstones too.

Source: Elasticsearch's multi get API. It reads in real time: what was stored a moment ago is told, before any refresh.
"""

import base64
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import numpy as np
from elasticsearch import Elasticsearch
from numpy.typing import NDArray

from damsight_consumer.compose import Findings, FoundPart
from damsight_consumer.errors import IndexUnavailableError
from damsight_consumer.index_guard import IndexGuard
from damsight_consumer.ports import Stored
from damsight_consumer.standing.arrival import Arrival, frames_of
from damsight_encoders.content import Position
from damsight_index.connection import reason_of, translated
from damsight_index.errors import SearchIndexError
from damsight_schemas.asset import AssetMetadata
from damsight_schemas.space import VECTOR_FIELDS

# Of one request. A vector comes as decimal numbers, some 9 bytes for each dimension: 64 pictures are about 1 MB, and
# as many videos of 32 frames 20 MB.
_MOST = 512
_MOST_WITH_VECTORS = 64
_WORDS = ("title", "caption", "description", "filename", "tags", "collections", "creator")
_PLAIN = ("sha256", "byte_size", "duration_s", "pages", "perceptual_hash", "thumbnail", "preview")
_MADE = ("generated_caption", "ocr")
_FIELDS = ("deleted", "width", "height", *_PLAIN, *_MADE, *_WORDS)
# The client knows these headers of its own methods; its mget cannot ask for vectors, which the server leaves out.
_JSON = "application/vnd.elasticsearch+json; compatible-with=9"
_HEADERS = {"accept": _JSON, "content-type": _JSON}


class IndexStoredAssets:
    """Reads through the write alias, since the readers' alias hides tombstones.

    Args:
        client: From `damsight_index.connection.connect`; it must not retry by itself.
        alias: The write alias.
        guard: Told where answers come from, so that vectors of other models are noticed before they are reused.
    """

    def __init__(self, client: Elasticsearch, alias: str, *, guard: IndexGuard | None = None) -> None:
        self._client = client
        self._alias = alias
        self._guard = guard

    def look_up(self, asset_ids: Sequence[str], *, vectors: bool = False) -> dict[str, Stored]:
        """Return what is stored now; see `damsight_consumer.ports.StoredAssets`.

        Raises:
            IndexUnavailableError: It cannot be told now.
            IndexNotReadyError: The alias was moved to an index of other models.
        """
        most = _MOST_WITH_VECTORS if vectors else _MOST
        found: dict[str, Stored] = {}
        for start in range(0, len(asset_ids), most):
            found |= self._told(asset_ids[start : start + most], vectors=vectors)
        return found

    def arrivals(self, asset_ids: Sequence[str]) -> list[Arrival]:
        """Return what is there and not deleted, whole; see `damsight_consumer.standing.ports.StoredArrivals`.

        Raises:
            IndexUnavailableError: It cannot be told now.
            IndexNotReadyError: The alias was moved to an index of other models.
        """
        found: list[Arrival] = []
        for start in range(0, len(asset_ids), _MOST_WITH_VECTORS):
            documents = self._documents(asset_ids[start : start + _MOST_WITH_VECTORS], vectors=True)
            found += [
                _arrival(document["_source"]) for document in documents if not document["_source"].get("deleted", False)
            ]
        return found

    def _told(self, asset_ids: Sequence[str], *, vectors: bool) -> dict[str, Stored]:
        fields = (*_FIELDS, *VECTOR_FIELDS, "frames") if vectors else _FIELDS
        documents = self._documents(asset_ids, vectors=vectors, fields=fields)
        return {document["_id"]: _stored(document) for document in documents}

    def _documents(
        self, asset_ids: Sequence[str], *, vectors: bool, fields: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Return those documents that are there; of all fields where none are named."""
        asking = {"_source_exclude_vectors": str(not vectors).lower()}
        if fields:
            asking["_source_includes"] = ",".join(fields)
        doing = f"looking up {len(asset_ids):,} assets in {self._alias!r}"
        try:
            with translated(doing):
                answer = self._client.perform_request(
                    "POST",
                    f"/{quote(self._alias, safe='')}/_mget",
                    params=asking,
                    headers=_HEADERS,
                    body={"ids": list(asset_ids)},
                )
        except SearchIndexError as error:
            raise IndexUnavailableError(str(error)) from error
        documents: list[dict[str, Any]] = answer.body["docs"]
        _refuse_errors(documents, doing)
        if self._guard is not None:
            for index in {document["_index"] for document in documents}:
                self._guard.met(index)
        return [document for document in documents if document["found"]]


def _refuse_errors(documents: Sequence[dict[str, Any]], doing: str) -> None:
    """Refuse the whole answer where one asset cannot be told of: the alias or a shard is in trouble, not the asset."""
    for document in documents:
        if "error" in document:
            raise IndexUnavailableError(
                f"{doing}: Elasticsearch cannot tell of asset {document['_id']!r}: {reason_of(document)}. "
                f"See `damsight index status`; it is asked again."
            )


def _stored(document: dict[str, Any]) -> Stored:
    source = document["_source"]
    # What was stored was checked when its event was read.
    words = AssetMetadata.model_construct(**{name: source[name] for name in _WORDS if name in source})
    return Stored(
        version=document["_version"],
        deleted=source.get("deleted", False),
        metadata=words,
        findings=_findings(source),
    )


def _findings(source: dict[str, Any]) -> Findings:
    told = {name: source[name] for name in (*_PLAIN, *_MADE) if name in source}
    vectors: dict[str, Any] = {field: _vector(source[field]) for field in VECTOR_FIELDS if field in source}
    size = (source["width"], source["height"]) if "width" in source and "height" in source else None
    return Findings(size=size, frames=tuple(map(_frame, source.get("frames", ()))), **told, **vectors)


def _arrival(source: dict[str, Any]) -> Arrival:
    findings = _findings(source)
    plain = {name: value for name, value in source.items() if name not in (*VECTOR_FIELDS, "frames")}
    return Arrival(source["asset_id"], source["revision"], plain, findings.vectors(), frames_of(findings))


def _frame(told: dict[str, Any]) -> FoundPart:
    return FoundPart(Position(told["kind"], told["number"], told.get("seconds")), _vector(told["vector"]))


def _vector(told: list[float] | str) -> NDArray[np.float32]:
    """Return a vector as it is stored: bfloat16, which float32 holds exactly, so writing it again changes nothing.

    Where a document is read before it is refreshed, the vectors of its frames come as they were written (measured,
    Elasticsearch 9.5.3: in a get from the translog nested vectors are not converted, others are).
    """
    if isinstance(told, str):
        return np.frombuffer(base64.b64decode(told), dtype=">f4").astype(np.float32)
    return np.asarray(told, dtype=np.float32)
