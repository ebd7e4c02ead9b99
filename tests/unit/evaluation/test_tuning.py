"""Weights are fitted to judged queries, and told by what they gain on queries that they were not fitted on."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dotenv import dotenv_values

from damsight_cli.evaluation.asking import Asked
from damsight_cli.evaluation.errors import EvaluationError, NotBetterError
from damsight_cli.evaluation.judged import JudgedQuery
from damsight_cli.evaluation.systems import Reweighed, systems
from damsight_cli.evaluation.tuning import FEWEST, LEAST, MOST_POINTS, Tuned, held_out, simplex, tuned
from damsight_cli.evaluation.written_weights import setting_of, write_weights
from damsight_schemas.search import Leg
from damsight_search.relevance.fusion import Candidate, LegSeen, weighed
from damsight_search.settings import load_settings

LEGS: tuple[Leg, ...] = ("keyword", "image", "caption")
ASSETS = 12


def silent(_step: str, _done: int, _total: int) -> None:
    """Show nothing."""


@functools.cache
def planted(count: int, *, telling: Leg | None, seed: int = 1) -> list[Asked]:
    """Return queries of which one leg finds the right asset, near enough always, and the others rank by chance."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(count):
        right = f"asset-{chance.integers(ASSETS)}"
        seen: dict[str, list[LegSeen]] = {f"asset-{place}": [] for place in range(ASSETS)}
        for leg in LEGS:
            evidence = {asset_id: float(chance.random()) for asset_id in seen}
            if leg == telling:
                evidence[right] = 1.2
            order = sorted(seen, key=lambda asset_id: -evidence[asset_id])
            for rank, asset_id in enumerate(order, start=1):
                seen[asset_id].append(LegSeen(leg, rank, evidence[asset_id], evidence[asset_id]))
        candidates = tuple(Candidate(asset_id, tuple(legs), among=ASSETS) for asset_id, legs in seen.items())
        weights: dict[Leg, float] = dict.fromkeys(LEGS, 1.0)
        fused = tuple(one.asset_id for one in weighed(candidates, weights))
        query = JudgedQuery(f"q{number}", "en", "kind", "words", {right: 1})
        made.append(Asked(query, candidates, weights, fused))
    return made


@functools.cache
def fit(telling: Leg | None) -> Tuned:
    found, said = tuned(planted(60, telling=telling), lambda _one: "text", silent)
    assert said == []
    return found[0]


def test_the_leg_that_tells_is_found() -> None:
    """Where one leg is right and two are noise, it gets the largest weight, and held-out queries gain beyond chance."""
    found = fit("image")
    assert max(found.weights, key=lambda leg: found.weights[leg]) == "image"
    assert found.weights["image"] == 1.0
    assert found.is_better
    assert found.held_out.p < 0.01
    assert found.now == dict.fromkeys(LEGS, 1.0)


def test_noise_gains_nothing() -> None:
    """Where no leg tells anything, what fits the queries at hand is told apart from a gain on others."""
    found = fit(None)
    assert not found.is_better
    assert found.on_all.difference.value > found.held_out.difference.value


def test_a_query_is_never_judged_by_weights_that_saw_it() -> None:
    """Each query has its own best point: fitted on all it is perfect, held out it is the others' choice."""
    values = np.vstack([np.full(10, 0.5), np.eye(10)])
    assert values.max(axis=0).tolist() == [1.0] * 10
    assert held_out(values, 10).tolist() == [0.5] * 10


def test_kinds_are_fitted_by_themselves_where_there_are_enough() -> None:
    """A kind with few queries is named, and with no kind left nothing is fitted."""
    asked = planted(FEWEST + 5, telling="keyword")
    rare = {one.query.query_id for one in asked[:5]}
    found, said = tuned(asked, lambda one: "picture" if one.query.query_id in rare else "text", silent)
    assert [one.kind for one in found] == ["text"]
    assert "picture: only 5" in said[0]
    with pytest.raises(EvaluationError, match="only 5"):
        tuned(asked[:5], lambda _one: "text", silent)


@pytest.mark.parametrize("legs", range(1, 8))
def test_the_grid_is_bounded_and_switches_no_leg_off(legs: int) -> None:
    """However many legs there are: a few hundred points, each leg with some weight, and each leg alone among them."""
    names: list[Leg] = ["keyword", "image", "caption", "frame", "look", "audio", "fused"]
    points = list(simplex(names[:legs]))
    assert len(points) <= MOST_POINTS
    assert all(min(point.values()) >= LEAST for point in points)
    assert sum(max(point.values()) == 1.0 for point in points) == legs


def test_systems_stand_side_by_side() -> None:
    """Each leg by its own ranks, their reciprocal rank fusion, and the product's order as it came."""
    (one,) = planted(1, telling="image")
    told = systems([one])
    assert list(told) == [*LEGS, "rrf", "fused"]
    assert told["fused"] == [one.fused]
    right = next(iter(one.query.grades))
    assert told["image"][0][0] == right
    ranks = {seen.asset_id: sum(1 / (60 + leg.rank) for leg in seen.legs) for seen in one.candidates}
    assert told["rrf"][0][0] == max(ranks, key=lambda asset_id: ranks[asset_id])


@pytest.mark.parametrize("among", [1000.0, None], ids=["calibrated", "by ranks"])
@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0), (0.02, 0.5, 0.3), (1.0, 0.02, 0.02)])
def test_trying_weights_ranks_as_the_product_does(weights: tuple[float, float, float], among: float | None) -> None:
    """The fast way to rank under other weights gives the fusion's own order, exact hits first."""
    for number, one in enumerate(planted(10, telling="image")):
        pinned = [
            candidate._replace(legs=(LegSeen("exact", place, 1.0, 1.0), *candidate.legs))
            if place in (3, 5)
            else candidate
            for place, candidate in enumerate(one.candidates)
        ]
        asked = replace(
            one, candidates=tuple(pinned if number % 2 else one.candidates), weights={"exact": 1.0, **one.weights}
        )
        told = weighed(asked.candidates, {"exact": 1.0, **dict(zip(LEGS, weights, strict=True))})
        assert Reweighed(asked, LEGS).ranked(np.array(weights), ASSETS) == [hit.asset_id for hit in told]


def test_weights_are_written_beside_other_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old lines of the same setting go, others stay, and the search's settings read what was fitted."""
    found = fit("image")
    file = tmp_path / "fusion.env"
    file.write_text(f"DAMSIGHT_INDEX__ALIAS=mine\n{setting_of('text')}=old\n", encoding="utf-8")
    write_weights(file, [found])
    told = dotenv_values(file)
    assert list(told) == ["DAMSIGHT_INDEX__ALIAS", setting_of("text")]
    monkeypatch.setenv(setting_of("text"), str(told[setting_of("text")]))
    assert load_settings().weights.text == found.weights


def test_what_is_not_better_is_not_written_unless_forced(tmp_path: Path) -> None:
    """A file that is there stays as it is; --force writes all the same."""
    found = fit(None)
    file = tmp_path / "fusion.env"
    with pytest.raises(NotBetterError, match="--force"):
        write_weights(file, [found])
    assert not file.exists()
    write_weights(file, [found], even_if_not_better=True)
    assert setting_of("text") in file.read_text(encoding="utf-8")
