"""What people do with what they found, as a host or the page tells it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from damsight_schemas.asset import AssetId
from damsight_schemas.search import Text

Action = Literal["opened", "downloaded", "marked-right", "marked-wrong"]


class Feedback(BaseModel):
    """One act of a person on one hit.

    Attributes:
        asset_id: Of the hit.
        action: What was done. The two marks are about the hit as an answer to the request, not about the asset.
        text: The request's words, where it had any.
        like: The request's assets to be like, where it had any.
        rank: Where the hit stood, from 1; without it, nobody can tell how easily it was seen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    asset_id: AssetId
    action: Action
    text: Text = ""
    like: Annotated[list[AssetId], Field(max_length=20)] = []
    rank: Annotated[int, Field(ge=1, le=10_000, strict=True)] | None = None


class FeedbackKept(BaseModel):
    """What became of it.

    Attributes:
        kept: False for strangers, where the settings keep nothing of theirs, and where nothing is kept at all.
    """

    kept: bool


class FeedbackForgotten(BaseModel):
    """How many of one's own were forgotten."""

    forgotten: int
