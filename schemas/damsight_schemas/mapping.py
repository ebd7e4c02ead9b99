"""The index body as data, versioned. What the server offers decides the analysis; nothing is assumed."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from damsight_schemas.errors import SchemaMismatchError
from damsight_schemas.languages import ANALYSED, ANALYZERS, field_of
from damsight_schemas.space import IndexSpaces, Similarity, Space

SCHEMA_VERSION = 3
# The default of Elasticsearch from 384 dimensions; measured recall@10 .998 / .975 with oversample 3, more with 5.
OVERSAMPLE = 5.0
# bbq needs at least 64 dimensions; below that plain HNSW is exact enough and small anyway.
SMALLEST_FOR_BBQ = 64


class AnalysisCapabilities(BaseModel):
    """What the server can do with text, asked of it by a trial (damsight_index.capabilities).

    Attributes:
        folding: The token filter ``asciifolding`` is there: "cafe" finds "café".
        languages: As ISO 639-1 has them: of those that were asked for, those whose analyzer is there.
    """

    model_config = ConfigDict(frozen=True)

    folding: bool = False
    languages: tuple[str, ...] = ()


def index_body(
    spaces: IndexSpaces,
    capabilities: AnalysisCapabilities,
    *,
    shards: int = 1,
    replicas: int = 0,
) -> dict[str, Any]:
    """Return settings and mappings of one generation.

    ``_meta`` holds the schema's version and each vector field's space, so that vectors of two models never meet, and
    how they are compared, so that scores can be read. Text is compared without the index's statistics (``boolean``),
    which would tell of assets that the asker may not see.
    """
    return {
        "settings": {
            "index": {
                "number_of_shards": shards,
                "number_of_replicas": replicas,
                "gc_deletes": "1h",
                "dense_vector.hnsw_filter_heuristic": "fanout",
                "merge.scheduler.max_thread_count": 1,
            },
            "analysis": _analysis(capabilities),
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {
                "damsight": {
                    "schema": SCHEMA_VERSION,
                    "spaces": {field: space.model_dump(mode="json") for field, space in spaces.fields().items()},
                    "similarity": spaces.similarity,
                }
            },
            "properties": {**_text_fields(capabilities.languages), **_plain_fields(), **_vector_fields(spaces)},
        },
    }


def spaces_of(mapping_meta: dict[str, Any]) -> IndexSpaces:
    """Return the spaces that a mapping's ``_meta`` tells.

    Raises:
        pydantic.ValidationError: The ``_meta`` was not written by `index_body`.
    """
    told = mapping_meta.get("damsight", {})
    similarity = {"similarity": told["similarity"]} if "similarity" in told else {}
    return IndexSpaces.model_validate({**told.get("spaces", {}), **similarity})


def require_schema(mapping_meta: dict[str, Any], *, index: str) -> None:
    """Refuse to write into an index that was made by another version: its mapping is strict.

    Raises:
        SchemaMismatchError: The index holds another schema; both are named, with the way out.
    """
    held = mapping_meta.get("damsight", {}).get("schema")
    if held != SCHEMA_VERSION:
        raise SchemaMismatchError(
            f"index {index!r} has schema {held or 'unknown'} and this version of damsight writes {SCHEMA_VERSION}. "
            f"Build a new generation beside it with `damsight index create --generation`, fill it as that command "
            f"tells, and switch with `damsight index cutover`; searches go on meanwhile."
        )


def _analysis(capabilities: AnalysisCapabilities) -> dict[str, Any]:
    filters = ["lowercase", "asciifolding"] if capabilities.folding else ["lowercase"]
    return {
        "normalizer": {"fold": {"type": "custom", "filter": filters}},
        "analyzer": {"words": {"type": "custom", "tokenizer": "standard", "filter": filters}},
    }


def _words(analyzer: str = "words") -> dict[str, Any]:
    return {"type": "text", "analyzer": analyzer, "similarity": "boolean", "norms": False}


def _forms(languages: Sequence[str]) -> dict[str, Any]:
    return {field_of(language): _words(ANALYZERS[language]) for language in languages}


def _text_fields(languages: Sequence[str]) -> dict[str, Any]:
    folded = {"type": "keyword", "normalizer": "fold", "ignore_above": 1024}
    searched = ("title", "caption", "description", "generated_caption", "ocr", "filename_words")
    fields: dict[str, Any] = {name: {**_words(), "copy_to": "all", "fields": {}} for name in searched}
    for name in ("tags", "collections", "creator"):
        parts = {"words": _words(), "folded": folded}
        fields[name] = {"type": "keyword", "ignore_above": 8191, "copy_to": "all", "fields": parts}
    fields["title"]["fields"] = {"folded": folded}
    for name in ANALYSED:
        fields[name]["fields"] |= _forms(languages)
    fields["filename"] = {"type": "keyword", "normalizer": "fold", "ignore_above": 8191}
    fields["all"] = _words()
    return fields


def _plain_fields() -> dict[str, Any]:
    keyword = {"type": "keyword", "ignore_above": 8191}
    stored_only = {"type": "keyword", "index": False, "doc_values": False}
    return {
        "asset_id": {"type": "keyword", "fields": {"folded": {"type": "keyword", "normalizer": "fold"}}},
        "revision": {"type": "long"},
        "deleted": {"type": "boolean"},
        "acl": keyword,
        "source": keyword,
        "kind": keyword,
        "perceptual_hash": keyword,
        "perceptual_bands": keyword,
        "location": {"type": "geo_point"},
        "mime_type": keyword,
        "uri": stored_only,
        "sha256": keyword,
        "byte_size": {"type": "long"},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
        "duration_s": {"type": "float"},
        "pages": {"type": "integer"},
        "thumbnail": stored_only,
        "preview": stored_only,
        "language": keyword,
        "rights": keyword,
        "created_at": {"type": "date"},
        "modified_at": {"type": "date"},
        "indexed_at": {"type": "date"},
        "attributes": {"type": "flattened", "ignore_above": 8191},
        "problem": {"properties": {"stage": keyword, "error": keyword, "message": stored_only}},
    }


def _vector_fields(spaces: IndexSpaces) -> dict[str, Any]:
    fields: dict[str, Any] = {field: _vector(space, spaces.similarity) for field, space in spaces.fields().items()}
    if spaces.image_vector is None:
        return fields
    return {**fields, "frames": _frames(spaces.image_vector, spaces.similarity)}


def _frames(space: Space, similarity: Similarity) -> dict[str, Any]:
    return {
        "type": "nested",
        "properties": {
            "kind": {"type": "keyword"},
            "number": {"type": "integer"},
            "seconds": {"type": "float"},
            "vector": _vector(space, similarity),
        },
    }


def _vector(space: Space, similarity: Similarity) -> dict[str, Any]:
    options: dict[str, Any] = {"type": "hnsw"}
    if space.dimensions >= SMALLEST_FOR_BBQ:
        options = {"type": "bbq_hnsw", "rescore_vector": {"oversample": OVERSAMPLE}}
    return {
        "type": "dense_vector",
        "dims": space.dimensions,
        "element_type": "bfloat16",
        "similarity": similarity,
        "index": True,
        "index_options": options,
    }
