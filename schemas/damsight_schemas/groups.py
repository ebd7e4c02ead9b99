"""The groups that a search's hits fall into, and their places on a map."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from damsight_schemas.search import Hit, SearchRequest, Total

FEWEST_GROUPS = 2
MOST_GROUPS = 12


class GroupsRequest(SearchRequest):
    """A search whose candidates are to be put into groups.

    Attributes:
        count: How many groups; left out, as many as set the candidates apart best.
        size: How many hits of each group are told whole, those nearest to its centre.
    """

    count: Annotated[int, Field(ge=FEWEST_GROUPS, le=MOST_GROUPS, strict=True)] | None = None
    size: Annotated[int, Field(ge=1, le=24, strict=True)] = 6

    @model_validator(mode="after")
    def _is_one_answer(self) -> Self:
        if self.cursor is not None or self.facets:
            raise ValueError("groups take neither a cursor nor facets: all of them come in one answer")
        return self


class Group(BaseModel):
    """Hits that are alike.

    Attributes:
        name: The terms that tell it from the others; where nobody described them, the name of its middle.
        terms: Tags and words of titles and captions, the most telling first.
        assets: Ids of all members, the nearest to the centre first: as a filter, they narrow a search to the group.
        hits: The first of them, whole.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    terms: list[str]
    assets: list[str]
    hits: list[Hit]


class Place(BaseModel):
    """Where a hit stands on the map: alike pictures stand near each other.

    Attributes:
        group: Its group's place in the answer, from 0.
        x: 0..1.
        y: 0..1.
    """

    model_config = ConfigDict(frozen=True)

    asset_id: str
    group: int
    x: float
    y: float


class GroupsResponse(BaseModel):
    """The groups of a search's candidates.

    Attributes:
        groups: The largest first.
        places: One a grouped hit, the most relevant first.
        without_vector: Ids of the candidates that could not be compared.
        compared_by: Which vectors were compared; none where there were none.
        counted: How many candidates were put into groups: no more than a search's window.
        bound: What they were taken from: the window of the search's first candidates, never the whole index.
        total: Of the search itself.
        degraded: What could not be done, in words.
    """

    model_config = ConfigDict(frozen=True)

    groups: list[Group]
    places: list[Place]
    without_vector: list[str] = []
    compared_by: Literal["image_vector", "caption_vector"] | None = None
    counted: int
    bound: Literal["window"] = "window"
    total: Total
    took_ms: float
    degraded: list[str] = []
