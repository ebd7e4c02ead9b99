"""Concepts and tag suggestions: what the API takes and answers."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from damsight_schemas.asset import AssetId
from damsight_schemas.standing import Name

MOST_EXAMPLES = 200
Examples = Annotated[list[AssetId], Field(max_length=MOST_EXAMPLES)]


class ConceptDraft(BaseModel):
    """A concept to learn.

    Attributes:
        name: One's own concepts have different names; upper and lower case are the same.
        good: Assets that show it; one is enough to begin with.
        bad: Assets that do not, and might be taken for it.
        shared: Everybody may use it. It then tells others what its owner's examples have in common, not which they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    good: Annotated[Examples, Field(min_length=1)]
    bad: Examples = []
    shared: bool = False

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        both = sorted({*self.good} & {*self.bad})
        if both:
            raise ValueError(f"an asset is a good example or a bad one: {', '.join(both[:3])}")
        return self


class ConceptQuality(BaseModel):
    """How well a concept was learnt.

    Attributes:
        good: How many good examples have a vector.
        bad: How many bad ones.
        background: How many other assets, drawn at random, it was told apart from.
        accuracy: Balanced, leave-one-out, 0..1 (0.5 is chance); none with one good example, for there is no other.
        warning: Why not to rely on it; empty where nothing tells against it.
    """

    model_config = ConfigDict(frozen=True)

    good: int
    bad: int
    background: int
    accuracy: float | None
    warning: str = ""


class Concept(BaseModel):
    """A concept as somebody who may use it sees it.

    Attributes:
        own: It belongs to whoever asks.
        good: Told to those who may change it.
        bad: As `good`.
        space: Whose vectors it was learnt from. With another model it is learnt anew from its examples.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: Name
    own: bool
    shared: bool
    good: list[AssetId] = []
    bad: list[AssetId] = []
    space: str
    quality: ConceptQuality
    created_at: datetime
    modified_at: datetime


class Concepts(BaseModel):
    """The concepts that somebody may use, by their names."""

    model_config = ConfigDict(frozen=True)

    concepts: list[Concept]


class TagSuggestion(BaseModel):
    """One tag that an asset may deserve.

    Attributes:
        origin: A concept, or a label of a vocabulary.
        confidence: 0..1. Of labels, 1 - the share of chance among those suggested so surely; of a concept, 0.5 is its
            threshold.
    """

    model_config = ConfigDict(frozen=True)

    label: str
    origin: Literal["concept", "vocabulary"]
    confidence: float


class AssetTags(BaseModel):
    """Tags that are suggested for an asset, the surest first; never one that it has.

    Attributes:
        vocabulary: Whose labels were compared; "tags" are those that the permitted assets have.
        compared: How many of its labels.
        degraded: What could not be done, in words.
    """

    model_config = ConfigDict(frozen=True)

    asset_id: str
    suggestions: list[TagSuggestion]
    vocabulary: str
    compared: int
    degraded: list[str] = []
