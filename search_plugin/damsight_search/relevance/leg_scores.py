"""From what Elasticsearch scores to each leg's own raw score: our boosts divided out, similarities on one scale. Pure.

A vector leg's raw score is (1 + cosine) / 2, however the index compares vectors.
"""

from collections.abc import Mapping, Sequence

from damsight_schemas.space import Similarity
from damsight_search.bodies import EXACT_BOOST, VECTOR_BOOST
from damsight_search.plan import Plan
from damsight_search.ports import Answer, Found
from damsight_search.words.keyword_scores import frequencies_of, keyword_score, rarities

_BY_WORDS = ("exact", "keyword")
LEAST = 0.01
"""No vector that was brought scores less; what rounding leaves does."""


def raw(answer: Answer, plan: Plan) -> list[Found]:
    """Return the hits with raw scores in place of Elasticsearch's; the words' own scores stay.

    Args:
        answer: The index's, to the plan's body.
        plan: What was asked.
    """
    similarities: dict[str, Similarity] = {leg.leg: leg.similarity for leg in plan.vectors}
    whole = (*_BY_WORDS, *(name for name in similarities if name != "frame")) if "frame" in similarities else ()
    rare = rarities(frequencies_of(answer.aggregations, len(plan.wording.words)))
    return [hit.scored(_raw(hit, similarities, whole, rare)) for hit in answer.found]


def cosine_of(score: float, similarity: Similarity) -> float:
    """Return the cosine of two vectors of length 1 from the score that Elasticsearch makes of it.

    Its scores are (1 + cosine) / 2 for ``cosine`` and ``dot_product``, and 1 / (1 + d^2) for ``l2_norm``, where
    d^2 = 2 - 2 * cosine.
    """
    if similarity == "l2_norm":
        return 1.0 - (1.0 / score - 1.0) / 2.0
    return 2.0 * score - 1.0


def _raw(
    hit: Found, similarities: Mapping[str, Similarity], whole: Sequence[str], rare: Sequence[float]
) -> dict[str, float]:
    told = dict(hit.scores)
    # Elasticsearch names no scores of nested fields, and to have it look into every hit for its best part takes several
    # times as long as the whole search. So the frame leg's is what the others leave: of some millions in float32, it is
    # exact to half a millionth of the boost.
    rest = hit.score - sum([told.get(name, 0.0) for name in whole]) if whole else 0.0
    if rest > LEAST * VECTOR_BOOST:
        told["frame"] = rest
    for name, similarity in similarities.items():
        if name in told:
            # Rounded vectors may be a little longer than 1.
            told[name] = (1.0 + min(1.0, cosine_of(told[name] / VECTOR_BOOST, similarity))) / 2.0
    if "exact" in told:
        told["exact"] /= EXACT_BOOST
    if "keyword" in told:
        told["keyword"] = keyword_score(told, rare)
    return told
