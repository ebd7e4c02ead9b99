"""From an event and its vectors to the document. Pure."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from damsight_schemas.asset import Media, as_utc
from damsight_schemas.document import Problem
from damsight_schemas.events import AssetEvent, ChangedEvent, DeletedEvent
from damsight_schemas.filename import filename_words


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found out about an asset on the way.

    Attributes:
        size: (width, height) in pixels of the upright picture.
        sha256: Of the bytes that were read, in hex.
        byte_size: Of the bytes that were read.
        image_vector: (dimensions,) float32.
        caption_vector: (dimensions,) float32.
        problem: Why there is no image vector although there should be.
        later: Looking again later may help.
    """

    size: tuple[int, int] | None = None
    sha256: str | None = None
    byte_size: int | None = None
    image_vector: NDArray[np.float32] | None = None
    caption_vector: NDArray[np.float32] | None = None
    problem: Problem | None = None
    later: bool = False


NOTHING_FOUND = Findings()


def compose(event: AssetEvent, findings: Findings, *, indexed_at: str) -> dict[str, Any]:
    """Return the body of an event's document, in the shape of `damsight_schemas.document.AssetDocument`.

    Args:
        event: A changed one gives the whole document, a deleted one the tombstone.
        findings: What fetching, decoding and encoding brought.
        indexed_at: RFC 3339 in UTC.
    """
    if isinstance(event, DeletedEvent):
        return {"asset_id": event.data.asset_id, "revision": event.data.revision, "deleted": True, "acl": []}
    # The event kept the contract when it was read; to check every field again would double what composing costs.
    fields = _told(event) | _found(event.data.media, findings)
    fields["indexed_at"] = indexed_at
    return {name: value for name, value in fields.items() if value is not None}


def _told(event: ChangedEvent) -> dict[str, Any]:
    asset, metadata, media = event.data, event.data.metadata, event.data.media
    return {
        "asset_id": asset.asset_id,
        "revision": asset.revision,
        "deleted": False,
        "acl": asset.acl,
        "source": event.source,
        "kind": media.kind if media else "other",
        "mime_type": media.mime_type if media else None,
        "uri": media.uri if media else None,
        "title": metadata.title or None,
        "caption": metadata.caption or None,
        "description": metadata.description or None,
        "filename": metadata.filename or None,
        "filename_words": (filename_words(metadata.filename) or None) if metadata.filename else None,
        "language": metadata.language or None,
        "tags": metadata.tags or None,
        "collections": metadata.collections or None,
        "creator": metadata.creator or None,
        "rights": metadata.rights or None,
        "created_at": as_utc(metadata.created_at) if metadata.created_at else None,
        "modified_at": as_utc(metadata.modified_at) if metadata.modified_at else None,
        "attributes": metadata.attributes or None,
    }


def _found(media: Media | None, findings: Findings) -> dict[str, Any]:
    return {
        "sha256": findings.sha256 or (media.sha256 if media else None),
        "byte_size": findings.byte_size if findings.byte_size is not None else (media.byte_size if media else None),
        "width": findings.size[0] if findings.size else None,
        "height": findings.size[1] if findings.size else None,
        "problem": findings.problem.model_dump() if findings.problem else None,
        "image_vector": packed(findings.image_vector) if findings.image_vector is not None else None,
        "caption_vector": packed(findings.caption_vector) if findings.caption_vector is not None else None,
    }


def packed(vector: NDArray[np.float32]) -> str:
    """Return a vector as the index takes it: base64 of big-endian float32."""
    return base64.b64encode(vector.astype(">f4").tobytes()).decode("ascii")
