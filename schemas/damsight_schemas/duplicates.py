"""What is told of duplicates."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Same = Literal["bytes", "looks"]


class Duplicate(BaseModel):
    """An asset that is the same picture, or the same file, as another.

    Attributes:
        same: "bytes" where the files are equal, "looks" where the picture is.
        bits: In how many of 64 bits the perceptual hashes differ; none where one has none.
        cosine: Of the image vectors; none where one has none.
        asset: The metadata; never a vector.
    """

    model_config = ConfigDict(frozen=True)

    asset_id: str
    same: Same
    bits: int | None = None
    cosine: float | None = None
    asset: dict[str, Any] = {}


class AssetDuplicates(BaseModel):
    """The duplicates of one asset that whoever asks may see.

    Attributes:
        duplicates: The same bytes first, then by how little the looks differ.
        complete: All that could be the same were compared; false where there were too many.
    """

    model_config = ConfigDict(frozen=True)

    asset_id: str
    duplicates: list[Duplicate]
    complete: bool = True


class DuplicateGroup(BaseModel):
    """Assets that are the same.

    Attributes:
        same: "bytes" where the files are equal, "looks" where the picture is in different files.
        assets: Ids; all look like the first.
    """

    model_config = ConfigDict(frozen=True)

    same: Same
    assets: list[str]


class DuplicateReport(BaseModel):
    """All duplicates of an index, or of what somebody may see of it.

    Attributes:
        assets: How many were compared.
        groups: The same bytes first, the largest first.
        complete: All that could be the same were compared; false where there were too many.
    """

    model_config = ConfigDict(frozen=True)

    assets: int
    groups: list[DuplicateGroup]
    complete: bool = True
