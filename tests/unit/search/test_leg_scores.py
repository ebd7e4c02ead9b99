"""The way back from Elasticsearch's scores to each leg's own."""

import numpy as np
import pytest

from damsight_schemas.search import SearchRequest
from damsight_schemas.space import Similarity
from damsight_search.bodies import EXACT_BOOST, VECTOR_BOOST
from damsight_search.plan import VectorLeg, make_plan
from damsight_search.ports import Answer, Found
from damsight_search.principal import stranger
from damsight_search.relevance.leg_scores import cosine_of, raw
from damsight_search.words.keyword_scores import word_name

LEGS = [VectorLeg("image", "image_vector", np.zeros(2, dtype=np.float32))]
PLAN = make_plan(SearchRequest(text="boat"), stranger(), LEGS)
BY_WORDS = Found(
    "a", {"image": 0.75 * VECTOR_BOOST, "exact": 2 * EXACT_BOOST, "keyword": 12.5, word_name(0): 0.5}
)  # fmt: skip
BY_VECTOR = Found("b", {"image": 0.6 * VECTOR_BOOST})


def test_our_boosts_are_divided_out() -> None:
    """The boosts order the window alone: what people and calibrations see is each leg's own score."""
    hit, _ = raw(Answer((BY_WORDS, BY_VECTOR), 2), PLAN)
    assert hit.scores == {"image": pytest.approx(0.75), "exact": 2.0, "keyword": pytest.approx(0.5), word_name(0): 0.5}


def test_only_hits_of_the_keyword_leg_get_its_score() -> None:
    """A hit that vectors brought keeps what it has."""
    _, hit = raw(Answer((BY_WORDS, BY_VECTOR), 2), PLAN)
    assert hit.scores == {"image": pytest.approx(0.6)}


@pytest.mark.parametrize("similarity", ["cosine", "dot_product", "l2_norm"])
def test_every_similarity_tells_the_same_cosine(similarity: Similarity) -> None:
    """However the index compares, the cosine comes back: as numpy computes it from the vectors themselves."""
    rows = np.random.default_rng(7).normal(size=(40, 2, 16))
    for one, other in rows / np.linalg.norm(rows, axis=2, keepdims=True):
        cosine = float(one @ other)
        score = 1 / (1 + float(np.sum((one - other) ** 2))) if similarity == "l2_norm" else (1 + cosine) / 2
        assert cosine_of(score, similarity) == pytest.approx(cosine, abs=1e-9)
