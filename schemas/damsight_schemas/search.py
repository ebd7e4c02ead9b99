"""The search request and its answer."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from damsight_schemas.asset import AssetId
from damsight_schemas.errors import RequestError
from damsight_schemas.validation import field_problems

MAX_SIZE = 200
MAX_CURSOR = 65_536
Leg = Literal["exact", "keyword", "image", "caption", "frame"]
FilterField = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}(\.[^\s.][^.]{0,255})?$")]
FilterValue = str | int | float | bool
Text = Annotated[str, StringConstraints(max_length=2000)]


_SCALARS = (str, int, float, bool)
_TAKES: dict[str, tuple[tuple[type, ...], str]] = {
    "is": (_SCALARS, "one value"),
    "in": ((list,), "a list"),
    "not": ((list, *_SCALARS), "a value or a list"),
    "range": ((dict,), "an object of gte, gt, lte, lt"),
    "exists": ((bool,), "true or false"),
}


class Filter(BaseModel):
    """One condition on a declared field; all filters of a request must hold.

    ``is`` takes one value, ``in`` and ``not`` a list (or one), ``range`` an object of gte, gt, lte, lt,
    ``exists`` true or false.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: FilterField
    op: Literal["is", "in", "not", "range", "exists"] = "is"
    value: FilterValue | list[FilterValue] | dict[Literal["gte", "gt", "lte", "lt"], FilterValue]

    @model_validator(mode="after")
    def _value_fits_op(self) -> "Filter":
        types, words = _TAKES[self.op]
        if not isinstance(self.value, types):
            raise ValueError(f"op {self.op!r} takes {words}")  # noqa: TRY004  pydantic collects ValueErrors
        if isinstance(self.value, list) and not 1 <= len(self.value) <= 1024:  # noqa: PLR2004  Elasticsearch's default clause limit
            raise ValueError("a list takes 1 to 1,024 values")
        if isinstance(self.value, dict) and not self.value:
            raise ValueError("a range takes at least one of gte, gt, lte, lt")
        return self


class Sort(BaseModel):
    """The order of the hits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Literal["relevance", "created_at", "title"] = "relevance"
    order: Literal["asc", "desc"] = "desc"


class SearchRequest(BaseModel):
    """What somebody looks for. Without text, like or unlike it browses: filters and sort alone.

    Attributes:
        text: Words, in any language the models know.
        like: Assets whose pictures the hits should look like.
        unlike: Assets whose pictures the hits should not look like.
        must_not_look_like: Words for what the hits should not show.
        min_relevance: 0..1, or "auto" for the calibrated cut-off.
        cursor: From the answer before, for the next page of the same request.
        explain: Give each leg's rank, score and contribution per hit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Text = ""
    like: Annotated[list[AssetId], Field(max_length=20)] = []
    unlike: Annotated[list[AssetId], Field(max_length=20)] = []
    must_not_look_like: Text = ""
    filters: Annotated[list[Filter], Field(max_length=50)] = []
    facets: Annotated[list[FilterField], Field(max_length=20)] = []
    sort: Sort = Sort()
    weights: dict[Leg, Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]] = {}
    min_relevance: Annotated[float, Field(ge=0, le=1)] | Literal["auto"] = "auto"
    group_duplicates: bool = False
    size: Annotated[int, Field(ge=1, le=MAX_SIZE, strict=True)] = 24
    cursor: Annotated[str, StringConstraints(max_length=MAX_CURSOR)] | None = None
    explain: bool = False


class LegScore(BaseModel):
    """What one leg says of a hit.

    Attributes:
        rank: From 1, within the leg.
        score: The leg's own raw score (BM25, or Elasticsearch's (1 + cosine) / 2).
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
        frame: For a video, scan series or document: which part was found.
    """

    model_config = ConfigDict(frozen=True)

    asset_id: str
    relevance: float
    legs: list[LegScore] = []
    highlights: dict[str, list[str]] = {}
    asset: dict[str, Any] = {}
    frame: dict[str, Any] | None = None


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
        degraded: What could not be done, in words; empty where all went well.
    """

    model_config = ConfigDict(frozen=True)

    hits: list[Hit]
    total: Total
    facets: dict[str, Facet] = {}
    cursor: str | None = None
    took_ms: float
    degraded: list[str] = []


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
