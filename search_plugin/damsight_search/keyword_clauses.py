"""What matches words: the exact and the keyword leg, as Elasticsearch clauses. Pure."""

from damsight_schemas.filename import query_words
from damsight_search.filters import Clause

KEYWORD_FIELDS = (
    "title^3",
    "tags.words^2",
    "filename_words^1.5",
    "caption^1.5",
    "collections.words",
    "creator.words",
    "description",
    "generated_caption",
    "ocr^0.5",
)
# Most words must be there, so that a long query does not bring all that share one word with it.
MOST_WORDS = "2<70%"
EXACT_FIELDS = (("asset_id.folded", 3.0), ("filename", 2.0), ("title.folded", 1.0))
FILE_STEM_SCORE = 1.5
# No file system takes longer ones, and Elasticsearch refuses a prefix of more than 1,000.
LONGEST_FILENAME = 255


def words_query(text: str) -> Clause:
    """Return what matches words: most of them anywhere, better where a title, tag or caption holds them."""
    split = query_words(text)
    ways = list(dict.fromkeys(way for way in (text, split) if way))
    found = [{"match": {"all": {"query": way, "minimum_should_match": MOST_WORDS}}} for way in ways]
    return {
        "bool": {
            "must": found if len(found) == 1 else [{"dis_max": {"queries": found}}],
            "should": [
                {"multi_match": {"query": way, "fields": list(KEYWORD_FIELDS), "tie_breaker": 0.3}} for way in ways
            ]
            + [{"match_phrase": {"all": {"query": text, "slop": 2}}}],
        }
    }


def exact_query(text: str) -> Clause:
    """Return what matches a whole id, file name (with or without its ending) or title.

    Case and, where the server folds them, accents are ignored.
    """
    ways: list[tuple[float, Clause]] = [(score, {"term": {name: text}}) for name, score in EXACT_FIELDS]
    if len(text) <= LONGEST_FILENAME:
        ways.append((FILE_STEM_SCORE, {"prefix": {"filename": f"{text}."}}))
    return {"dis_max": {"queries": [{"constant_score": {"filter": clause, "boost": score}} for score, clause in ways]}}
