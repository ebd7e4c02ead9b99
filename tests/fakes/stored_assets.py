"""Tells what a `FakeWriter` holds: one index in memory answers both."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from damsight_consumer.errors import IndexUnavailableError
from damsight_consumer.plan import caption_text
from damsight_consumer.ports import Stored
from damsight_schemas.asset import AssetMetadata
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


def _stored(version: int, body: dict[str, Any], *, vectors: bool) -> Stored:
    words = {name: body[name] for name in ("title", "caption", "description", "tags") if name in body}
    return Stored(
        version=version,
        deleted=body.get("deleted", False),
        sha256=body.get("sha256"),
        byte_size=body.get("byte_size"),
        size=(body["width"], body["height"]) if "width" in body else None,
        caption_text=caption_text(AssetMetadata.model_construct(**words)),
        image_vector=_vector(body.get("image_vector")) if vectors else None,
        caption_vector=_vector(body.get("caption_vector")) if vectors else None,
    )


def _vector(packed: str | None) -> NDArray[np.float32] | None:
    return None if packed is None else as_bfloat16(np.frombuffer(base64.b64decode(packed), ">f4").astype(np.float32))


def as_bfloat16(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a vector as the index keeps it: the upper half of each float32, rounded to the nearest, ties to even."""
    bits = vector.view(np.uint32)
    rounded = bits + 0x7FFF + ((bits >> 16) & 1)
    return (rounded & np.uint32(0xFFFF0000)).view(np.float32)
