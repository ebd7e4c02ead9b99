"""A model's embedding space, and the spaces of one index."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from damsight_schemas.errors import SpaceMismatchError

Modality = Literal["image", "text", "audio"]
VectorField = Literal["image_vector", "caption_vector", "look_vector", "audio_vector", "fused_vector"]
Similarity = Literal["dot_product", "cosine", "l2_norm"]
"""How an index compares vectors. Ours have length 1, so that all three order alike."""
VECTOR_FIELDS: tuple[VectorField, ...] = (
    "image_vector",
    "caption_vector",
    "look_vector",
    "audio_vector",
    "fused_vector",
)


class Space(BaseModel):
    """Vectors can be compared only within one space.

    Attributes:
        model: The checkpoint's name: its hub id, or the folder's own name.
        revision: The hub's commit, or the digest of the folder's weights and configuration.
        dimensions: Of each vector.
        modalities: What can be encoded into the space; in a joint space pictures and words meet.
    """

    model_config = ConfigDict(frozen=True)

    model: str = Field(min_length=1)
    revision: str = Field(min_length=1)
    dimensions: int = Field(ge=1, le=4096)
    modalities: tuple[Modality, ...] = Field(min_length=1)

    def __str__(self) -> str:
        return f"{self.model}@{self.revision} ({self.dimensions} dimensions)"


class IndexSpaces(BaseModel):
    """Which space each vector field of an index holds. A field without a space is not in the mapping.

    Attributes:
        image_vector: Of the joint model; the vectors of ``frames`` are in it too.
        caption_vector: Of the sentence model.
        look_vector: Of a model for pictures alone: picture to picture.
        audio_vector: Of a model that puts sounds and words together.
        fused_vector: Of several of an asset's vectors made into one.
        similarity: How the index compares the vectors of each field.
    """

    model_config = ConfigDict(frozen=True)

    image_vector: Space | None = None
    caption_vector: Space | None = None
    look_vector: Space | None = None
    audio_vector: Space | None = None
    fused_vector: Space | None = None
    similarity: Similarity = "dot_product"

    def fields(self) -> dict[VectorField, Space]:
        """Return the vector fields that have a space."""
        return {field: space for field in VECTOR_FIELDS if (space := getattr(self, field)) is not None}


def require_same_space(field: VectorField, indexed: Space | None, loaded: Space | None, *, index: str) -> None:
    """Refuse to let vectors of two models meet in one field.

    Raises:
        SpaceMismatchError: The index holds another space, or none; both are named, with the way out.
    """
    if indexed == loaded:
        return
    raise SpaceMismatchError(
        f"index {index!r} has {indexed or 'no vectors'} in {field}; the loaded model is {loaded or 'none'}. "
        f"Either load the index's model, or build a new generation beside it with "
        f"`damsight index create --generation`, fill it as that command tells, "
        f"and switch with `damsight index cutover`."
    )
