"""A sample of other assets that somebody may see, with their image vectors: what anything special is told from."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from damsight_search.conditions.filters import Clause
from damsight_search.learning.probe import Rows
from damsight_search.ports import Body, SearchIndex
from damsight_search.vectors.image_vectors import image_vector_of

SAMPLED = 512
"""Half of them learn, the other half judge: what one in 200 reaches can then still be told."""

SEED = 20261121
_AT_ONCE = 256
HAS_PICTURE: Clause = {"exists": {"field": "image_vector"}}


def background_sample(index: SearchIndex, filters: Sequence[Clause], *, timeout: str, size: int = SAMPLED) -> Rows:
    """Return image vectors of permitted assets, drawn at random; shape (n, dimensions), n up to ``size``.

    The same assets give the same sample, whatever else the index holds.

    Raises:
        SearchTimeoutError: It did not end in time.
        SearchUnavailableError: The index does not answer.
    """
    rows: list[Any] = []
    for start in range(0, size, _AT_ONCE):
        answer = index.search(sample_body(filters, start=start, size=min(_AT_ONCE, size - start), timeout=timeout))
        rows += [vector for found in answer.found if (vector := image_vector_of(found.source)) is not None]
        if len(answer.found) + answer.refused < _AT_ONCE:
            break
    return np.stack(rows) if rows else np.zeros((0, 1), dtype=np.float32)


def sample_body(filters: Sequence[Clause], *, start: int, size: int, timeout: str) -> Body:
    """Return the body that brings a page of permitted assets in an order that the seed draws."""
    return {
        "from": start,
        "size": size,
        "timeout": timeout,
        "track_total_hits": False,
        # Vectors are left out of _source by default.
        "_source": {"includes": ["asset_id", "image_vector"], "exclude_vectors": False},
        "query": {
            "function_score": {
                "query": {"bool": {"filter": [*filters, HAS_PICTURE]}},
                # By the id: a document's sequence number would tell how many hidden ones were written before it.
                "random_score": {"seed": SEED, "field": "asset_id"},
                "boost_mode": "replace",
            }
        },
    }
