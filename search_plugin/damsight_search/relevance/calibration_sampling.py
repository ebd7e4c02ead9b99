"""What a calibration is made from: assets drawn at random from the index, with their vectors and their words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from damsight_schemas.search import Leg
from damsight_search.ports import Body, Found, SearchIndex
from damsight_search.vectors.gathered import LEG_FIELDS

SAMPLED = 1024
"""Assets a leg: the spread of a query's background is then known to about 2 % (1 / sqrt(2 * 1024))."""

MOST_FRAMES = 16
"""Of one asset; a long film would otherwise stand for the whole library."""

SEED = 20261121
_PAGE = 128
_TEXTS = ("title", "caption", "generated_caption", "tags")


@dataclass(frozen=True, slots=True)
class DrawnAsset:
    """One asset of a sample.

    Attributes:
        vectors: Shape (parts, dimensions), L2-normalised: one part, or in the frame leg one or more.
        texts: Its title, its caption and each of its tags.
    """

    asset_id: str
    vectors: NDArray[np.float32]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """The assets that were drawn for one leg.

    Attributes:
        population: How many assets have the leg's vector.
        generation: The physical index that they came from.
    """

    drawn: tuple[DrawnAsset, ...]
    population: int
    generation: str


def draw(
    index: SearchIndex,
    leg: Leg,
    *,
    size: int = SAMPLED,
    seed: int = SEED,
    timeout: str,
    on_progress: Callable[[str, int, int], None],
) -> Sample:
    """Draw assets that have a leg's vector, each as likely as any other, in pages.

    Raises:
        SearchTimeoutError: A page did not come in time.
        SearchUnavailableError: The index does not answer.
    """
    drawn: dict[str, DrawnAsset] = {}
    population, generation = 0, ""
    for start in range(0, size, _PAGE):
        answer = index.search(sample_body(leg, start=start, size=min(_PAGE, size - start), seed=seed, timeout=timeout))
        population, generation = answer.total, answer.generation or generation
        for found in answer.found:
            vectors = _vectors(found, leg)
            if len(vectors):
                drawn[found.asset_id] = DrawnAsset(found.asset_id, vectors, tuple(_texts(found)))
        on_progress(f"{leg}: sampling assets", len(drawn), min(size, population))
        if not answer.found:
            break
    return Sample(tuple(drawn.values()), population, generation)


def counting_body(*, timeout: str) -> Body:
    """Return the body that tells which generation answers, and how many assets it holds."""
    return {
        "size": 1,
        "timeout": timeout,
        "stored_fields": "_none_",
        "docvalue_fields": ["asset_id"],
        "track_total_hits": True,
        "query": {"match_all": {}},
    }


def sample_body(leg: Leg, *, start: int, size: int, seed: int, timeout: str) -> Body:
    """Return the body that brings a page of assets in an order that the seed draws."""
    path = "frames.vector" if leg == "frame" else LEG_FIELDS[leg]
    has = {"nested": {"path": "frames", "query": {"exists": {"field": path}}}} if leg == "frame" else _exists(path)
    return {
        "from": start,
        "size": size,
        "timeout": timeout,
        "track_total_hits": True,
        # Vectors are left out of _source by default.
        "_source": {"includes": ["asset_id", *_TEXTS, path], "exclude_vectors": False},
        "query": {
            "function_score": {
                "query": {"bool": {"filter": [has]}},
                "random_score": {"seed": seed, "field": "_seq_no"},
                "boost_mode": "replace",
            }
        },
    }


def _exists(field: str) -> dict[str, Any]:
    return {"exists": {"field": field}}


def _vectors(found: Found, leg: Leg) -> NDArray[np.float32]:
    if leg == "frame":
        frames: Sequence[Mapping[str, Any]] = found.source.get("frames", [])
        rows = [frame["vector"] for frame in frames if "vector" in frame]
        # Evenly over the whole, so that the beginning of a film does not stand for it.
        rows = rows[:: max(1, -(-len(rows) // MOST_FRAMES))]
    else:
        rows = [found.source[LEG_FIELDS[leg]]] if LEG_FIELDS[leg] in found.source else []
    return np.asarray(rows, dtype=np.float32)


def _texts(found: Found) -> Iterator[str]:
    for name in _TEXTS:
        held = found.source.get(name) or ()
        yield from (text.strip() for text in ([held] if isinstance(held, str) else held) if text.strip())
