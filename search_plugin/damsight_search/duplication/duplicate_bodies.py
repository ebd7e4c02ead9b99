"""The bodies that look for duplicates. Data in, data out."""

from collections.abc import Sequence
from typing import Any

from damsight_schemas.perceptual_hash import bands_of
from damsight_search.conditions.filters import Clause
from damsight_search.duplication.fingerprints import DOC_VALUES, Fingerprint
from damsight_search.ports import Body
from damsight_search.results.shown import SHOWN

IDS_AND_VALUES: dict[str, Any] = {"stored_fields": "_none_", "docvalue_fields": ["asset_id", *DOC_VALUES]}


def everybodys() -> list[Clause]:
    """Return what holds for every asset, whoever may see it: for the operator alone."""
    return [{"term": {"deleted": False}}]


def scan_body(filters: Sequence[Clause], *, size: int, after: Sequence[Any], timeout: str) -> Body:
    """Return the body that reads fingerprints through an index, by the ids."""
    body: Body = {
        "size": size,
        "timeout": timeout,
        "track_total_hits": not after,
        "query": {"bool": {"filter": list(filters)}},
        "sort": [{"asset_id": "asc"}],
        **IDS_AND_VALUES,
    }
    if after:
        body["search_after"] = list(after)
    return body


def alike_body(asset_id: str, known: Fingerprint, filters: Sequence[Clause], *, size: int, timeout: str) -> Body:
    """Return the body that brings what may be the same as an asset, with the most pieces in common first."""
    pieces = bands_of(known.perceptual_hash) if known.perceptual_hash else []
    shared = [_scored({"term": {"perceptual_bands": piece}}, 1) for piece in pieces]
    # The same bytes come before any looks.
    exact = [_scored({"term": {"sha256": known.sha256}}, 2 * len(pieces) + 1)] if known.sha256 else []
    return {
        "size": size,
        "timeout": timeout,
        "track_total_hits": True,
        "query": {
            "bool": {
                "filter": list(filters),
                "must_not": [{"terms": {"asset_id": [asset_id]}}],
                "minimum_should_match": 1,
                "should": [*exact, *shared],
            }
        },
        **IDS_AND_VALUES,
    }


def image_vectors_body(
    ids: Sequence[str], filters: Sequence[Clause], *, with_documents: bool = False, timeout: str
) -> Body:
    """Return the body that brings these assets' image vectors, and their documents where they are wanted."""
    named = (*SHOWN, "problem", "perceptual_hash") if with_documents else ("asset_id",)
    return {
        "size": len(ids),
        "timeout": timeout,
        "track_total_hits": False,
        "query": {"bool": {"filter": [*filters, {"ids": {"values": list(ids)}}]}},
        # Vectors are left out of _source by default.
        "_source": {"includes": [*named, "image_vector"], "exclude_vectors": False},
    }


def _scored(clause: Clause, boost: float) -> Clause:
    return {"constant_score": {"filter": clause, "boost": boost}}
