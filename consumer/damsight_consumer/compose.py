"""From an event and its vectors to the document. Pure."""

import binascii
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from damsight_consumer.places import place_of
from damsight_encoders.content import Position
from damsight_schemas.asset import Media, as_utc
from damsight_schemas.document import Problem
from damsight_schemas.events import AssetEvent, ChangedEvent, DeletedEvent
from damsight_schemas.filename import filename_words
from damsight_schemas.perceptual_hash import bands_of
from damsight_schemas.space import VECTOR_FIELDS, VectorField

Row = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A frame, page or slice, encoded.

    Attributes:
        position: Where it stands in its media.
        vector: (dimensions,) float32, of the joint model.
    """

    position: Position
    vector: Row


class Findings(NamedTuple):
    """What was found out about an asset on the way.

    Attributes:
        size: (width, height) in pixels of the upright picture.
        sha256: Of the bytes that were read, in hex.
        byte_size: Of the bytes that were read.
        image_vector: (dimensions,) float32; so are all vectors.
        caption_vector: Of the words; see `damsight_consumer.plan.caption_text`.
        problem: The most important thing that failed.
        later: Looking again later may help.
        look_vector: Of the picture alone.
        audio_vector: Of the sound.
        fused_vector: Of several of the others.
        frames: Frames, pages or slices, in order.
        generated_caption: What a model wrote where nobody typed a caption.
        ocr: The words of a document's text layer, or those that are read in pictures.
        duration_s: Of a video or a sound.
        pages: Of a document.
        perceptual_hash: Of a still; see `damsight_schemas.perceptual_hash`.
        thumbnail: Its key in the store of previews.
        preview: The same.
        outdated: Keys of the store of previews that are of no use once this is stored.
    """

    size: tuple[int, int] | None = None
    sha256: str | None = None
    byte_size: int | None = None
    image_vector: Row | None = None
    caption_vector: Row | None = None
    problem: Problem | None = None
    later: bool = False
    look_vector: Row | None = None
    audio_vector: Row | None = None
    fused_vector: Row | None = None
    frames: tuple[FoundPart, ...] = ()
    generated_caption: str = ""
    ocr: str = ""
    duration_s: float | None = None
    pages: int | None = None
    perceptual_hash: str | None = None
    thumbnail: str | None = None
    preview: str | None = None
    outdated: tuple[str, ...] = ()

    def vectors(self) -> dict[VectorField, Row]:
        """Return the vectors that are there, by the document's field."""
        return {field: row for field in VECTOR_FIELDS if (row := getattr(self, field)) is not None}

    def previews(self) -> tuple[str, ...]:
        """Return the keys of the thumbnail and the preview, where there are any."""
        return tuple(key for key in (self.thumbnail, self.preview) if key is not None)

    def shows_media(self) -> bool:
        """Tell whether a media was decoded, and gave something."""
        told = (self.size, self.image_vector, self.look_vector, self.audio_vector, self.duration_s, self.pages)
        return any(one is not None for one in told) or bool(self.frames) or self.ocr != ""

    @property
    def stored_bytes(self) -> int:
        """Of the document's part that is not the event's, near enough: base64 is four thirds."""
        if self is NOTHING_FOUND:
            return 0
        rows = [*self.vectors().values(), *(frame.vector for frame in self.frames)]
        return sum([row.nbytes * 4 // 3 + 64 for row in rows]) + 2 * len(self.ocr) + 2 * len(self.generated_caption)


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
    fields = {**_told(event), **_found(event.data.media, findings), "indexed_at": indexed_at}
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
        "location": place_of(metadata.attributes).location,
    }


def _found(media: Media | None, findings: Findings) -> dict[str, Any]:
    return {
        "sha256": findings.sha256 or (media.sha256 if media else None),
        "byte_size": findings.byte_size if findings.byte_size is not None else (media.byte_size if media else None),
        "width": findings.size[0] if findings.size else None,
        "height": findings.size[1] if findings.size else None,
        "problem": findings.problem.model_dump() if findings.problem else None,
        "duration_s": findings.duration_s,
        "pages": findings.pages,
        "perceptual_hash": findings.perceptual_hash,
        "perceptual_bands": bands_of(findings.perceptual_hash) if findings.perceptual_hash else None,
        "generated_caption": findings.generated_caption or None,
        "ocr": findings.ocr or None,
        "thumbnail": findings.thumbnail,
        "preview": findings.preview,
        "frames": [_frame(frame) for frame in findings.frames] or None,
        **{field: packed(row) for field, row in findings.vectors().items()},
    }


def _frame(frame: FoundPart) -> dict[str, Any]:
    position = frame.position
    told = {"kind": position.kind, "number": position.number, "vector": packed(frame.vector)}
    return told if position.seconds is None else told | {"seconds": position.seconds}


def packed(vector: Row) -> str:
    """Return a vector as the index takes it: base64 of big-endian float32."""
    return binascii.b2a_base64(vector.astype(">f4").data, newline=False).decode("ascii")
