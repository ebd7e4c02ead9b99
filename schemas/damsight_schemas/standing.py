"""A standing search: a saved search, compiled so that arriving assets can be held against it without the server.

The plugin compiles it with its models when it is saved; the consumer evaluates it. What both keep are own records
(`damsight_index.own_records`) of these kinds.
"""

import base64
import binascii
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from damsight_schemas.asset import AssetId, Principal
from damsight_schemas.search import Leg
from damsight_schemas.space import Space, VectorField

SAVED_SEARCH = "saved-search"
STANDING_SEARCH = "standing-search"
ALERT = "alert"
CHANGES = "standing-changes"
"""Of this kind there is one record, CHANGED, whose body is another after each change of a standing search."""

CHANGED = "last"

SHOWN = "is:shown"
UNREAD = "is:unread"
"""What an alert's record is about besides its saved search and its asset: it is not hidden, it is not read."""

MOST_NATS = 20.0
"""The evidence of words that all stand in the best place; `damsight_search.relevance.calibration.LARGEST`."""

NAME_LENGTH = 200
_FLOAT32 = 4
_EVERYTHING = "all"
_LOGICAL = ("must", "filter", "should", "must_not", "minimum_should_match")
CLAUSES = ("term", "terms", "range", "exists", "prefix", "geo_distance", "match_phrase", "bool")
"""The kinds of clauses that can be evaluated outside of the server; match_phrase of the field ``all`` alone."""

Weight = Annotated[float, Field(ge=0, le=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH, pattern=r"^[^\x00-\x1f]+$")]
Tokens = tuple[str, ...]
"""Folded words in order, as `damsight_schemas.words.folded_words` finds them."""


class StandingVector(BaseModel):
    """One vector leg.

    Attributes:
        leg: What it is called in the answer.
        field: Of the document; the leg ``frame`` is of the parts, in the space of ``image_vector``.
        space: Of the vector; it meets no document of another.
        vector: Base64 of big-endian float32, L2-normalised.
        scale: Points (cosine, what it says), rising in both; between them it is linear. Below the first cosine nothing
            is found, above the last it says no more. What it says is relevance, 0..1, or evidence in nats where the
            search's ``agree`` is "sum".
        weight: Of the leg among the others, where it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    leg: Leg
    field: VectorField
    space: Space
    vector: str
    scale: Annotated[tuple[tuple[Finite, Finite], ...], Field(min_length=1, max_length=64)]
    weight: Weight = 1.0

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        try:
            size = len(base64.b64decode(self.vector, validate=True))
        except (binascii.Error, ValueError) as error:
            raise ValueError("vector is no base64") from error
        if size != self.space.dimensions * _FLOAT32:
            raise ValueError(f"vector holds {size} bytes, and {self.space} takes {self.space.dimensions * _FLOAT32}")
        cosines = [cosine for cosine, _ in self.scale]
        if cosines != sorted(set(cosines)):
            raise ValueError("scale takes rising cosines")
        return self

    @property
    def floor(self) -> float:
        """The least cosine that finds anything."""
        return self.scale[0][0]


class StandingQuery(BaseModel):
    """What arriving assets are held against.

    An asset matches where one of its ``acl`` is among ``principals``, every filter holds, and the legs (words,
    vectors) find it with a relevance of at least ``at_least``; without legs the filters alone decide. How the legs
    agree, ``agree`` says: one is enough, with the best one's relevance ("any"); all must, with the worst one's ("all");
    or their evidence adds up, as in a calibrated search ("sum"): relevance is 1 / (1 + among * exp(-evidence)).

    Attributes:
        saved_search_id: Of which it was compiled.
        owner: Whose it is: ``user:anna``.
        principals: Of its owner when it was saved, or last used.
        filters: Elasticsearch clauses, of the kinds in CLAUSES; phrases and what is excluded are among them.
        words: Each with the ways that it may be written; up to two must be there, of more seven in ten.
        exact: Folded: a whole id, file name (with or without its ending) or title.
        words_weight: Of the words among the legs, where their evidence adds up.
        among: How many assets are there to be found by chance, where evidence adds up.
        compiled_by: Which calibration the scales are of; empty where there was none.
        at_least: 0..1.
        without: Assets that it never tells of: those that it is like or unlike.
        until: After which it is watched no more.
        lacks: What it asks for and is not watched for, in words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    saved_search_id: Annotated[str, Field(min_length=1, max_length=100)]
    name: Name
    owner: Principal
    principals: Annotated[tuple[Principal, ...], Field(min_length=1, max_length=10_000)]
    filters: tuple[dict[str, Any], ...] = ()
    words: tuple[tuple[Tokens, ...], ...] = ()
    exact: str = ""
    vectors: tuple[StandingVector, ...] = ()
    without: tuple[AssetId, ...] = ()
    agree: Literal["any", "all", "sum"] = "any"
    words_weight: Weight = 1.0
    among: Annotated[float, Field(ge=1)] | None = None
    compiled_by: str = ""
    at_least: Annotated[float, Field(ge=0, le=1)] = 0.0
    until: AwareDatetime
    lacks: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _can_be_evaluated(self) -> Self:
        for clause in self.filters:
            require_evaluable(clause)
        if not (self.filters or self.words or self.vectors):
            raise ValueError("it looks for nothing: words, examples or filters are needed")
        if self.agree == "sum" and self.among is None:
            raise ValueError("agree='sum' takes among: how many assets are there")
        return self


def require_evaluable(clause: Any) -> None:
    """Refuse a clause that cannot be evaluated outside of the server.

    Raises:
        ValueError: It is of another kind, which is named.
    """
    if not isinstance(clause, dict) or len(clause) != 1:
        raise ValueError("a clause is an object of one kind")
    ((kind, inner),) = clause.items()
    if kind not in CLAUSES or not isinstance(inner, dict):
        raise ValueError(f"{kind!r} cannot be watched; what can: {', '.join(CLAUSES)}")
    if kind == "match_phrase" and set(inner) != {_EVERYTHING}:
        raise ValueError(f"'match_phrase' of {', '.join(sorted(inner))} cannot be watched")
    if kind == "bool":
        _require_parts(inner)


def _require_parts(inner: dict[str, Any]) -> None:
    for name, told in inner.items():
        if name not in _LOGICAL:
            raise ValueError(f"'bool' with {name!r} cannot be watched")
        if name != "minimum_should_match":
            for one in told if isinstance(told, list) else [told]:
                require_evaluable(one)
