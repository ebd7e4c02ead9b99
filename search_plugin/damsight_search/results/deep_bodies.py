"""The bodies of listings without an end. Data in, data out."""

from collections.abc import Sequence
from typing import Any

from damsight_search.bodies import search_body
from damsight_search.plan import Plan
from damsight_search.ports import Body
from damsight_search.results.page_bodies import browse_order

KEPT = "5m"
"""How long a view of the index is kept after it was last used."""

# A view has a tiebreaker of its own behind ours. Ids are ties' end already, so we go on behind all of an id's.
_LAST_DOC = 2**63 - 1


def deep_body(plan: Plan, *, also: Sequence[str], after: Sequence[Any], view: str, size: int, timeout: str) -> Body:
    """Return the body that lists ids in the plan's order, from a place on.

    Args:
        plan: Without vector legs.
        also: Assets that belong to what is listed though the words do not match them.
        after: The two sort values of the last that was told.
        view: Of the index; without one, the index as it is now.
        size: How many.
        timeout: As Elasticsearch writes it.
    """
    order = [_order(plan), {"asset_id": "asc"}]
    body: Body = {
        "size": size,
        "timeout": timeout,
        "track_total_hits": False,
        "stored_fields": "_none_",
        "docvalue_fields": ["asset_id"],
        "query": {"bool": {"filter": list(plan.filters)}},
        "sort": [*order, {"_shard_doc": "asc"}] if view else order,
    }
    if plan.text:
        words = search_body(plan, timeout=timeout)
        body |= {name: words[name] for name in ("query", "aggs") if name in words}
    if also:
        body["query"] = {
            "bool": {
                "filter": list(plan.filters),
                "minimum_should_match": 1,
                "should": [{"ids": {"values": list(also)}}, body["query"]],
            }
        }
    if view:
        body["pit"] = {"id": view, "keep_alive": KEPT}
    if after:
        body["search_after"] = [*after, *([_LAST_DOC] if view else [])]
    return body


def _order(plan: Plan) -> dict[str, Any]:
    if plan.text and plan.sort.by == "relevance":
        return {"_score": "desc"}
    return browse_order(plan.sort)
