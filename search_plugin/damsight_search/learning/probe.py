"""A few examples become a linear probe on image vectors: whoever lies beyond its threshold meets the concept. Pure.

Few-shot linear probing is how CLIP was shown to learn from examples (Radford et al. 2021, arXiv:2103.00020, figure 6):
logistic regression, regularised, on frozen vectors. What is not told as bad comes from a background sample of other
assets, most of which are none of what is looked for. The vectors are centred on the background's mean first, for
vectors of one space share a large common part (Liang et al. 2022, arXiv:2203.02053).

The threshold is set where examples that were held out lie (leave-one-out), above nearly all of another part of the
background and above every bad example, so that what is found is right rather than whole.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
"""Shape (n, dimensions), L2-normalised."""

Numbers = NDArray[np.float64]

FEWEST_BACKGROUND = 8
"""Of fewer other assets, what is common to all cannot be told from what is meant."""

# The inverse of the regularisation's strength: vectors of length 1 have small coordinates.
_C = 1.0
# Newton's method needs a handful of rounds, and a hundred fits stay below a second or so.
_SOLVER = "newton-cholesky"
_ROUNDS = 50
# Examples are left out one by one, or where there are many in so many groups.
_FOLDS = 10
# How often a good example must lie above another asset, both held out, for the probe to be told as good.
_TELLS_APART = 0.8
# Together the background weighs as much as the good examples, and bad ones twice their share: they were chosen.
_BAD = 2.0
# Of a normal distribution, one in 200 lies higher: a concept is seldom of more than some in a hundred assets.
_DEVIATIONS = 2.5758
_MAD_TO_DEVIATION = 1.4826
# How sure one is at `scale` above the threshold.
_RATHER_SURE = 0.9
_SHORTEST = 1e-9
_NARROWEST = 0.02


@dataclass(frozen=True, slots=True)
class Probe:
    """Meets whatever has ``vector . direction >= threshold``.

    Attributes:
        direction: Shape (dimensions,), L2-normalised.
        threshold: A dot product, -1 to 1.
        scale: How far above the threshold one is rather sure, as a dot product; above 0.
        accuracy: Balanced, leave-one-out, over good and bad examples and the background that was held out, 0..1; none
            where there is one good example alone.
        separates: The good examples lie above the others when they are held out.
    """

    direction: Rows
    threshold: float
    scale: float
    accuracy: float | None
    separates: bool

    def confidences(self, vectors: Rows) -> Numbers:
        """Return how sure it is that each meets the concept, 0..1: half at the threshold; shape (n,)."""
        above = (vectors @ self.direction - self.threshold) / self.scale
        return np.asarray(1.0 / (1.0 + np.exp(-np.log(_RATHER_SURE / (1.0 - _RATHER_SURE)) * above)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Examples:
    good: Rows
    bad: Rows
    background: Rows


@dataclass(frozen=True, slots=True)
class _Plane:
    """Where a probe lies: shapes (dimensions,) and (dimensions, rank)."""

    centre: Rows
    basis: Rows


def fit(good: Rows, bad: Rows, background: Rows) -> Probe:
    """Fit a probe.

    Args:
        good: One or more.
        bad: None or more.
        background: Of other assets, drawn at random; `FEWEST_BACKGROUND` or more, or else one bad example at least.

    Raises:
        ValueError: Neither bad examples nor enough of a background are there.
    """
    if not len(good) or (not len(bad) and len(background) < FEWEST_BACKGROUND):
        raise ValueError("a probe takes a good example, and bad ones or a background to tell it from")
    # Every second one is kept out of the fit, to see where assets lie that it does not know.
    known, other = _Examples(good, bad, background[::2]), background[1::2]
    centre = np.mean(known.background if len(known.background) else bad, axis=0)
    plane = _Plane(centre, _basis(np.concatenate([good, bad, known.background]) - centre))
    direction = _direction(known, plane)
    held_good, held_bad = _held_out(known, plane)
    unknown = np.asarray(other @ direction, dtype=np.float64)
    others = np.concatenate([held_bad, unknown])
    floor, typical = _floor(unknown, held_bad), float(np.median(held_good))
    threshold = max(floor, (floor + typical) / 2.0)
    return Probe(
        direction=direction,
        threshold=float(np.clip(threshold, -1.0, 1.0)),
        scale=max(typical - threshold, 2.0 * _spread(others), _NARROWEST),
        accuracy=_accuracy(held_good, others) if len(good) > 1 else None,
        separates=_outranks(held_good, others) >= _TELLS_APART,
    )


def _basis(rows: Rows) -> Rows:
    """Return an orthonormal basis of what rows span: a probe lies in it, and is found there many times as fast."""
    return np.asarray(np.linalg.qr(rows.T)[0], dtype=np.float32)


def _held_out(known: _Examples, plane: _Plane) -> tuple[Numbers, Numbers]:
    """Return the score of each good and each bad example, by the probe that was fitted without it."""
    examples = np.concatenate([known.good, known.bad])
    is_good = np.arange(len(examples)) < len(known.good)
    folds = np.arange(len(examples)) % _FOLDS
    scores = np.full(len(examples), np.nan)
    for fold in np.unique(folds):
        out = folds == fold
        left = _Examples(examples[~out & is_good], examples[~out & ~is_good], known.background)
        # A single good example is judged by the probe that it made: there is no other.
        left = left if len(left.good) and (len(left.bad) or len(left.background)) else known
        scores[out] = examples[out] @ _direction(left, plane)
    return scores[is_good], scores[~is_good]


def _direction(examples: _Examples, plane: _Plane) -> Rows:
    # Imported when first needed: scikit-learn takes about a second, and the plugin starts without it.
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    negatives = np.concatenate([examples.bad, examples.background])
    rows = (np.concatenate([examples.good, negatives]) - plane.centre) @ plane.basis
    answers = np.concatenate([np.ones(len(examples.good)), np.zeros(len(negatives))])
    model = LogisticRegression(C=_C, solver=_SOLVER, max_iter=_ROUNDS)
    model.fit(rows, answers, sample_weight=_weights(examples))
    weights = plane.basis @ model.coef_[0].astype(np.float32)
    length = float(np.linalg.norm(weights))
    # Examples that are all the same tell nothing; any direction is as good.
    told = weights / length if length > _SHORTEST else np.eye(1, len(weights))[0]
    return np.asarray(told, dtype=np.float32)


def _weights(examples: _Examples) -> Numbers:
    count = len(examples.good)
    shares = np.concatenate([np.full(len(examples.bad), _BAD), np.full(len(examples.background), 1.0)])
    # A bad example weighs as much as two good ones; the background, as much as all good ones together.
    shares[len(examples.bad) :] *= count / max(1, len(examples.background))
    return np.concatenate([np.ones(count), shares])


def _floor(background: Numbers, bad: Numbers) -> float:
    """Return what nearly no unrelated asset reaches, and no bad example; -1 where there are neither."""
    floors: list[float] = [-1.0, *bad.tolist()]
    if len(background):
        floors.append(float(np.median(background)) + _DEVIATIONS * _spread(background))
    return max(floors)


def _spread(scores: Numbers) -> float:
    """Return the standard deviation of the unrelated ones: the few that are what is looked for do not change it."""
    if not len(scores):
        return 0.0
    apart = np.abs(scores - float(np.median(scores)))
    return _MAD_TO_DEVIATION * float(np.median(apart))


def _accuracy(good: Numbers, others: Numbers) -> float:
    """Return the balanced accuracy half-way between the typical of both."""
    if not len(others):
        return 1.0
    half_way = (float(np.median(good)) + float(np.median(others))) / 2.0
    return float(np.mean(good >= half_way) + np.mean(others < half_way)) / 2.0


def _outranks(good: Numbers, others: Numbers) -> float:
    """Return how often a good one lies above another (the area under the ROC curve)."""
    return float(np.mean(good[:, None] > others[None, :])) if len(others) else 1.0
