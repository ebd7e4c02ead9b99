"""Reads stored image vectors, some at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from damsight_search.conditions.filters import Clause
from damsight_search.duplication.duplicate_bodies import image_vectors_body
from damsight_search.ports import SearchIndex, Vector

# A vector comes as decimal numbers, some 9 bytes for each dimension: 200 of 768 are 1.4 MB.
AT_ONCE = 200


def image_vectors(
    index: SearchIndex, ids: Sequence[str], filters: Sequence[Clause], *, timeout: str
) -> dict[str, Vector]:
    """Return the image vectors of these assets, by id; those without one, or that the filters hide, are left out.

    Raises:
        SearchTimeoutError: It did not end in time.
        SearchUnavailableError: Nothing answers.
    """
    vectors: dict[str, Vector] = {}
    for start in range(0, len(ids), AT_ONCE):
        body = image_vectors_body(ids[start : start + AT_ONCE], filters, timeout=timeout)
        for found in index.search(body).found:
            vector = image_vector_of(found.source)
            if vector is not None:
                vectors[found.asset_id] = vector
    return vectors


def image_vector_of(source: Mapping[str, Any]) -> Vector | None:
    """Return a document's image vector; none where it has none."""
    told = source.get("image_vector")
    return None if told is None else np.asarray(told, dtype=np.float32)
