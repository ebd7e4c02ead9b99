"""What people are shown of a document. Who may see it and where its bytes are is nobody's business.

The documents come whole and are cut here: to let Elasticsearch cut them took as long again as to read them.
"""

from collections.abc import Mapping
from typing import Any

SHOWN = (
    "asset_id",
    "revision",
    "source",
    "kind",
    "mime_type",
    "sha256",
    "byte_size",
    "width",
    "height",
    "duration_s",
    "pages",
    "title",
    "caption",
    "generated_caption",
    "description",
    "filename",
    "language",
    "tags",
    "collections",
    "creator",
    "rights",
    "created_at",
    "modified_at",
    "indexed_at",
    "attributes",
)
_PROBLEM = ("stage", "error")


def shown(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of a document; of a problem its stage and its name, for its message may tell a path."""
    asset = {name: source[name] for name in SHOWN if name in source}
    if "problem" in source:
        asset["problem"] = {name: source["problem"][name] for name in _PROBLEM if name in source["problem"]}
    return asset
