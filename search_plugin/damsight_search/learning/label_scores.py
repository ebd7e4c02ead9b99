"""Zero-shot tags: how sure it is that a label fits a picture, from their cosine alone. Pure.

CLIP classifies without training by comparing a picture with the words of each class (Radford et al. 2021,
arXiv:2103.00020). Its softmax shares certainty out among the labels and so always finds some; here a label competes
with its own background instead: the cosines that it has with a sample of assets, most of which do not show it. Each
label's cosine becomes a deviation from its own median, in its own spread, so that no label that is near to everything
is suggested for everything.

Of many labels some deviate by chance. Confidence is 1 - q, where q is the expected share of chance among the labels
that are suggested at least as surely (the false discovery rate: Benjamini and Hochberg 1995). The tail of what chance
does is heavier than a normal one; it is taken from the sample itself, whose right labels make it heavier still: the
confidence errs on the low side of what chance would do.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from damsight_search.learning.probe import Rows

Numbers = NDArray[np.float64]
FEWEST_ASSETS = 50
"""Of fewer, no background can be told."""

_MAD_TO_DEVIATION = 1.4826
_NARROWEST = 1e-6
_MOST_LIKELY = 0.01
# Of few labels the mean is one of them as much as what they share.
_FEWEST_TO_CENTRE = 20
_SHORTEST = 0.1
# A tail needs some of the sample beyond it; normal quantiles of one in so many.
_BEYOND = 5
# What lies farther out is no chance any more, but labels that are right and common.
_HEAVIEST = 1.6
_TAIL = ((100, 2.3263), (1_000, 3.0902), (10_000, 3.7190), (100_000, 4.2649))


@dataclass(frozen=True, slots=True)
class LabelBackground:
    """What labels score by chance.

    Attributes:
        directions: Shape (labels, dimensions), L2-normalised: what a label says beyond what all of them say.
        medians: Shape (labels,), of each label's dot products with the sample.
        spreads: Shape (labels,), their standard deviations.
        stretch: How much heavier the tail is than a normal one's; at least 1.
    """

    directions: Rows
    medians: Numbers
    spreads: Numbers
    stretch: float

    def confidences(self, vectors: Rows) -> Numbers:
        """Return how sure each label is to fit each picture, 0..1.

        Args:
            vectors: Shape (pictures, dimensions), L2-normalised.

        Returns:
            Shape (pictures, labels).
        """
        deviations = (vectors @ self.directions.T - self.medians) / (self.spreads * self.stretch)
        chance = chances(deviations)
        # Where many labels deviate a little together, as on a picture that is near to all words, none stands out.
        sure = np.where(chance <= _MOST_LIKELY, 1.0 - false_discoveries(chance), 0.0)
        return np.asarray(sure, dtype=np.float64)


def background_of(labels: Rows, sample: Rows) -> LabelBackground:
    """Return the background of labels.

    Args:
        labels: Their text vectors, shape (labels, dimensions), L2-normalised, one or more.
        sample: Image vectors of assets drawn at random; `FEWEST_ASSETS` or more.
    """
    directions = _centred(labels)
    scores = np.asarray(sample @ directions.T, dtype=np.float64)
    medians = np.median(scores, axis=0)
    # Where most of the sample scores the same, as drawings do, the median deviation is nothing.
    least = np.maximum(scores.std(axis=0) / 2.0, _NARROWEST)
    spreads = np.maximum(_MAD_TO_DEVIATION * np.median(np.abs(scores - medians), axis=0), least)
    return LabelBackground(directions, medians, spreads, _stretch((scores - medians) / spreads))


def chances(deviations: Numbers) -> Numbers:
    """Return the chance that a normal deviate is as large; the same shape."""
    return np.asarray(np.interp(deviations, _GRID, _CHANCES), dtype=np.float64)


def false_discoveries(chance: Numbers) -> Numbers:
    """Return each label's q-value among the labels of its picture, 0..1; shape (pictures, labels)."""
    order = np.argsort(chance, axis=1)
    count = chance.shape[1]
    raw = np.take_along_axis(chance, order, axis=1) * count / np.arange(1, count + 1)
    # What is less sure cannot be more often right: the least from the other end.
    falling = np.minimum.accumulate(raw[:, ::-1], axis=1)[:, ::-1]
    values = np.empty_like(falling)
    np.put_along_axis(values, order, np.minimum(falling, 1.0), axis=1)
    return values


def _centred(labels: Rows) -> Rows:
    if len(labels) < _FEWEST_TO_CENTRE:
        return labels
    rest = labels - labels.mean(axis=0)
    lengths = np.linalg.norm(rest, axis=1, keepdims=True)
    return np.asarray(np.where(lengths >= _SHORTEST, rest / np.maximum(lengths, _SHORTEST), labels), dtype=np.float32)


def _stretch(deviations: Numbers) -> float:
    ratios = [
        float(np.quantile(deviations, 1.0 - 1.0 / one_in)) / normal
        for one_in, normal in _TAIL
        if deviations.size >= _BEYOND * one_in
    ]
    return min(max(1.0, *ratios), _HEAVIEST) if ratios else 1.0


_GRID = np.arange(-8.0, 12.0, 0.01)
_CHANCES = np.array([0.5 * math.erfc(value / math.sqrt(2.0)) for value in _GRID])
