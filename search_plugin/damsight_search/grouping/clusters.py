"""Puts vectors into groups, and onto a map. Pure; the same vectors give the same answer.

Sources: k-means with k-means++ (Arthur and Vassilvitskii, 2007) on unit vectors; the number of groups by the mean
silhouette (Rousseeuw, 1987); the map by principal components, with their signs settled.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
"""Shape (n, dimensions)."""

_SEED = 0
_STARTS = 4
# k-means is as good in these many principal components, and several times as quick.
_COMPONENTS = 32
_FEWEST = 4
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Clusters:
    """Groups of rows.

    Attributes:
        labels: Shape (n,), each row's group from 0; 0 is the largest.
        apart: Shape (n,), each row's distance from its group's centre.
        count: Of the groups.
    """

    labels: NDArray[np.int64]
    apart: NDArray[np.float64]
    count: int


def clustered(rows: Rows, *, fewest: int, most: int) -> Clusters:
    """Return the groups; fewer, or one, where there are too few rows that differ.

    Args:
        rows: At least one.
        fewest: Of the groups.
        most: Of the groups; between the two the best number is taken, as far as a group has as many members as there
            are groups: the silhouette alone would go on to pairs of twins.
    """
    units = _units(rows)
    # A silhouette needs a group of two at least, and equal rows cannot be set apart.
    most = min(most, max(fewest, math.isqrt(len(units))), len(np.unique(units, axis=0)), len(units) - 1)
    if len(units) < _FEWEST or most <= 1:
        return _told(units, np.zeros(len(units), dtype=np.int64))
    return _told(units, _best(_components(units, _COMPONENTS), min(fewest, most), most))


def placed(rows: Rows) -> NDArray[np.float64]:
    """Return a place for each row, shape (n, 2), each coordinate from 0 to 1."""
    plane = _components(_units(rows), 2)
    plane = np.hstack([plane, np.zeros((len(plane), 2 - plane.shape[1]))])
    least, span = plane.min(axis=0), np.ptp(plane, axis=0)
    scaled: NDArray[np.float64] = np.where(span > 0, (plane - least) / np.where(span > 0, span, 1.0), 0.5)
    return np.round(scaled, _DIGITS)


def _told(units: NDArray[np.float64], labels: NDArray[np.int64]) -> Clusters:
    """Return the groups with the largest first; of equal ones the one whose first row comes first."""
    found, firsts, sizes = np.unique(labels, return_index=True, return_counts=True)
    order = np.lexsort((firsts, -sizes))
    renamed = np.empty(len(found), dtype=np.int64)
    renamed[order] = np.arange(len(found))
    labels = renamed[np.searchsorted(found, labels)]
    centres = np.stack([units[labels == label].mean(axis=0) for label in range(len(found))])
    return Clusters(labels, np.linalg.norm(units - centres[labels], axis=1), len(found))


def _best(rows: NDArray[np.float64], fewest: int, most: int) -> NDArray[np.int64]:
    """Return the labels that set the rows apart best."""
    # It takes a second to import, and few searches ask for groups.
    from sklearn.cluster import KMeans  # noqa: PLC0415
    from sklearn.metrics import silhouette_score  # noqa: PLC0415
    from threadpoolctl import threadpool_limits  # noqa: PLC0415  scikit-learn's own

    # So little work is slower in several threads, and another search has use for them.
    with threadpool_limits(limits=1, user_api="openmp"):
        labelings = [
            KMeans(count, n_init=_STARTS, random_state=_SEED).fit_predict(rows).astype(np.int64)
            for count in range(fewest, most + 1)
        ]
        worth = [round(float(silhouette_score(rows, labels)), 6) for labels in labelings]
    best: NDArray[np.int64] = labelings[int(np.argmax(worth))]
    return best


def _units(rows: Rows) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1.0)


def _components(rows: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Return the first principal components' values; of each, the largest is positive, so that nothing is mirrored."""
    left, values, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    left, values = left[:, :most], values[:most]
    largest = left[np.argmax(np.round(np.abs(left), 9), axis=0), np.arange(left.shape[1])]
    values_of: NDArray[np.float64] = left * np.where(largest < 0, -1.0, 1.0) * values
    return values_of
