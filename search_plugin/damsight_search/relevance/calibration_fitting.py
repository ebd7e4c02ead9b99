"""Fits backgrounds to samples. Pure: vectors in, a calibration out.

Background queries have related assets in the sample too, for a title is about its own asset and its neighbours. So a
tail is fitted to the median over the queries of each quantile, which a related few do not move, and the asset that a
query was taken from is left out.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from damsight_search.relevance.calibration import Background, Reference, Vectors

FEWEST_ASSETS = 100
"""Of fewer, no tail can be told."""

FEWEST_QUERIES = 30
# One in so many unrelated pairs scores higher; and how many standard deviations that is of a normal distribution.
_TAIL = ((50, 2.0537), (100, 2.3263), (200, 2.5758), (500, 2.8782))


def make_reference(parts: Sequence[Vectors]) -> Reference:
    """Return a reference of assets, each given by its parts of shape (parts, dimensions)."""
    lengths = [len(part) for part in parts]
    starts = np.cumsum([0, *lengths[:-1]]).astype(np.intp)
    return Reference(np.concatenate(list(parts)).astype(np.float32), starts)


def fit_background(queries: Vectors, sources: NDArray[np.intp], reference: Reference) -> Background:
    """Fit one background.

    Args:
        queries: Shape (queries, dimensions), L2-normalised.
        sources: Shape (queries,): the asset of the reference that each was taken from; -1 where it is of none.
        reference: The assets that they are compared with.
    """
    centre = queries.mean(axis=0).astype(np.float32)
    rest = queries - centre
    centred = rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-6)
    cosines = np.stack([reference.cosines(query) for query in centred])
    own = sources >= 0
    cosines[np.flatnonzero(own), sources[own]] = np.nan
    means, spreads = np.nanmean(cosines, axis=1), np.nanstd(cosines, axis=1)
    deviations = (cosines - means[:, None]) / np.maximum(spreads[:, None], 1e-9)
    return Background(
        centre=centre,
        mean=float(means.mean()),
        spread=float(np.sqrt((spreads**2).mean())),
        stretch=_stretch(deviations),
    )


def _stretch(deviations: NDArray[np.float64]) -> float:
    ratios = [
        float(np.median(np.nanquantile(deviations, 1.0 - 1.0 / one_in, axis=1))) / normal
        for one_in, normal in _TAIL
        # A quantile needs some samples beyond it.
        if deviations.shape[1] >= 2 * one_in
    ]
    return max(1.0, *ratios) if ratios else 1.0
