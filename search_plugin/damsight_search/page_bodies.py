"""The smaller bodies: a page's documents, browsing, stored vectors, suggestions. Data in, data out."""

from collections.abc import Sequence
from typing import Any

from damsight_schemas.search import Sort
from damsight_schemas.space import VECTOR_FIELDS
from damsight_search.bodies import COUNTED_EXACTLY, sort_field
from damsight_search.filters import Clause, permitted
from damsight_search.highlights import highlight
from damsight_search.ports import Body
from damsight_search.principal import Principals
from damsight_search.wording import NOTHING, Wording

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


def vectors_body(
    ids: Sequence[str], principals: Principals, *, fields: Sequence[str] = VECTORS, timeout: str
) -> Body:
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
    facets: dict[str, Any] | None = None,
    timeout: str,
) -> Body:
    """Return the body that lists what passes the filters, a page at a time; ties go by the id."""
    body: Body = {
        "size": size,
        "timeout": timeout,
        "track_total_hits": True if facets or not after else COUNTED_EXACTLY,
        "query": {"bool": {"filter": list(filters)}},
        "sort": [browse_order(sort), {"asset_id": "asc"}],
    }
    if after:
        body["search_after"] = list(after)
    if facets:
        body["aggs"] = facets
    return body


def suggest_body(start: str, principals: Principals, *, size: int, timeout: str) -> Body:
    """Return the body that brings titles and tags with a word that begins as somebody types."""
    return {
        "size": size,
        "timeout": timeout,
        "track_total_hits": False,
        "_source": {"includes": ["asset_id", "title", "tags"]},
        "query": {
            "bool": {
                "filter": permitted(principals),
                "minimum_should_match": 1,
                "should": [
                    {"prefix": {"title.folded": {"value": start, "boost": 4}}},
                    {"prefix": {"tags.folded": {"value": start, "boost": 2}}},
                    {"match_phrase_prefix": {"title": {"query": start}}},
                    {"match_phrase_prefix": {"tags.words": {"query": start}}},
                ],
            }
        },
    }


def browse_order(sort: Sort) -> dict[str, Any]:
    """Return the order of what is only filtered; what has no value comes last."""
    if sort.by == "title":
        return {str(sort_field("title")): {"order": sort.order, "missing": "_last"}}
    # Nothing is more relevant than another here, so relevance means the newest first.
    order = sort.order if sort.by == "created_at" else "desc"
    return {"created_at": {"order": order, "missing": "_last"}}
