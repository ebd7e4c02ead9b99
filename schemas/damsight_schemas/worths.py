"""How much a word says, by the field that it stands in: for what must weigh words outside of the server.

The search's own table is `damsight_search.words.keyword_clauses.WORTHS`; a test holds the two together.
"""

from collections.abc import Mapping
from types import MappingProxyType

FIELD_WORTHS: Mapping[str, float] = MappingProxyType(
    {
        "title": 1.0,
        "tags": 0.85,
        "caption": 0.7,
        "filename_words": 0.7,
        "collections": 0.5,
        "creator": 0.5,
        "description": 0.5,
        "generated_caption": 0.5,
        "ocr": 0.35,
    }
)
