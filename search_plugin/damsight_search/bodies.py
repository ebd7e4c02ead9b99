"""Plans become Elasticsearch bodies: data in, data out. Golden files pin them (tests/unit/search/golden).

The boosts only order the window, so that each leg's full top k is in it: vector hits first, then exact matches, then
the words' best. The fusion divides them out and decides the order that people see.
"""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from damsight_search.conditions.filters import Clause
from damsight_search.plan import NEAREST, Plan, VectorLeg
from damsight_search.ports import Body, Vector
from damsight_search.results.relevant import unnamed
from damsight_search.words.keyword_clauses import exact_query, keyword_query, word_counts

VECTOR_BOOST = 1_000_000.0
EXACT_BOOST = 1_000.0
LEANING_BOOST = 1.0
"""Next to nothing beside the others: what the profile alone brings comes last, and is dropped."""

CANDIDATES = 200
"""A shard's, where vectors are kept whole. Of quantised ones it looks at five times k anyway (mapping.OVERSAMPLE): 500
candidates brought the same as 200. recall@10 of 100,000 assets is 0.99 and more under every filter (bench/recall.py).
"""
COUNTED_EXACTLY = 10_000
"""Beyond this many a total is told as "at least", unless facets count every match anyway."""


def search_body(plan: Plan, *, timeout: str) -> Body:
    """Return the one body that holds every leg, with a score a leg, ids alone, and the facets."""
    body: Body = {
        "size": plan.window,
        "timeout": timeout,
        "stored_fields": "_none_",
        "docvalue_fields": ["asset_id", *_sort_values(plan), *plan.doc_values],
        # Scores come in few steps. The index's own order among equals changes with replicas and with hidden assets.
        "sort": [{"_score": "desc"}, {"asset_id": "asc"}],
        "track_total_hits": True if plan.facets else COUNTED_EXACTLY,
    }
    if plan.text:
        body["query"] = words_clause(plan)
    if plan.vectors:
        body["knn"] = [_nearest(plan, leg) for leg in plan.vectors]
    if plan.leaning is not None:
        body["knn"] = [*body.get("knn", []), _leaning(plan, plan.leaning)]
    counting = word_counts(plan.wording) if "keyword" in plan.weights else {}
    if counting:
        body["aggs"] = counting
    return body


def packed(vector: Vector) -> str:
    """Return a vector as Elasticsearch takes it in a query: base64 of big-endian float32."""
    return base64.b64encode(np.asarray(vector, dtype=">f4").tobytes()).decode()


def words_clause(plan: Plan) -> Clause:
    """Return what the text legs match, each leg and word by its name."""
    legs = []
    if "exact" in plan.weights:
        legs.append({"bool": {"_name": "exact", "boost": EXACT_BOOST, "must": [exact_query(plan.wording.whole)]}})
    if "keyword" in plan.weights:
        legs.append({"bool": {"_name": "keyword", "must": [keyword_query(plan.wording)]}})
    return {
        "bool": {"filter": list(plan.filters), "minimum_should_match": 1, "should": legs, **_without(plan.excluded)}
    }


def _nearest(plan: Plan, leg: VectorLeg) -> dict[str, Any]:
    return {
        "field": leg.path,
        "query_vector": packed(leg.vector),
        "k": NEAREST,
        "num_candidates": CANDIDATES,
        "filter": {"bool": {"filter": list(plan.filters), **_without(plan.excluded)}},
        "boost": VECTOR_BOOST,
        # Named scores do not work on nested fields: the frame leg's is what the others leave of the whole.
        **({} if leg.leg == "frame" else {"_name": leg.leg}),
    }


def _leaning(plan: Plan, leg: VectorLeg) -> dict[str, Any]:
    """Return the leg that orders what the others bring: it looks among that alone, and counts for next to nothing."""
    others = [
        {"knn": {name: told for name, told in _nearest(plan, one).items() if name not in ("boost", "_name")}}
        for one in plan.vectors
        # A part of an asset stands in documents of its own.
        if one.leg != "frame"
    ]
    ways = [*([unnamed(words_clause(plan))] if plan.text else []), *others]
    among = {"should": ways, "minimum_should_match": 1} if ways else {}
    return {
        "field": leg.path,
        "query_vector": packed(leg.vector),
        "k": plan.window,
        "num_candidates": max(CANDIDATES, plan.window),
        "filter": {"bool": {"filter": list(plan.filters), **_without(plan.excluded), **among}},
        "boost": LEANING_BOOST,
        "_name": leg.leg,
    }


def _without(excluded: Sequence[str]) -> Clause:
    return {"must_not": [{"terms": {"asset_id": list(excluded)}}]} if excluded else {}


def _sort_values(plan: Plan) -> list[Any]:
    return [sort_field(plan.sort.by)] if plan.sort.by != "relevance" else []


def sort_field(by: str) -> Any:
    """Return the doc value that orders by title or by time."""
    return "title.folded" if by == "title" else {"field": "created_at", "format": "epoch_millis"}
