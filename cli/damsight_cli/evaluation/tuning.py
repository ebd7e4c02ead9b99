"""Fits the legs' weights to judged queries, and tells what they gain on queries that they were not fitted on.

A convex combination has few parameters and is fitted by few judged queries (Bruch, Gai and Ingber, ACM TOIS 42(1),
2023, arXiv:2210.11934). So every point of a grid over the simplex is tried on every query; of a fold's queries the
point is chosen that is best on all other folds (k-fold cross-validation). Those held-out values against the weights of
now are the gain that is told. The weights that are written are fitted on all queries of the kind.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from damsight_cli.evaluation.asking import Asked, OnProgress
from damsight_cli.evaluation.chance import Comparison, compared
from damsight_cli.evaluation.errors import EvaluationError
from damsight_cli.evaluation.figures import ndcg_of
from damsight_cli.evaluation.systems import Reweighed, legs_of
from damsight_schemas.search import Leg

FOLDS = 5
FEWEST = 30
"""Queries of a kind below which nothing is fitted: their interval would hold anything."""

MEASURED = 10
MOST_POINTS = 300
LEAST = 0.02
"""Of 1: what a leg keeps, for judged queries are not all that people will ask."""

_SEED = 20261121
_FINEST, _COARSEST = 20, 3
Weights = Mapping[Leg, float]


@dataclass(frozen=True, slots=True)
class Trials:
    """Every point on every query.

    Attributes:
        points: The weights that were tried; those of now come first.
        values: nDCG@10, shape (points, queries).
    """

    points: Sequence[Weights]
    values: NDArray[np.float64]


class Tuned(BaseModel):
    """The weights for one kind of query.

    Attributes:
        kind: What the product weighs alike.
        weights: Fitted on all of its queries; the largest is 1.
        now: Those that the product has.
        held_out: The fitted against those of now, on queries that they were not fitted on.
        on_all: The same on the queries that they were fitted on: what one would like to believe.
    """

    kind: str
    queries: int
    folds: int
    weights: dict[str, float]
    now: dict[str, float]
    held_out: Comparison
    on_all: Comparison

    @property
    def is_better(self) -> bool:
        """The whole interval of the held-out gain lies above nothing."""
        return self.held_out.difference.low > 0


def tuned(
    asked: Sequence[Asked], kind_of: Callable[[Asked], str], on_progress: OnProgress, *, folds: int = FOLDS
) -> tuple[list[Tuned], list[str]]:
    """Fit each kind of query by itself; the second list tells the kinds that had too few queries.

    Raises:
        EvaluationError: No kind has enough queries.
    """
    kinds: dict[str, list[Asked]] = {}
    for one in asked:
        kinds.setdefault(kind_of(one), []).append(one)
    found, said = [], []
    for kind, those in kinds.items():
        if len(those) < FEWEST:
            said.append(f"{kind}: only {len(those)} judged queries, and {FEWEST} are needed to fit weights.")
        else:
            found.append(_fitted(kind, those, folds, on_progress))
    if not found:
        raise EvaluationError(" ".join(said))
    return found, said


def held_out(values: NDArray[np.float64], folds: int) -> NDArray[np.float64]:
    """Return each query's value under the point that is best on the other folds, shape (queries,).

    Args:
        values: Shape (points, queries).
        folds: Into how many parts the queries are cut, at random and always alike.
    """
    order = np.random.default_rng(_SEED).permutation(values.shape[1])
    told = np.empty(values.shape[1])
    for fold in np.array_split(order, folds):
        others = np.setdiff1d(order, fold)
        told[fold] = values[_best(values[:, others]), fold]
    return told


def simplex(legs: Sequence[Leg]) -> Iterator[dict[Leg, float]]:
    """Yield weights on a grid as fine as the number of legs allows; no leg is switched off, however little it says."""
    parts = max(_COARSEST, *(parts for parts in range(1, _FINEST + 1) if _size(parts, len(legs)) <= MOST_POINTS))
    for bars in combinations(range(parts + len(legs) - 1), len(legs) - 1):
        edges = (-1, *bars, parts + len(legs) - 1)
        shares = [max((right - left - 1) / parts, LEAST) for left, right in pairwise(edges)]
        yield dict(zip(legs, shares, strict=True))


def _fitted(kind: str, asked: Sequence[Asked], folds: int, on_progress: OnProgress) -> Tuned:
    trials = _trials(kind, asked, on_progress)
    now, best = trials.values[0], _best(trials.values)
    return Tuned(
        kind=kind,
        queries=len(asked),
        folds=folds,
        weights=_scaled(trials.points[best]),
        now=_scaled(trials.points[0]),
        held_out=compared("fitted", held_out(trials.values, folds), "now", now),
        on_all=compared("fitted", trials.values[best], "now", now),
    )


def _trials(kind: str, asked: Sequence[Asked], on_progress: OnProgress) -> Trials:
    legs = legs_of(asked)
    now: Weights = {leg: weight for one in asked for leg, weight in one.weights.items() if leg in legs}
    points: list[Weights] = [now, *simplex(legs)]
    ready = [Reweighed(one, legs) for one in asked]
    rows = []
    for done, point in enumerate(points, start=1):
        weights = np.array([point[leg] for leg in legs])
        rows.append(ndcg_of(asked, [one.ranked(weights, MEASURED) for one in ready]))
        on_progress(f"fitting {kind}", done, len(points))
    return Trials(points, np.stack(rows))


def _best(values: NDArray[np.float64]) -> int:
    # The first of equals: where nothing is better than now, nothing changes.
    return int(np.argmax(values.mean(axis=1).round(6)))


def _scaled(weights: Weights) -> dict[str, float]:
    largest = max(weights.values())
    return {leg: round(weight / largest, 3) for leg, weight in weights.items()}


def _size(parts: int, legs: int) -> int:
    return int(np.prod([(parts + place) / place for place in range(1, legs)]).round())
