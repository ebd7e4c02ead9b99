"""The smaller bodies: a page's documents, browsing, stored vectors, suggestions. Data in, data out."""

from collections.abc import Sequence
from typing import Any

from damsight_schemas.search import Sort
from damsight_search.bodies import COUNTED_EXACTLY, sort_field
from damsight_search.filters import Clause, permitted
from damsight_search.keyword_clauses import KEYWORD_FIELDS
from damsight_search.ports import Body
from damsight_search.principal import Principals

VECTORS = ("asset_id", "image_vector", "caption_vector")
_HIGHLIGHTED = tuple(name.partition("^")[0] for name in KEYWORD_FIELDS)
_FRAGMENTED = ("caption", "description", "generated_caption", "ocr")
_FRAGMENT = 160


def documents_body(ids: Sequence[str], principals: Principals, *, text: str = "", timeout: str) -> Body:
    """Return the body that brings these assets' documents, where the principals may see them.

    Args:
        ids: At most a page of them.
        principals: Who asks: rights are checked anew, for a window may be older than a change of rights.
        text: Words to mark in the text fields.
        timeout: As Elasticsearch writes it.
    """
    body: Body = {
        "size": len(ids),
        "timeout": timeout,
        "track_total_hits": False,
        "query": {"bool": {"filter": [*permitted(principals), {"ids": {"values": list(ids)}}]}},
    }
    if text:
        body["highlight"] = _highlight(text)
    return body


def vectors_body(ids: Sequence[str], principals: Principals, *, timeout: str) -> Body:
    """Return the body that brings these assets' vectors, where the principals may see them."""
    body = documents_body(ids, principals, timeout=timeout)
    # Vectors are left out of _source by default.
    return {**body, "_source": {"includes": list(VECTORS), "exclude_vectors": False}}


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
        "sort": [_browse_order(sort), {"asset_id": "asc"}],
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


def _browse_order(sort: Sort) -> dict[str, Any]:
    if sort.by == "title":
        return {str(sort_field("title")): {"order": sort.order, "missing": "_last"}}
    # Nothing is more relevant than another here, so relevance means the newest first.
    order = sort.order if sort.by == "created_at" else "desc"
    return {"created_at": {"order": order, "missing": "_last"}}


def _highlight(text: str) -> dict[str, Any]:
    fields: dict[str, Any] = {
        name: {"number_of_fragments": 2, "fragment_size": _FRAGMENT} if name in _FRAGMENTED else {}
        for name in _HIGHLIGHTED
    }
    return {
        "encoder": "html",
        "pre_tags": ["<mark>"],
        "post_tags": ["</mark>"],
        "number_of_fragments": 0,
        "highlight_query": {"multi_match": {"query": text, "fields": list(_HIGHLIGHTED)}},
        "fields": fields,
    }
