"""What neighbours add to a hit's relevance, as the benches try it."""

import runpy
from pathlib import Path

import numpy as np

from damsight_cli.evaluation.asking import Asked
from damsight_cli.evaluation.judged import JudgedQuery
from damsight_search.relevance.fusion import Candidate, LegSeen

NEIGHBOURS = runpy.run_path(str(Path(__file__).resolve().parents[3] / "bench" / "neighbours.py"))


def asked() -> Asked:
    """Return a query with a strong family of twelve, and thirteen hits that are alike and say little."""
    hits = [Candidate(f"in-{n}", (LegSeen("image", n + 1, 0.7, 6.0),), None, 1000.0) for n in range(11)]
    hits += [Candidate("in-weak", (LegSeen("image", 20, 0.5, 2.0),), None, 1000.0)]
    hits += [Candidate(f"out-{n}", (LegSeen("image", 30 + n, 0.5, 2.0),), None, 1000.0) for n in range(13)]
    return Asked(JudgedQuery("q", "en", "nowhere", "q", {}), tuple(hits), {"image": 1.0}, ())


def captions() -> dict[str, np.ndarray]:
    """Return vectors in which both families lie apart."""
    chance = np.random.default_rng(5)
    made = {}
    for hit in asked().candidates:
        vector = np.array([1.0, 0.0, 0.0]) if hit.asset_id.startswith("in") else np.array([0.0, 1.0, 0.0])
        vector = vector + chance.normal(0, 0.05, 3)
        made[hit.asset_id] = (vector / np.linalg.norm(vector)).astype(np.float32)
    return made


def test_a_weak_hit_gains_by_strong_neighbours() -> None:
    """Of two hits with the same evidence, the one among strong hits becomes more relevant."""
    told = NEIGHBOURS["with_neighbours"](asked(), captions(), 1.0)
    assert told["in-weak"] > 10 * told["out-0"]


def test_without_weight_each_hit_stands_for_itself() -> None:
    """A weight of nothing leaves relevance as the product tells it."""
    told = NEIGHBOURS["with_neighbours"](asked(), captions(), 0.0)
    assert told["in-weak"] == told["out-0"] < told["in-0"]


def test_a_hit_alone_has_no_neighbours() -> None:
    """A search with one hit is no error."""
    alone = asked()
    alone = Asked(alone.query, alone.candidates[:1], alone.weights, alone.fused)
    assert NEIGHBOURS["support"](alone, captions()).tolist() == [0.0]
