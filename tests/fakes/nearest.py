"""The vector legs of a body, executed over documents in memory: exact, with scores as Elasticsearch makes them."""

import base64
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from damsight_schemas.space import Similarity
from damsight_search.ports import Part
from fakes.clauses import Document, matches


class Near(NamedTuple):
    """A document that a leg brings.

    Attributes:
        score: Boost included.
    """

    document: Document
    score: float
    part: Part | None


def nearest(documents: list[Document], leg: dict[str, Any], similarity: Similarity) -> list[Near]:
    """Return the k nearest that pass the leg's filter."""
    asked = unpacked(leg["query_vector"])
    near = [
        Near(document, score * leg.get("boost", 1.0), part)
        for document in documents
        if matches(document, leg["filter"])
        for score, part in _best(document, leg["field"], asked, similarity)
    ]
    return sorted(near, key=lambda one: (-one.score, one.document["asset_id"]))[: leg["k"]]


def best_part(document: Document, leg: dict[str, Any], similarity: Similarity) -> Near | None:
    """Return what the leg's inner hits tell of a hit, whichever leg brought it; none where it has no part."""
    asked = unpacked(leg["query_vector"])
    told = [
        Near(document, score * leg.get("boost", 1.0), part)
        for score, part in _best(document, leg["field"], asked, similarity)
    ]
    return told[0] if told else None


def unpacked(vector: str) -> Any:
    """Return a vector from base64 of big-endian float32."""
    return np.frombuffer(base64.b64decode(vector), dtype=">f4").astype(np.float32)


def _best(document: Document, field: str, asked: Any, similarity: Similarity) -> Iterator[tuple[float, Part | None]]:
    path, _, name = field.rpartition(".")
    if not path:
        if name in document:
            yield _score(asked, unpacked(document[name]), similarity), None
        return
    scored = [(_score(asked, unpacked(one[name]), similarity), one) for one in document.get(path, [])]
    if scored:
        score, best = max(scored, key=lambda pair: pair[0])
        yield score, Part(best["kind"], best["number"], best.get("seconds"))


def _score(asked: Any, stored: Any, similarity: Similarity) -> float:
    if similarity == "l2_norm":
        return float(1 / (1 + np.sum((asked - stored) ** 2)))
    return float((1 + asked @ stored) / 2)
