"""The way back from Elasticsearch's scores to each leg's own."""

import numpy as np
import pytest

from damsight_schemas.search import SearchRequest
from damsight_schemas.space import Similarity
from damsight_search.bodies import EXACT_BOOST, VECTOR_BOOST
from damsight_search.plan import VectorLeg, make_plan
from damsight_search.ports import Found
from damsight_search.principal import stranger
from damsight_search.relevance.leg_scores import cosine_of, raw


def test_our_boosts_are_divided_out() -> None:
    """The boosts order the window alone: what people and calibrations see is each leg's own score."""
    legs = [VectorLeg("image", "image_vector", np.zeros(2, dtype=np.float32))]
    plan = make_plan(SearchRequest(text="boat"), stranger(), legs)
    (hit,) = raw([Found("a", {"image": 0.75 * VECTOR_BOOST, "exact": 2 * EXACT_BOOST, "keyword": 9.5})], plan)
    assert hit.scores == {"image": pytest.approx(0.75), "exact": 2.0, "keyword": 9.5}


@pytest.mark.parametrize("similarity", ["cosine", "dot_product", "l2_norm"])
def test_every_similarity_tells_the_same_cosine(similarity: Similarity) -> None:
    """However the index compares, the cosine comes back: as numpy computes it from the vectors themselves."""
    rows = np.random.default_rng(7).normal(size=(40, 2, 16))
    for one, other in rows / np.linalg.norm(rows, axis=2, keepdims=True):
        cosine = float(one @ other)
        score = 1 / (1 + float(np.sum((one - other) ** 2))) if similarity == "l2_norm" else (1 + cosine) / 2
        assert cosine_of(score, similarity) == pytest.approx(cosine, abs=1e-9)
