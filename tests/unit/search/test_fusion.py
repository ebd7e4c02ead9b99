"""The fusion of the legs' ranks."""

import numpy as np
import pytest

from damsight_schemas.search import SearchRequest, Sort
from damsight_search.plan import NEAREST, Plan, VectorLeg, make_plan
from damsight_search.ports import Found
from damsight_search.principal import stranger
from damsight_search.relevance.fusion import Candidate, LegSeen, Ranked, fuse, sorted_by, weighed

LEGS = [
    VectorLeg("image", "image_vector", np.zeros(2, dtype=np.float32)),
    VectorLeg("caption", "caption_vector", np.zeros(2, dtype=np.float32)),
]


def plan(**request: object) -> Plan:
    return make_plan(SearchRequest.model_validate({"text": "boat", **request}), stranger(), LEGS)


def found(asset_id: str, **scores: float) -> Found:
    return Found(asset_id, scores)


def test_what_leads_every_leg_has_relevance_one() -> None:
    """The scale's end is the first place in every leg that was asked."""
    (first, second) = fuse([found("b", image=0.8), found("a", keyword=9, image=0.9, caption=0.7)], plan())
    assert (first.asset_id, first.relevance) == ("a", pytest.approx(1.0))
    assert second.relevance == pytest.approx((1 / 62) / (3 / 61))


def test_contributions_add_up() -> None:
    """Each leg tells its rank, its own score, and its share of the relevance."""
    (hit,) = fuse([found("a", keyword=9.5, image=0.75)], plan())
    assert {leg.leg: leg.score for leg in hit.legs} == {"keyword": 9.5, "image": pytest.approx(0.75)}
    assert sum(leg.contribution for leg in hit.legs) == pytest.approx(hit.relevance)


def test_exact_hits_are_pinned_first() -> None:
    """Whoever types a whole name gets it first, with relevance 1, even where other legs disagree."""
    ranked = fuse([found("a", keyword=9, image=0.9, caption=0.9), found("z", exact=1), found("y", exact=2)], plan())
    assert [one.asset_id for one in ranked] == ["y", "z", "a"]
    assert [one.relevance for one in ranked[:2]] == [1.0, 1.0]
    assert sum(leg.contribution for leg in ranked[1].legs) == pytest.approx(1.0)


def test_weights_turn_legs_up_and_off() -> None:
    """A leg that weighs nothing has no say, and the scale is that of the legs that are left."""
    hits = [found("a", keyword=9, image=0.1), found("b", keyword=1, image=0.9)]
    assert [one.asset_id for one in fuse(hits, plan(weights={"image": 5}))] == ["b", "a"]
    words = fuse(hits, plan(weights={"image": 0, "caption": 0}))
    assert [(one.asset_id, one.relevance) for one in words] == [("a", 1.0), ("b", pytest.approx(61 / 62))]


def test_ties_go_by_the_id() -> None:
    """The order is the same each time."""
    assert [one.asset_id for one in fuse([found(name, image=0.5) for name in "cab"], plan())] == ["a", "b", "c"]


def test_only_the_top_of_each_leg_counts() -> None:
    """What is beyond a leg's window has no rank there, for its true rank is not known."""
    hits = [found(f"{number:04d}", image=1 - number / 1000) for number in range(NEAREST + 5)]
    assert len(fuse(hits, plan())) == NEAREST


def test_sorting_keeps_what_has_no_value_last() -> None:
    """In either direction, unknown comes after known."""
    ranked = [Ranked("a", 1.0, value=5), Ranked("b", 0.9), Ranked("c", 0.8, value=7)]
    for order, expected in (("asc", ["a", "c", "b"]), ("desc", ["c", "a", "b"])):
        sort = Sort.model_validate({"by": "created_at", "order": order})
        assert [one.asset_id for one in sorted_by(ranked, plan(sort=sort))] == expected
    assert [one.asset_id for one in sorted_by(ranked, plan(sort=Sort(order="asc")))] == ["c", "b", "a"]


def test_legs_that_all_weigh_nothing_leave_what_is_exact() -> None:
    """Nobody is divided by: what was found by its name is still first, calibrated or not."""
    for among, nats in ((100.0, 3.0), (None, None)):
        named = Candidate("a", (LegSeen("exact", 1, 1.0, nats),), among=among)
        (only,) = weighed([named], {"exact": 1.0, "keyword": 0.0})
        assert (only.asset_id, only.relevance) == ("a", 1.0)
