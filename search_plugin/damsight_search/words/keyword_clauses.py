"""What matches words: the exact and the keyword leg, as Elasticsearch clauses. Pure.

A clause's score is the worth of the field that holds the word, and nothing of the index's statistics: those would
tell of assets that the asker may not see. `keyword_scores` makes one score of the words' scores.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from damsight_schemas.filename import query_words
from damsight_schemas.languages import ANALYSED
from damsight_search.conditions.filters import Clause
from damsight_search.words.keyword_scores import COUNTS, PHRASE, word_name
from damsight_search.words.wording import LONGEST_WORD, Word, Wording

WORTHS = (
    (1.0, ("title",)),
    (0.85, ("tags.words",)),
    (0.7, ("caption", "filename_words")),
    (0.5, ("collections.words", "creator.words", "description", "generated_caption")),
    (0.35, ("ocr",)),
)
"""How much a word says in a field; a whole tag says as much as a word of the title."""

WHOLE_TAG = 1.0
STEMMED = 0.8
"""The share of a field's worth that another form of the word is worth."""

MISTYPED = 0.25
"""Below every field's worth, and what another form is worth: a guess never beats what was typed."""

APART = 0.3
"""What the two of a pair are worth that stand in an asset, and not side by side."""

ONE_OF_TWO = 0.1
"""What one ideograph of a pair is worth."""

# Most words must be there, so that a long query does not bring all that share one word with it.
MOST_WORDS = "2<70%"
EXACT_FIELDS = (("asset_id.folded", 3.0), ("filename", 2.0), ("title.folded", 1.0))
FILE_STEM_SCORE = 1.5
_TOGETHER = 0.15
_SLOP = 2
_NOTHING: Clause = {"match_none": {}}


def keyword_query(wording: Wording) -> Clause:
    """Return the keyword leg: most of the words anywhere, each named, and more where they stand together."""
    if not wording.words:
        return _NOTHING
    words = [
        {
            "dis_max": {
                "_name": word_name(place),
                "queries": [*_held(word, wording.languages), *_apart(word), *_mistyped(word)],
            }
        }
        for place, word in enumerate(wording.words)
    ]
    clause: Clause = {"must": [{"bool": {"should": words, "minimum_should_match": MOST_WORDS}}]}
    if len(words) > 1:
        together = {"match_phrase": {"all": {"query": wording.whole, "slop": _SLOP}}}
        boost = round(_TOGETHER * len(words), 2)
        clause["should"] = [{"constant_score": {"_name": PHRASE, "filter": together, "boost": boost}}]
    return {"bool": clause}


def word_counts(wording: Wording) -> dict[str, Any]:
    """Return the aggregation that counts how many assets hold each word; none for one word, whose rarity is no matter.

    It counts what the query matches, so the principals' clauses hold in it too.
    """
    if len(wording.words) < 2:  # noqa: PLR2004  a single word weighs what it weighs
        return {}
    filters = {
        word_name(place): {"dis_max": {"queries": _held(word, wording.languages)}}
        for place, word in enumerate(wording.words)
    }
    return {COUNTS: {"filters": {"filters": filters}}}


def exact_query(text: str) -> Clause:
    """Return what matches a whole id, file name (with or without its ending) or title.

    Case and, where the server folds them, accents are ignored.
    """
    ways: list[tuple[float, Clause]] = [(score, {"term": {name: text}}) for name, score in EXACT_FIELDS]
    if len(text) <= LONGEST_WORD:
        ways.append((FILE_STEM_SCORE, {"prefix": {"filename": f"{text}."}}))
    return {"dis_max": {"queries": [{"constant_score": {"filter": clause, "boost": score}} for score, clause in ways]}}


def literal(text: str) -> Clause:
    """Return what holds a text as it is written: as words that follow each other, a file name or an id."""
    ways = dict.fromkeys(way for way in (text, query_words(text)) if way)
    phrases: list[Clause] = [{"match_phrase": {"all": way}} for way in ways]
    names: list[Clause] = [{"term": {name: text}} for name in ("filename", "asset_id.folded")]
    return {"bool": {"should": [*phrases, *names], "minimum_should_match": 1}}


def literals(phrases: Iterable[str], excluded: Sequence[str]) -> list[Clause]:
    """Return the filters that hold in every leg: each phrase is there, and nothing that is excluded."""
    refused = [{"bool": {"must_not": [literal(one) for one in excluded]}}] if excluded else []
    return [*(literal(one) for one in phrases), *refused]


def _held(word: Word, languages: Sequence[str]) -> list[Clause]:
    clauses = [_worth(WHOLE_TAG, {"terms": {"tags.folded": list(word.ways)}})]
    for way in word.ways:
        clauses += [_worth(worth, _standing(way, fields)) for worth, fields in WORTHS]
        clauses += _stemmed(way, languages)
    return clauses


def _apart(word: Word) -> list[Clause]:
    if not word.is_pair:
        return []
    both = _worth(APART, {"match": {"all": {"query": word.ways[0], "operator": "and"}}})
    return [both, *([_worth(ONE_OF_TWO, {"match": {"all": word.ideographs}})] if word.ideographs else [])]


def _stemmed(way: str, languages: Sequence[str]) -> list[Clause]:
    if not languages:
        return []
    analysed = ((worth, [one for one in fields if one.partition(".")[0] in ANALYSED]) for worth, fields in WORTHS)
    return [
        _worth(round(STEMMED * worth, 3), _standing(way, sub_fields(fields, languages)))
        for worth, fields in analysed
        if fields
    ]


def sub_fields(fields: Iterable[str], languages: Sequence[str]) -> list[str]:
    """Return the fields that hold the same words once more for each language."""
    return [f"{field.partition('.')[0]}.{language}" for field in fields for language in languages]


def _standing(way: str, fields: Sequence[str]) -> Clause:
    # A word of several tokens, as a hyphenated one, must stand together; one of a single token is a plain term.
    return {"multi_match": {"query": way, "type": "phrase", "fields": list(fields)}}


def _mistyped(word: Word) -> list[Clause]:
    if not word.edits:
        return []
    # The default rewrite keeps the best of the index's terms, hidden assets' among them; this one takes each.
    fuzzy = {
        "query": word.ways[0],
        "fuzziness": word.edits,
        "prefix_length": 1,
        "fuzzy_rewrite": "constant_score",
    }
    return [_worth(MISTYPED, {"match": {"all": fuzzy}})]


def _worth(worth: float, clause: Clause) -> Clause:
    return {"constant_score": {"filter": clause, "boost": worth}}
