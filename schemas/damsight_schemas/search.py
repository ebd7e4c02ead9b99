"""The search request and its answer."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from damsight_schemas.asset import AssetId
from damsight_schemas.errors import RequestError
from damsight_schemas.filters import Filter, FilterField, FilterValue
from damsight_schemas.validation import field_problems

MAX_SIZE = 200
MAX_CURSOR = 65_536
Leg = Literal["exact", "keyword", "image", "caption", "frame", "look", "audio", "fused", "personal"]
Text = Annotated[str, StringConstraints(max_length=2000)]
Weight = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
# Fractions of pixels, as browsers round them.
_ROUNDING = 1e-6
MAX_PICTURES = 10


class Box(BaseModel):
    """A part of a picture, in fractions of its width and height from the upper left corner."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: Annotated[float, Field(ge=0, lt=1)]
    y: Annotated[float, Field(ge=0, lt=1)]
    width: Annotated[float, Field(gt=0, le=1)]
    height: Annotated[float, Field(gt=0, le=1)]

    @model_validator(mode="after")
    def _lies_within(self) -> "Box":
        if self.x + self.width > 1 + _ROUNDING or self.y + self.height > 1 + _ROUNDING:
            raise ValueError("lies partly outside of the picture: x + width and y + height are at most 1")
        return self


class Example(BaseModel):
    """A picture that the hits should look like, or unlike.

    Attributes:
        weight: How much it says among the others.
        box: Only this part of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weight: Weight = 1.0
    box: Box | None = None


class Sort(BaseModel):
    """The order of the hits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Literal["relevance", "created_at", "title"] = "relevance"
    order: Literal["asc", "desc"] = "desc"


class SearchRequest(BaseModel):
    """What somebody looks for. Without text, like or unlike it browses: filters and sort alone.

    Attributes:
        text: Words, in any language the models know; "quoted phrases", -excluded words and field:value are understood.
        language: Of the words, as ISO 639-1 has it; left out, it is detected.
        like: Assets whose pictures the hits should look like.
        unlike: Assets whose pictures the hits should not look like.
        examples: Weight and part of an asset that is named in like or unlike, by its id.
        pictures: Weight and part of each uploaded picture, in their order.
        text_weight: How much the words say about what is shown, among the pictures.
        must_not_look_like: Words for what the hits should not show.
        min_relevance: 0..1, or "auto" for the calibrated cut-off.
        personal: Let what this person liked and took weigh in, within a bound.
        similarity: How the window's vectors are compared: as the index does, or exactly by their Manhattan distance.
        group_duplicates: Show of the same picture the best alone, and the others under it.
        cursor: From the answer before, for the next page of the same request.
        explain: Give each leg's rank, score and contribution per hit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Text = ""
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] | None = None
    like: Annotated[list[AssetId], Field(max_length=20)] = []
    unlike: Annotated[list[AssetId], Field(max_length=20)] = []
    examples: Annotated[dict[AssetId, Example], Field(max_length=40)] = {}
    pictures: Annotated[list[Example], Field(max_length=MAX_PICTURES)] = []
    text_weight: Weight = 1.0
    must_not_look_like: Text = ""
    filters: Annotated[list[Filter], Field(max_length=50)] = []
    facets: Annotated[list[FilterField], Field(max_length=20)] = []
    sort: Sort = Sort()
    weights: dict[Leg, Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]] = {}
    min_relevance: Annotated[float, Field(ge=0, le=1)] | Literal["auto"] = "auto"
    personal: bool = False
    similarity: Literal["index", "manhattan"] = "index"
    group_duplicates: bool = False
    size: Annotated[int, Field(ge=1, le=MAX_SIZE, strict=True)] = 24
    cursor: Annotated[str, StringConstraints(max_length=MAX_CURSOR)] | None = None
    explain: bool = False


class LegScore(BaseModel):
    """What one leg says of a hit.

    Attributes:
        rank: From 1, within the leg.
        score: The leg's own raw score: of words 0 to 1, of vectors (1 + cosine) / 2, however the index compares them;
            in an order by Manhattan distance 1 / (1 + distance), of the leg whose vectors were compared.
        contribution: What it adds to the hit's relevance.
    """

    model_config = ConfigDict(frozen=True)

    leg: Leg
    rank: int
    score: float
    contribution: float


class Hit(BaseModel):
    """One asset found.

    Attributes:
        relevance: 0..1.
        legs: Why it came: each leg that found it.
        highlights: Marked fragments per text field (``<mark>``; everything else is HTML-escaped).
        asset: The metadata; never a vector.
        frame: For a video, scan series or document: which part was found (kind, number, seconds).
        duplicates: Ids of the assets that are grouped under it, the most relevant first.
    """

    model_config = ConfigDict(frozen=True)

    asset_id: str
    relevance: float
    legs: list[LegScore] = []
    highlights: dict[str, list[str]] = {}
    asset: dict[str, Any] = {}
    frame: dict[str, Any] | None = None
    duplicates: list[str] = []


class Understood(BaseModel):
    """How the words of a request were read.

    Attributes:
        text: What is looked for, without operators; the encoders get it.
        phrases: What must stand there as it is written.
        excluded: What must not stand there.
        filters: Conditions that were written as field:value.
        language: ISO 639-1; none where nothing tells.
        did_you_mean: The text with what seems mistyped put right; none where nothing does.
    """

    model_config = ConfigDict(frozen=True)

    text: str = ""
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    language: str | None = None
    did_you_mean: str | None = None


class CutOff(BaseModel):
    """Where the answer was cut.

    Attributes:
        at_least: The relevance that a hit needed.
        dropped: How many of the legs' candidates had less.
    """

    model_config = ConfigDict(frozen=True)

    at_least: float
    dropped: int


class Total(BaseModel):
    """How many there are: exactly (eq) or at least (gte)."""

    model_config = ConfigDict(frozen=True)

    value: int
    relation: Literal["eq", "gte"]


class FacetValue(BaseModel):
    """One value of a facet and how many of the counted assets hold it."""

    model_config = ConfigDict(frozen=True)

    value: FilterValue
    count: int


class Facet(BaseModel):
    """A facet's values, and the bound that they were counted in.

    Attributes:
        values: The most frequent first.
        counted: How many assets were counted over.
        bound: "all" that match, or the "window" of candidates that the legs brought.
    """

    model_config = ConfigDict(frozen=True)

    values: list[FacetValue]
    counted: int
    bound: Literal["all", "window"]


class SearchResponse(BaseModel):
    """The answer to a search request.

    Attributes:
        cursor: For the next page; none where this is the last.
        understood: How the words were read, on the first page.
        cut_off: Where the answer was cut, on the first page.
        degraded: What could not be done, in words; empty where all went well.
        notes: How this page came about, in words, where it is not plain: nothing is amiss.
    """

    model_config = ConfigDict(frozen=True)

    hits: list[Hit]
    total: Total
    facets: dict[str, Facet] = {}
    cursor: str | None = None
    understood: Understood | None = None
    cut_off: CutOff | None = None
    took_ms: float
    degraded: list[str] = []
    notes: list[str] = []


def parse_search_request(body: Any) -> SearchRequest:
    """Read a search request.

    Raises:
        RequestError: Every wrong field is named, with what it takes.
    """
    try:
        return SearchRequest.model_validate(body)
    except ValidationError as error:
        raise RequestError(field_problems(error)) from error


class ProblemDetails(BaseModel):
    """An error as RFC 9457 application/problem+json.

    Attributes:
        type: Stable: ``urn:damsight:problem:<name>``.
        fix: What to do.
        fields: Which fields are wrong, where the request is.
    """

    type: str
    title: str
    status: int
    detail: str
    fix: str
    fields: list[dict[str, str]] = []
