"""From what Elasticsearch scores to each leg's own raw score: our boosts divided out, similarities on one scale. Pure.

A vector leg's raw score is (1 + cosine) / 2, however the index compares vectors.
"""

from collections.abc import Sequence

from damsight_schemas.space import Similarity
from damsight_search.bodies import EXACT_BOOST, VECTOR_BOOST
from damsight_search.plan import Plan
from damsight_search.ports import Found

LEAST = 0.01
"""No vector that was brought scores less; what rounding leaves does."""


def raw(found: Sequence[Found], plan: Plan) -> list[Found]:
    """Return the hits with raw scores in place of Elasticsearch's."""
    similarities: dict[str, Similarity] = {leg.leg: leg.similarity for leg in plan.vectors}
    return [hit.scored(_raw(hit.scores, similarities)) for hit in found]


def with_frames(found: Sequence[Found], plan: Plan) -> tuple[Found, ...]:
    """Return the hits with the frame leg's score: what the named legs leave of the whole.

    Elasticsearch names no scores of nested fields, and to have it look into every hit for its best part takes several
    times as long as the whole search. The rest of some millions in float32 is exact to half a millionth of the boost.
    """
    if not any(leg.leg == "frame" for leg in plan.vectors):
        return tuple(found)
    named = ("exact", "keyword", *(leg.leg for leg in plan.vectors if leg.leg != "frame"))
    rests = (hit.score - sum([hit.scores.get(name, 0.0) for name in named]) for hit in found)
    return tuple(
        hit.scored({**hit.scores, "frame": rest}) if rest > LEAST * VECTOR_BOOST else hit
        for hit, rest in zip(found, rests, strict=True)
    )


def cosine_of(score: float, similarity: Similarity) -> float:
    """Return the cosine of two vectors of length 1 from the score that Elasticsearch makes of it.

    Its scores are (1 + cosine) / 2 for ``cosine`` and ``dot_product``, and 1 / (1 + d^2) for ``l2_norm``, where
    d^2 = 2 - 2 * cosine.
    """
    if similarity == "l2_norm":
        return 1.0 - (1.0 / score - 1.0) / 2.0
    return 2.0 * score - 1.0


def _raw(scores: dict[str, float], similarities: dict[str, Similarity]) -> dict[str, float]:
    told = dict(scores)
    for name, similarity in similarities.items():
        if name in told:
            # Rounded vectors may be a little longer than 1.
            told[name] = (1.0 + min(1.0, cosine_of(told[name] / VECTOR_BOOST, similarity))) / 2.0
    if "exact" in told:
        told["exact"] /= EXACT_BOOST
    return told
