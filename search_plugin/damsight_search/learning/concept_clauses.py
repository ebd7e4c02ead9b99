"""What holds for the assets that meet a concept, as an Elasticsearch clause. Pure.

A linear probe is a floor under a dot product, so a ``knn`` clause with ``similarity`` asks for it: the nearest to the
probe's direction, down to the floor. It is bounded: the nearest `MOST` of each part of the index are looked at.
"""

import math
from collections.abc import Sequence

from damsight_schemas.space import Similarity
from damsight_search.bodies import packed
from damsight_search.conditions.filters import Clause
from damsight_search.learning.probe import Probe
from damsight_search.ports import Body

MOST = 5000
"""Assets that a concept brings at most, of each part of the index: twice as many cost about twice the time."""

MEETING = "meeting"


def meeting(probe: Probe, permitted: Sequence[Clause], similarity: Similarity) -> Clause:
    """Return what holds for permitted assets that meet a probe.

    Hidden ones are kept out of the nearest themselves: otherwise they would take the places of others.
    """
    return {
        "knn": {
            "field": "image_vector",
            "query_vector": packed(probe.direction),
            "k": MOST,
            "num_candidates": MOST,
            "similarity": _floor(probe.threshold, similarity),
            "filter": {"bool": {"filter": list(permitted)}},
        }
    }


def within(generation: str, clause: Clause, *, wanted: bool) -> Clause:
    """Return a clause, or its opposite, that holds in one generation alone: another may hold another model's vectors.

    Args:
        generation: The physical index; empty where nothing is there at all.
        clause: From `meeting`.
        wanted: False for those that do not meet it.
    """
    guard: list[Clause] = [{"term": {"_index": generation}}] if generation else []
    if wanted:
        return {"bool": {"filter": [*guard, clause]}}
    return {"bool": {"filter": guard, "must_not": [clause]}}


def counting_body(clause: Clause, permitted: Sequence[Clause], *, timeout: str) -> Body:
    """Return the body that counts how many permitted assets meet a clause, and tells which generation answers."""
    return {
        "size": 1,
        "timeout": timeout,
        "track_total_hits": False,
        "stored_fields": "_none_",
        "docvalue_fields": ["asset_id"],
        "query": {"bool": {"filter": list(permitted)}},
        "aggs": {MEETING: {"filter": clause}},
    }


def _floor(cosine: float, similarity: Similarity) -> float:
    """Return the least similarity as Elasticsearch takes it; for l2_norm it is the largest distance."""
    return math.sqrt(max(0.0, 2.0 - 2.0 * cosine)) if similarity == "l2_norm" else cosine
