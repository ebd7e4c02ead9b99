"""The smaller bodies: a page's documents, browsing, stored vectors, suggestions. Data in, data out."""

from collections.abc import Sequence
from typing import Any

from damsight_schemas.search import Sort
from damsight_schemas.space import VECTOR_FIELDS
from damsight_search.bodies import packed, sort_field
from damsight_search.conditions.filters import Clause, permitted
from damsight_search.ports import Body, Vector
from damsight_search.principal import Principals
from damsight_search.words.highlights import highlight
from damsight_search.words.wording import NOTHING, Wording

VECTORS = ("asset_id", "kind", "uri", "preview", *VECTOR_FIELDS)
"""Of an asset to be like: its vectors, and where its picture is, for a part of it."""
# All the words of a document, and its frames' vectors, are large, and a page shows neither.
_NOT_SHOWN = ("ocr", "frames")


def documents_body(
    ids: Sequence[str],
    principals: Principals,
    *,
    wording: Wording = NOTHING,
    phrases: Sequence[str] = (),
    timeout: str,
) -> Body:
    """Return the body that brings these assets' documents, where the principals may see them.

    Args:
        ids: At most a page of them.
        principals: Who asks: rights are checked anew, for a window may be older than a change of rights.
        wording: Words to mark in the text fields.
        phrases: Words to mark where they stand together.
        timeout: As Elasticsearch writes it.
    """
    body: Body = {
        "size": len(ids),
        "timeout": timeout,
        "track_total_hits": False,
        "_source": {"excludes": list(_NOT_SHOWN)},
        "query": {"bool": {"filter": [*permitted(principals), {"ids": {"values": list(ids)}}]}},
    }
    if wording.words or phrases:
        body["highlight"] = highlight(wording, phrases)
    return body


def best_parts(ids: Sequence[str], principals: Principals, looked: Vector) -> Body:
    """Return what to add to `documents_body`, to tell which frame, page or slice of each shows most of a look."""
    nearest = {
        "field": "frames.vector",
        "query_vector": packed(looked),
        "k": len(ids),
        "num_candidates": len(ids),
        "filter": {"bool": {"filter": [*permitted(principals), {"ids": {"values": list(ids)}}]}},
        "inner_hits": {
            "size": 1,
            "_source": False,
            "stored_fields": "_none_",
            "docvalue_fields": ["frames.kind", "frames.number", "frames.seconds"],
        },
    }
    return {"knn": [nearest]}


def vectors_body(ids: Sequence[str], principals: Principals, *, fields: Sequence[str] = VECTORS, timeout: str) -> Body:
    """Return the body that brings these assets' vectors, where the principals may see them."""
    body = documents_body(ids, principals, timeout=timeout)
    # Vectors are left out of _source by default.
    return {**body, "_source": {"includes": list(fields), "exclude_vectors": False}}


def browse_body(
    filters: Sequence[Clause],
    sort: Sort,
    *,
    size: int,
    after: Sequence[Any] = (),
    timeout: str,
) -> Body:
    """Return the body that lists what passes the filters, a page at a time; ties go by the id."""
    body: Body = {
        "size": size,
        "timeout": timeout,
        "track_total_hits": not after,
        "query": {"bool": {"filter": list(filters)}},
        "sort": [browse_order(sort), {"asset_id": "asc"}],
    }
    if after:
        body["search_after"] = list(after)
    return body


def suggest_body(typed: str, principals: Principals, *, size: int, timeout: str) -> Body:
    """Return the body that brings titles and tags with words that begin as somebody types, then those that are alike.

    No clause is bounded by how many of the index's terms fit, for hidden assets' terms would take the places of others.
    """
    alike = {"query": typed, "operator": "and", "fuzziness": "AUTO:4,99", "prefix_length": 1}
    return {
        "size": size,
        "timeout": timeout,
        "track_total_hits": False,
        "_source": {"includes": ["asset_id", "title", "tags"]},
        "sort": [{"_score": "desc"}, {"asset_id": "asc"}],
        "query": {
            "bool": {
                "filter": permitted(principals),
                "must": [
                    {
                        "dis_max": {
                            "queries": [
                                _scored(5, {"prefix": {"title.folded": {"value": typed}}}),
                                _scored(4, {"prefix": {"tags.folded": {"value": typed}}}),
                                *(
                                    _scored(3, {"match_bool_prefix": {name: {"query": typed, "operator": "and"}}})
                                    for name in ("title", "tags.words")
                                ),
                                *(
                                    _scored(1, {"match": {name: {**alike, "fuzzy_rewrite": "constant_score"}}})
                                    for name in ("title", "tags.words")
                                ),
                            ]
                        }
                    }
                ],
            }
        },
    }


def _scored(score: float, clause: Clause) -> Clause:
    return {"constant_score": {"filter": clause, "boost": score}}


def browse_order(sort: Sort) -> dict[str, Any]:
    """Return the order of what is only filtered; what has no value comes last."""
    if sort.by == "title":
        return {str(sort_field("title")): {"order": sort.order, "missing": "_last"}}
    # Nothing is more relevant than another here, so relevance means the newest first.
    order = sort.order if sort.by == "created_at" else "desc"
    return {"created_at": {"order": order, "missing": "_last"}}
