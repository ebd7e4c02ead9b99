"""From what Elasticsearch scores to each leg's own raw score: our boosts divided out, similarities on one scale. Pure.

A vector leg's raw score is (1 + cosine) / 2, however the index compares vectors.
"""

from collections.abc import Sequence
from dataclasses import replace

from damsight_schemas.space import Similarity
from damsight_search.bodies import EXACT_BOOST, VECTOR_BOOST
from damsight_search.fusion import Ranked
from damsight_search.plan import Plan
from damsight_search.ports import Found


def raw(found: Sequence[Found], plan: Plan) -> list[Found]:
    """Return the hits with raw scores in place of Elasticsearch's."""
    similarities: dict[str, Similarity] = {leg.leg: leg.similarity for leg in plan.vectors}
    return [replace(hit, scores=_raw(hit.scores, similarities)) for hit in found]


def with_parts(ranked: Sequence[Ranked], found: Sequence[Found]) -> list[Ranked]:
    """Return the candidates with the frame, page or slice that the frame leg found, where it brought them."""
    parts = {hit.asset_id: hit.part for hit in found if hit.part is not None}
    return [
        replace(one, part=parts[one.asset_id])
        if one.asset_id in parts and any(leg.leg == "frame" for leg in one.legs)
        else one
        for one in ranked
    ]


def cosine_of(score: float, similarity: Similarity) -> float:
    """Return the cosine of two vectors of length 1 from the score that Elasticsearch makes of it.

    Its scores are (1 + cosine) / 2 for ``cosine`` and ``dot_product``, and 1 / (1 + d^2) for ``l2_norm``, where
    d^2 = 2 - 2 * cosine.
    """
    if similarity == "l2_norm":
        return 1.0 - (1.0 / score - 1.0) / 2.0
    return 2.0 * score - 1.0


def _raw(scores: dict[str, float], similarities: dict[str, Similarity]) -> dict[str, float]:
    return {name: _one(name, score, similarities) for name, score in scores.items()}


def _one(name: str, score: float, similarities: dict[str, Similarity]) -> float:
    if name in similarities:
        # Rounded vectors may be a little longer than 1.
        return (1.0 + min(1.0, cosine_of(score / VECTOR_BOOST, similarities[name]))) / 2.0
    return score / EXACT_BOOST if name == "exact" else score
