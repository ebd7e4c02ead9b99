"""What the hits should look like, as one query vector for ``image_vector``.

Words, an uploaded picture and the assets to be like are averaged; half the average of the assets and words to be
unlike is subtracted (Rocchio's relevance feedback, 1971, with beta 1 and gamma 0.5), and the result is normalised.
With nothing to be like, the nearest to the opposite of what is unwanted are found.
"""

from collections.abc import Sequence

import numpy as np

from damsight_search.ports import Vector

UNLIKE = 0.5
_NEGLIGIBLE = 1e-6


def combined(wanted: Sequence[Vector], unwanted: Sequence[Vector]) -> Vector | None:
    """Return the query vector; none where there is nothing to go by, or where wanted and unwanted cancel out."""
    total = _average(wanted) if wanted else None
    if unwanted:
        away = _average(unwanted)
        total = -away if total is None else total - UNLIKE * away
    if total is None:
        return None
    length = float(np.linalg.norm(total))
    if length < _NEGLIGIBLE:
        return None
    return (total / length).astype(np.float32)


def _average(vectors: Sequence[Vector]) -> Vector:
    average: Vector = np.mean(np.stack(vectors), axis=0, dtype=np.float32)
    return average
