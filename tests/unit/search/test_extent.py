"""How far a search reaches: totals that never lie, and what follows the window."""

from typing import Any, Literal

import numpy as np
import pytest

from damsight_schemas.search import Leg, SearchRequest
from damsight_search.plan import NEAREST, Plan, VectorLeg, make_plan
from damsight_search.ports import Answer, Found
from damsight_search.principal import stranger
from damsight_search.relevance.cutting import Cut
from damsight_search.relevance.fusion import Candidate, LegRank, LegSeen, Ranked
from damsight_search.results.extent import extent_of

IMAGE = VectorLeg("image", "image_vector", np.array([1.0, 0.0], dtype=np.float32))


def ranked(count: int, leg: Leg) -> list[Ranked]:
    """Return candidates of one leg, each less relevant than the one before."""
    scores = [1.0 - place / 1000 for place in range(count)]
    return [
        Ranked(f"{leg}-{place}", score, (LegRank(leg, place + 1, score, score),)) for place, score in enumerate(scores)
    ]


def extent(
    candidates: list[Ranked],
    *,
    kept: int | None = None,
    total: int | None = None,
    relation: Literal["eq", "gte"] = "eq",
    vectors: bool = False,
    text: str = "boat",
    calibrated: bool = False,
    **answer: Any,
) -> Any:
    """Return how far a search reaches whose index brought these."""
    plan: Plan = make_plan(SearchRequest(text=text, unlike=["left-out"]), stranger(), [IMAGE] if vectors else [])
    found = tuple(Found(one.asset_id, {leg.leg: leg.score for leg in one.legs}) for one in candidates)
    whole = Answer(found, len(candidates) if total is None else total, relation, **answer)
    left = candidates if kept is None else candidates[:kept]
    refused = [one.asset_id for one in candidates[len(left) :]]
    at_least = 0.0 if kept is None else candidates[kept - 1].relevance
    evidence = 1.0 if calibrated else None
    seen = [
        Candidate(one.asset_id, tuple(LegSeen(leg.leg, leg.rank, leg.score, evidence) for leg in one.legs))
        for one in candidates
    ]
    return extent_of(whole, plan, Cut(at_least, left, refused, calibrated, seen, plan))


def test_what_is_all_there_is_counted_exactly() -> None:
    """Words that bring less than the window holds, and a vector leg that is not full."""
    for reach in (extent(ranked(5, "keyword")), extent(ranked(5, "image"), vectors=True, text="")):
        assert (reach.total.value, reach.total.relation, reach.relevant.whole) == (5, "eq", True)
        assert reach.beyond is None


def test_matches_beyond_the_window_follow_and_count() -> None:
    """The total is of all of them, and the listing goes on behind the window."""
    reach = extent(ranked(10, "keyword"), total=5_000)
    assert (reach.total.value, reach.total.relation) == (5_000, "eq")
    assert reach.beyond is not None
    assert (reach.beyond.told, reach.beyond.floor) == (10, ranked(10, "keyword")[-1].relevance)
    assert extent(ranked(10, "keyword"), total=10_000, relation="gte").total.relation == "gte"


@pytest.mark.parametrize(
    "reach",
    [
        extent(ranked(NEAREST, "image"), vectors=True, text=""),
        extent(ranked(5, "keyword"), lost_shards=1, shards=2),
        extent(ranked(5, "keyword"), kept=3, lost_shards=1, shards=2),
    ],
    ids=["a full vector leg", "a lost part", "a lost part and a cut"],
)
def test_where_more_might_be_it_is_at_least(reach: Any) -> None:
    """Nothing is told of what was not seen, and no facet may claim to be of all."""
    assert reach.total.relation == "gte"
    assert not reach.relevant.whole


def test_by_ranks_nothing_outside_of_the_window_is_relevant() -> None:
    """So what a number cuts off is counted whole, and nothing follows."""
    reach = extent(ranked(10, "keyword"), kept=4, total=5_000)
    assert (reach.total.value, reach.total.relation, reach.beyond) == (4, "eq", None)
    assert (set(reach.relevant.kept), reach.relevant.words) == ({f"keyword-{number}" for number in range(4)}, None)
    assert set(reach.relevant.refused) == {*(f"keyword-{number}" for number in range(4, 10)), "left-out"}


def test_by_scores_matches_follow_where_the_weakest_was_kept() -> None:
    """The listing then ends where relevance falls below the cut, so all that is known is "at least"."""
    weak_picture = Ranked("image-0", 0.1, (LegRank("image", 1, 0.1, 0.1),))
    reach = extent([*ranked(10, "keyword"), weak_picture], kept=10, total=5_000, vectors=True, calibrated=True)
    assert (reach.total.value, reach.total.relation) == (10, "gte")
    assert reach.beyond is not None
    assert reach.beyond.at_least == ranked(10, "keyword")[-1].relevance
    assert len(reach.beyond.known()) == 1
    cut = extent(ranked(10, "keyword"), kept=4, total=5_000, calibrated=True)
    assert cut.beyond is None


def test_the_relevant_set_is_a_clause_over_ids_and_words() -> None:
    """Facets count the same that pages show: the words' matches too, unless something of them was cut off."""
    whole = extent(ranked(3, "keyword"), total=5_000).relevant.clause([{"term": {"deleted": False}}])
    assert whole["bool"]["filter"] == [{"term": {"deleted": False}}]
    assert len(whole["bool"]["should"]) == 2
    assert "_name" not in str(whole)
    assert {"ids": {"values": ["left-out"]}} in whole["bool"]["should"][1]["bool"]["must_not"]
    assert len(extent(ranked(3, "keyword"), kept=2).relevant.clause([])["bool"]["should"]) == 1
