"""Scales of many vectors, read at once: linear between their points, level beyond the last. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from damsight_consumer.standing.postings import Numbers

Points = Sequence[tuple[float, float]]


class Scales:
    """One scale a row.

    Args:
        scales: Points (cosine, what it says), rising in both; at least one each.
    """

    def __init__(self, scales: Sequence[Points]) -> None:
        most = max((len(points) for points in scales), default=1)
        # The last point again, until all rows are as long: level beyond it.
        padded = np.asarray([[*points, *[points[-1]] * (most - len(points))] for points in scales], dtype=np.float64)
        self._cosines, self._said = padded[..., 0], padded[..., 1]

    def at(self, rows: Numbers, cosines: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return what cosines say, each on its row's scale; none of them below the row's first point.

        Args:
            rows: Shape (n,).
            cosines: Shape (n,).
        """
        xs, ys = self._cosines[rows], self._said[rows]
        above = np.clip((xs <= cosines[:, None]).sum(axis=1), 1, max(1, xs.shape[1] - 1))
        line = np.arange(len(rows))
        high = np.minimum(above, xs.shape[1] - 1)
        x0, x1, y0, y1 = xs[line, above - 1], xs[line, high], ys[line, above - 1], ys[line, high]
        width = x1 - x0
        share = np.divide(cosines - x0, width, out=np.zeros(len(rows)), where=width > 0)
        return np.asarray(y0 + np.clip(share, 0.0, 1.0) * (y1 - y0), dtype=np.float64)
