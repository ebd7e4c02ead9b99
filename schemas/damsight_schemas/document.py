"""The indexed document: one per asset, in the shape that the mapping holds (strict)."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from damsight_schemas.asset import AssetId, AttributeValue, Kind, Principal, Revision


class Problem(BaseModel):
    """What an asset lacks most, and why, told in the document itself so that nobody has to guess."""

    model_config = ConfigDict(frozen=True)

    stage: str
    error: str
    message: str


class Frame(BaseModel):
    """One frame of a video, page of a document or slice of a scan, with its vector of the joint space.

    Attributes:
        kind: What it is a part by.
        number: From 1, in the order of the media.
        seconds: Where a frame stands in its video.
        vector: Base64, as in `AssetDocument`.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["frame", "page", "slice"]
    number: int
    seconds: float | None = None
    vector: str


class AssetDocument(BaseModel):
    """What the index holds of one asset.

    ``caption`` is what somebody typed, ``generated_caption`` what a model wrote where nobody had. ``thumbnail`` and
    ``preview`` are keys of the store of previews. ``perceptual_hash`` is 16 hex digits that tell what a picture looks
    like, ``perceptual_bands`` its pieces to find near ones by; ``location`` is ``lat,lon`` in degrees. The vectors are
    base64 of big-endian float32, L2-normalised, as ``elasticsearch.helpers.pack_dense_vector`` writes them. A deleted
    asset stays as a tombstone: ``deleted`` true, and nothing but its id and revision.
    """

    model_config = ConfigDict(frozen=True)

    asset_id: AssetId
    revision: Revision
    deleted: bool = False
    acl: list[Principal] = []
    source: str | None = None
    kind: Kind | None = None
    mime_type: str | None = None
    uri: str | None = None
    sha256: str | None = None
    byte_size: int | None = None
    width: int | None = None
    height: int | None = None
    title: str | None = None
    caption: str | None = None
    description: str | None = None
    filename: str | None = None
    filename_words: str | None = None
    language: str | None = None
    tags: list[str] | None = None
    collections: list[str] | None = None
    creator: str | None = None
    rights: str | None = None
    created_at: str | None = None
    modified_at: str | None = None
    indexed_at: str | None = None
    attributes: dict[str, AttributeValue] | None = None
    problem: Problem | None = None
    duration_s: float | None = None
    pages: int | None = None
    generated_caption: str | None = None
    ocr: str | None = None
    perceptual_hash: str | None = None
    perceptual_bands: list[str] | None = None
    location: str | None = None
    thumbnail: str | None = None
    preview: str | None = None
    frames: list[Frame] | None = None
    image_vector: str | None = None
    caption_vector: str | None = None
    look_vector: str | None = None
    audio_vector: str | None = None
    fused_vector: str | None = None

    def body(self) -> dict[str, Any]:
        """Return the document as Elasticsearch takes it: absent fields are left out, never null."""
        return self.model_dump(exclude_none=True)
