"""What the neighbours of a hit say: relevant assets lie near one another, chance hits lie anywhere. Pure, for benches.

The cluster hypothesis (van Rijsbergen 1979) as a regularised score (Diaz, Regularizing query-based retrieval scores,
Information Retrieval 2007): to a hit's evidence that of the hits with the nearest caption vectors is added. Only hits
of the same search are neighbours, so that no asset which the asker may not see takes a place among them.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from damsight_cli.evaluation.asking import Asked
from damsight_search.relevance.fusion import Candidate, relevance_of

NEAREST = 10
Vectors = Mapping[str, NDArray[np.float32]]


def evidence_of(one: Candidate) -> float:
    """Return a hit's evidence in nats, the legs weighing alike; without bound where a leg says that it is exact."""
    if any(seen.leg == "exact" for seen in one.legs):
        return math.inf
    return sum(seen.evidence or 0.0 for seen in one.legs)


def support(one: Asked, captions: Vectors) -> NDArray[np.float64]:
    """Return the mean evidence, in nats, of each hit's nearest hits, in the order of the candidates. Shape (hits,).

    Args:
        one: A query with what the legs said of its hits.
        captions: By asset; shape (dimensions,), of length 1 after the mean of all was subtracted.
    """
    count = min(NEAREST, len(one.candidates) - 1)
    if count < 1:
        return np.zeros(len(one.candidates))
    vectors = np.stack([captions[hit.asset_id] for hit in one.candidates])
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -2.0)
    nearest = np.argpartition(-alike, count - 1, axis=1)[:, :count]
    spoken = np.array([sum(seen.evidence or 0.0 for seen in hit.legs) for hit in one.candidates])
    return np.asarray(spoken[nearest].mean(axis=1), dtype=np.float64)


def with_neighbours(one: Asked, captions: Vectors, weight: float) -> dict[str, float]:
    """Return each hit's relevance with its neighbours' evidence, so weighed, beside its own."""
    told = support(one, captions)
    return {
        hit.asset_id: relevance_of(evidence_of(hit) + weight * float(said), hit.among or 0.0)
        for hit, said in zip(one.candidates, told, strict=True)
    }


def centred(vectors: Vectors) -> dict[str, NDArray[np.float32]]:
    """Return the vectors without their mean, of length 1."""
    every = np.stack(list(vectors.values()))
    rest = every - every.mean(axis=0)
    rest /= np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9)
    return dict(zip(vectors, rest.astype(np.float32), strict=True))
