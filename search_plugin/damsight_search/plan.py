"""A request becomes legs: which ways of matching are tried, over which window, with which weight. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from damsight_schemas.errors import FieldProblem
from damsight_schemas.languages import DEFAULT
from damsight_schemas.search import Leg, SearchRequest, Sort
from damsight_schemas.space import Similarity, VectorField
from damsight_search.conditions import facet_counts, filters
from damsight_search.duplication.fingerprints import DOC_VALUES
from damsight_search.errors import NotOfferedError, RefusedRequestError
from damsight_search.ports import Vector
from damsight_search.principal import Principals
from damsight_search.relevance.calibration import Calibration
from damsight_search.words.keyword_clauses import literals
from damsight_search.words.understanding import understood
from damsight_search.words.wording import NOTHING, Wording, wording_of

NEAREST = 100
"""How many each vector leg brings. Below 100 the recall of filtered searches drops (facts measured on bbq_hnsw)."""

WINDOW = 300
"""How many candidates are fused at least, and so how far a search with words or pictures can be paged."""

TEXT_WINDOW = 100
"""How many of the text matches are fused at least: many vector legs make the window larger."""

BEST_FIRST = Sort()

WEIGHTS: Mapping[Leg, float] = {
    "exact": 1.0,
    "keyword": 1.0,
    "image": 1.0,
    "caption": 1.0,
    "frame": 1.0,
    "look": 1.0,
    "audio": 1.0,
    "fused": 1.0,
}

Mode = Literal["text", "picture"]
"""What a leg's vector was made of: words alone; or the leg's own kind, pictures or stored vectors, and words with them.

Scores of the two are not alike: in a joint space words lie apart from pictures (Liang et al. 2022, arXiv:2203.02053).
"""


@dataclass(frozen=True, slots=True)
class VectorLeg:
    """The nearest to a vector in one field; in the frame leg, in that field's space within ``frames``.

    Attributes:
        vector: Shape (dimensions,), L2-normalised.
        mode: What it was made of.
        similarity: How the index compares the field.
    """

    leg: Leg
    field: VectorField
    vector: Vector
    mode: Mode = "text"
    similarity: Similarity = "dot_product"

    @property
    def path(self) -> str:
        """The field as the mapping names it."""
        return "frames.vector" if self.leg == "frame" else self.field


@dataclass(frozen=True, slots=True)
class Plan:
    """What one search asks of the index.

    Attributes:
        text: For the exact and the keyword leg; empty where there is neither.
        vectors: The vector legs.
        filters: The principals' and the request's clauses, for every leg.
        excluded: Assets that are not brought: those that the hits should be like, or unlike.
        facets: The fields that are counted.
        weights: Of each leg that is asked; the fusion's.
        sort: Of the hits; other than by relevance it needs a doc value a hit.
        doc_values: What else is read of each hit.
        wording: The words of the text, for the text legs.
        calibration: What is known of the legs' scores; none: they are fused by their ranks.
        leaning: A person's profile, to order by within a bound: it brings nothing.
    """

    text: str
    vectors: tuple[VectorLeg, ...]
    filters: tuple[filters.Clause, ...]
    weights: Mapping[Leg, float]
    excluded: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    sort: Sort = BEST_FIRST
    doc_values: tuple[str, ...] = ()
    wording: Wording = NOTHING
    calibration: Calibration | None = None
    leaning: VectorLeg | None = None

    @property
    def window(self) -> int:
        """How many candidates are asked for: each vector leg's full top fits, and so do the text matches."""
        return max(WINDOW, TEXT_WINDOW + NEAREST * len(self.vectors))

    @property
    def text_window(self) -> int:
        """How many of the text matches are fused."""
        return self.window - NEAREST * len(self.vectors)

    def without_vectors(self) -> "Plan":
        """Return the plan with its text legs alone."""
        kept: dict[Leg, float] = {leg: weight for leg, weight in self.weights.items() if leg in ("exact", "keyword")}
        return replace(self, vectors=(), leaning=None, weights=kept)


def browses(request: SearchRequest, *, has_picture: bool = False) -> bool:
    """Tell whether a request looks for nothing: filters and sort alone."""
    looks = request.like or request.unlike or request.must_not_look_like.strip() or has_picture
    return not looks and not understood(request).text


def refuse_what_is_not_offered(request: SearchRequest) -> None:
    """Refuse what the contract has and this version does not do.

    Raises:
        NotOfferedError: The fields are named.
    """
    asked = [f"weights.{leg}" for leg in request.weights if leg not in WEIGHTS]
    problems = [FieldProblem(name, "is not offered: its bound is fixed") for name in asked]
    if problems:
        raise NotOfferedError(problems)


def weights_of(request: SearchRequest) -> dict[Leg, float]:
    """Return each leg's weight, the request's over the default; a leg that weighs nothing is left out.

    Raises:
        RefusedRequestError: No leg is left.
    """
    weights = {leg: weight for leg, weight in {**WEIGHTS, **request.weights}.items() if weight > 0}
    if not weights:
        raise RefusedRequestError([FieldProblem("weights", "at least one leg takes a weight above 0")])
    return weights


def conditions(request: SearchRequest, principals: Principals) -> tuple[filters.Clause, ...]:
    """Return the clauses that hold in every leg, facet and count.

    Raises:
        RefusedRequestError: A filter is not taken.
    """
    told = understood(request)
    return (
        *filters.permitted(principals),
        *filters.clauses(request.filters),
        *filters.clauses(told.filters),
        *literals(told.phrases, told.excluded),
    )


def make_plan(
    request: SearchRequest,
    principals: Principals,
    vectors: Sequence[VectorLeg],
    languages: Sequence[str] = DEFAULT,
) -> Plan:
    """Put the legs together.

    Args:
        request: What is looked for.
        principals: Who asks.
        vectors: The vector legs that could be encoded.
        languages: That the index is made for.

    Raises:
        RefusedRequestError: A filter, facet or weight is not taken.
    """
    weights = weights_of(request)
    told = understood(request)
    text = told.text
    asked: set[Leg] = {leg.leg for leg in vectors} | ({"exact", "keyword"} if text else set())
    return Plan(
        text=text if weights.keys() & {"exact", "keyword"} else "",
        vectors=tuple(leg for leg in vectors if leg.leg in weights),
        filters=conditions(request, principals),
        weights={leg: weight for leg, weight in weights.items() if leg in asked},
        excluded=tuple(dict.fromkeys([*request.like, *request.unlike])),
        facets=facet_counts.check(request.facets),
        sort=request.sort,
        doc_values=DOC_VALUES if request.group_duplicates else (),
        wording=wording_of(told, languages),
    )
