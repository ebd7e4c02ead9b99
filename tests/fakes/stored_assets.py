"""Tells what a `FakeWriter` holds: one index in memory answers both."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from damsight_consumer.compose import Findings, FoundPart
from damsight_consumer.errors import IndexUnavailableError
from damsight_consumer.ports import Stored
from damsight_consumer.standing.arrival import Arrival, frames_of
from damsight_encoders.content import Position
from damsight_schemas.asset import AssetMetadata
from damsight_schemas.space import VECTOR_FIELDS
from fakes.document_writer import FakeWriter


class FakeStoredAssets:
    """See `damsight_consumer.ports.StoredAssets`.

    Attributes:
        troubles: How many of the next look-ups fail.
        asked: Each look-up: the ids, and whether vectors were wanted.
    """

    def __init__(self, writer: FakeWriter) -> None:
        self._writer = writer
        self.troubles = 0
        self.asked: list[tuple[tuple[str, ...], bool]] = []

    def look_up(self, asset_ids: Sequence[str], *, vectors: bool = False) -> dict[str, Stored]:
        self.asked.append((tuple(asset_ids), vectors))
        if self.troubles > 0:
            self.troubles -= 1
            raise IndexUnavailableError("the fake index does not answer")
        held = self._writer.held(asset_ids)
        return {asset_id: _stored(version, body, vectors=vectors) for asset_id, (version, body) in held.items()}

    def arrivals(self, asset_ids: Sequence[str]) -> list[Arrival]:
        self.asked.append((tuple(asset_ids), True))
        if self.troubles > 0:
            self.troubles -= 1
            raise IndexUnavailableError("the fake index does not answer")
        return [_arrival(body) for _, body in self._writer.held(asset_ids).values() if not body.get("deleted", False)]


def _arrival(body: dict[str, Any]) -> Arrival:
    findings = _findings(body, vectors=True)
    plain = {name: value for name, value in body.items() if name not in (*VECTOR_FIELDS, "frames")}
    return Arrival(body["asset_id"], body["revision"], plain, findings.vectors(), frames_of(findings))


def _stored(version: int, body: dict[str, Any], *, vectors: bool) -> Stored:
    words = {name: body[name] for name in AssetMetadata.model_fields if name in body}
    return Stored(
        version=version,
        deleted=body.get("deleted", False),
        metadata=AssetMetadata.model_construct(**words),
        findings=_findings(body, vectors=vectors),
    )


def _findings(body: dict[str, Any], *, vectors: bool) -> Findings:
    plain = {name: body[name] for name in Findings._fields if name in body}
    plain = {name: value for name, value in plain.items() if name not in (*VECTOR_FIELDS, "frames", "problem")}
    found = Findings(size=(body["width"], body["height"]) if "width" in body else None, **plain)
    if not vectors:
        return found
    rows: dict[str, Any] = {field: _vector(body[field]) for field in VECTOR_FIELDS if field in body}
    return found._replace(frames=tuple(map(_frame, body.get("frames", ()))), **rows)


def _frame(told: dict[str, Any]) -> FoundPart:
    return FoundPart(Position(told["kind"], told["number"], told.get("seconds")), _vector(told["vector"]))


def _vector(packed: str) -> NDArray[np.float32]:
    return as_bfloat16(np.frombuffer(base64.b64decode(packed), ">f4").astype(np.float32))


def as_bfloat16(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a vector as the index keeps it: the upper half of each float32, rounded to the nearest, ties to even."""
    bits = vector.view(np.uint32)
    rounded = bits + 0x7FFF + ((bits >> 16) & 1)
    return (rounded & np.uint32(0xFFFF0000)).view(np.float32)
