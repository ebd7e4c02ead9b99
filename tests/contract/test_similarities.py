"""Each way in which an index may compare vectors, in memory and on a real Elasticsearch, against numpy."""

from collections.abc import Iterator

import numpy as np
import pytest

from contract.looking_contract import BFLOAT16
from contract.search_service_contract import PRESS
from damsight_devstack import Stack
from damsight_schemas.search import SearchRequest
from damsight_schemas.space import Similarity
from damsight_search.bodies import search_body
from damsight_search.plan import VectorLeg, make_plan
from damsight_search.ports import SearchIndex
from damsight_search.relevance.leg_scores import raw
from fakes.media_library import MEDIA_SPACES, MIXED, colour_vector, media_library, mixed_vector
from fakes.real_index import real_index
from fakes.shelf import MemoryShelf

SIMILARITIES: tuple[Similarity, ...] = ("cosine", "dot_product", "l2_norm")
SHOWN = {**{f"still-{one}": colour_vector(one) for one in ("red", "pink")}, **{one: mixed_vector(one) for one in MIXED}}


def holds_numpys_cosines(index: SearchIndex, similarity: Similarity) -> None:
    """Every leg's raw score is (1 + cosine) / 2 of the vectors that were stored, in the frame leg of the best frame."""
    assert index.spaces().similarity == similarity
    asked = mixed_vector("mixed-red")
    legs = [
        VectorLeg(leg, field, asked, "picture", similarity)
        for leg, field in (("image", "image_vector"), ("look", "look_vector"), ("frame", "image_vector"))
    ]
    plan = make_plan(SearchRequest(), PRESS, legs)
    answer = index.search(search_body(plan, timeout="30s"))
    scored = {hit.asset_id: hit.scores for hit in raw(answer, plan)}
    for asset_id, stored in SHOWN.items():
        expected = (1 + float(asked @ stored)) / 2
        assert scored[asset_id]["image"] == pytest.approx(expected, abs=BFLOAT16)
        assert scored[asset_id]["look"] == pytest.approx(expected, abs=BFLOAT16)
    best = max(float(asked @ colour_vector(colour)) for colour in ("yellow", "pink"))
    assert scored["film-secret"]["frame"] == pytest.approx((1 + best) / 2, abs=BFLOAT16)
    order = sorted(SHOWN, key=lambda one: -float(np.dot(asked, SHOWN[one])))
    assert sorted(SHOWN, key=lambda one: -scored[one]["image"]) == order


@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_scores_in_memory(similarity: Similarity) -> None:
    """The fake tells scores as Elasticsearch makes them."""
    spaces = MEDIA_SPACES.model_copy(update={"similarity": similarity})
    holds_numpys_cosines(MemoryShelf.holding(spaces, media_library()).index, similarity)


@pytest.fixture(params=SIMILARITIES)
def stored(request: pytest.FixtureRequest, stack: Stack) -> Iterator[tuple[SearchIndex, Similarity]]:
    with real_index(stack.elasticsearch_url, MEDIA_SPACES, similarity=request.param) as real:
        real.store(media_library())
        yield real.index, request.param


@pytest.mark.integration
def test_scores_in_elasticsearch(stored: tuple[SearchIndex, Similarity]) -> None:
    """However the index was made to compare, and in whatever order it tells its own scores, the cosines come back."""
    holds_numpys_cosines(*stored)
