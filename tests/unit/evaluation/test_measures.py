"""Measures against sums by hand, and what chance may do to them."""

import math

import numpy as np
import pytest

from damsight_cli.evaluation.chance import compared, mean_of
from damsight_cli.evaluation.judged import JudgedQuery
from damsight_cli.evaluation.measures import measured


def query(query_id: str, **grades: int) -> JudgedQuery:
    return JudgedQuery(query_id, "en", "kind", "words", grades)


def test_measures_are_what_a_person_reckons() -> None:
    """Grade 2 on rank 2 and 1 on rank 4, the ideal being 2 and 1; half of four are found; the first is second."""
    judged = [query("one", a=1, b=2, c=0), query("two", e=1, f=1, g=1, h=1), query("three", z=1)]
    told = measured(judged, [["c", "b", "d", "a"], ["x", "e", "f"], []])
    gained = 2 / math.log2(3) + 1 / math.log2(5)
    assert told["ndcg@10"][0] == pytest.approx(gained / (2 + 1 / math.log2(3)))
    assert list(told["recall@10"]) == [1.0, 0.5, 0.0]
    assert list(told["mrr"]) == [0.5, 0.5, 0.0]


def test_only_ten_hits_count_at_ten() -> None:
    """What stands eleventh is not there for nDCG@10 and recall@10, and is for the reciprocal rank."""
    told = measured([query("one", a=1)], [[*(f"x{place}" for place in range(10)), "a"]])
    assert (told["ndcg@10"][0], told["recall@10"][0], told["mrr"][0]) == (0.0, 0.0, pytest.approx(1 / 11))


def test_an_interval_holds_the_mean_and_narrows_with_queries() -> None:
    """Of four times the queries it is about half as wide; of a single one it is a point."""
    chance = np.random.default_rng(1)
    few, many = mean_of(chance.random(100)), mean_of(chance.random(1600))
    assert few.low < few.value < few.high
    assert 3 < (few.high - few.low) / (many.high - many.low) < 6
    assert mean_of(np.array([0.5])).low == 0.5


def test_a_small_but_steady_gain_is_told_from_chance() -> None:
    """Pairs make a gain of 0.02 sure, where it holds for each query; noise of the same mean is not."""
    chance = np.random.default_rng(1)
    base = chance.random(200)
    steady = compared("new", base + 0.02, "old", base)
    assert steady.p < 0.001
    assert steady.difference.low > 0
    assert steady.ratio.value == pytest.approx((base.mean() + 0.02) / base.mean(), abs=1e-4)
    noise = compared("new", chance.permutation(base), "old", base)
    assert noise.p > 0.05
    assert noise.difference.low < 0 < noise.difference.high
    assert compared("new", base, "old", base).p == 1.0
