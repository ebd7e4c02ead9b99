"""Which words are marked in a page's documents, as Elasticsearch's highlighter takes it. Pure."""

from collections.abc import Sequence
from typing import Any

from damsight_schemas.languages import ANALYSED
from damsight_search.conditions.filters import Clause
from damsight_search.words.keyword_clauses import WORTHS, sub_fields
from damsight_search.words.wording import Wording

MARKED = tuple(field for _, fields in WORTHS for field in fields)
"""The fields whose words are marked."""

_FRAGMENTED = ("caption", "description", "generated_caption", "ocr")
_FRAGMENT = 160


def highlight(wording: Wording, phrases: Sequence[str]) -> dict[str, Any]:
    """Return what marks the words, and of a phrase its words only where they stand together.

    Everything but ``<mark>`` is HTML-escaped. Where a field is analysed by language, other forms of a word are marked.
    """
    in_phrases = {word.casefold() for phrase in phrases for word in phrase.split()}
    ways = [way for word in wording.words if word.ways[0].casefold() not in in_phrases for way in word.ways]
    return {
        "encoder": "html",
        "pre_tags": ["<mark>"],
        "post_tags": ["</mark>"],
        "number_of_fragments": 0,
        "highlight_query": _any_of([*ways, *phrases], wording.languages),
        "fields": {field: _options(field, wording.languages) for field in MARKED},
    }


def _any_of(texts: Sequence[str], languages: Sequence[str]) -> Clause:
    fields = [*MARKED, *(sub for field in MARKED for sub in _analysed(field, languages))]
    return {
        "dis_max": {
            "queries": [
                {"multi_match": {"query": text, "type": "phrase", "fields": fields}} for text in dict.fromkeys(texts)
            ]
        }
    }


def _options(field: str, languages: Sequence[str]) -> dict[str, Any]:
    options: dict[str, Any] = {"number_of_fragments": 2, "fragment_size": _FRAGMENT} if field in _FRAGMENTED else {}
    forms = _analysed(field, languages)
    return {**options, "matched_fields": [field, *forms]} if forms else options


def _analysed(field: str, languages: Sequence[str]) -> list[str]:
    return sub_fields([field], languages) if field.partition(".")[0] in ANALYSED else []
