"""Evaluates the query clauses that the search sends, over one document: enough of Elasticsearch to tell who matches.

Scores are counts of words, not BM25: only who matches, and that more matches score more, is like the real one.
"""

import base64
import hashlib
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

Document = dict[str, Any]
Clause = dict[str, Any]
Scores = dict[str, float]
# A token of each ideograph and each hiragana, as the standard tokenizer has it; of the rest, what is not apart.
WORD = re.compile(r"[\u3041-\u309F\u3400-\u9FFF]|[^\W\u3041-\u309F\u3400-\u9FFF]+")
_ALL = ("title", "caption", "description", "filename_words", "tags", "collections", "creator")
_DATES = ("created_at", "modified_at", "indexed_at")


def score_of(document: Document, clause: Clause, named: Scores) -> float | None:
    """Return a clause's score, none where it does not match; named queries that match are told in `named`."""
    ((kind, inner),) = clause.items()
    score = _KINDS[kind](document, inner, named)
    if score is not None and isinstance(inner, dict) and isinstance(inner.get("_name"), str):
        named[inner["_name"]] = score
    return score


def matches(document: Document, clause: Clause) -> bool:
    """Tell whether a clause matches."""
    return score_of(document, clause, {}) is not None


def words_of(value: object) -> list[str]:
    """Return words as the standard tokenizer roughly finds them."""
    texts = value if isinstance(value, list) else [value]
    return [word for text in texts if text is not None for word in WORD.findall(str(text).lower())]


def values_of(document: Document, field: str) -> list[Any]:
    """Return a field's values as terms."""
    folded = field.endswith(".folded") or field == "filename"
    name = field.removesuffix(".folded").removesuffix(".words")
    value: Any = document
    for part in name.split(".", 1):
        value = value.get(part) if isinstance(value, dict) else None
    values = value if isinstance(value, list) else [] if value is None else [value]
    if name.startswith("attributes."):
        values = [_spelled(one) for one in values]
    return [str(one).lower() for one in values] if folded else values


def moment(value: object, *, up: bool = False) -> float:
    """Return a time in milliseconds; of date math (2024||/y) the beginning, or the end."""
    text, _, unit = str(value).partition("||/")
    begins = datetime.fromisoformat(text + "-01-01"[max(0, len(text) - 4) :] if len(text) < 10 else text)
    begins = begins if begins.tzinfo else begins.replace(tzinfo=UTC)
    if up and unit:
        begins = _next(begins, unit) - timedelta(milliseconds=1)
    return begins.timestamp() * 1000


def _next(begins: datetime, unit: str) -> datetime:
    if unit == "y":
        return begins.replace(year=begins.year + 1)
    if unit == "M":
        return begins.replace(year=begins.year + begins.month // 12, month=begins.month % 12 + 1)
    return begins + timedelta(days=1)


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _term(document: Document, inner: Clause, _named: Scores) -> float | None:
    ((field, wanted),) = inner.items()
    return _terms(document, {field: [wanted]}, _named)


def _terms(document: Document, inner: Clause, _named: Scores) -> float | None:
    ((field, wanted),) = inner.items()
    held = values_of(document, field)
    folds = field.endswith(".folded") or field == "filename"
    asked = [str(one).lower() for one in wanted] if folds else wanted
    return 1.0 if any(one in held for one in asked) else None


def _ids(document: Document, inner: Clause, _named: Scores) -> float | None:
    return 1.0 if document["asset_id"] in inner["values"] else None


def _exists(document: Document, inner: Clause, _named: Scores) -> float | None:
    return 1.0 if values_of(document, inner["field"]) else None


def _range(document: Document, inner: Clause, _named: Scores) -> float | None:
    ((field, bounds),) = inner.items()
    dated = field in _DATES
    for held in values_of(document, field):
        value = moment(held) if dated else held
        if all(_within(value, name, bound, dated=dated) for name, bound in bounds.items()):
            return 1.0
    return None


def _within(value: float, name: str, bound: Any, *, dated: bool) -> bool:
    limit = moment(bound, up=name in ("lte", "gt")) if dated else bound
    if name in ("gte", "gt"):
        return bool(value >= limit if name == "gte" else value > limit)
    return bool(value <= limit if name == "lte" else value < limit)


def _prefix(document: Document, inner: Clause, _named: Scores) -> float | None:
    ((field, given),) = inner.items()
    wanted = str(given["value"] if isinstance(given, dict) else given)
    folds = field.endswith(".folded") or field == "filename"
    wanted = wanted.lower() if folds else wanted
    return 1.0 if any(str(one).startswith(wanted) for one in values_of(document, field)) else None


def _geo_distance(document: Document, inner: Clause, _named: Scores) -> float | None:
    ((field, centre),) = [(name, value) for name, value in inner.items() if name != "distance"]
    radius = float(inner["distance"].removesuffix("km"))
    held = [(float(lat), float(lon)) for lat, lon in (place.split(",") for place in values_of(document, field))]
    return 1.0 if any(_apart_km(lat, lon, centre["lat"], centre["lon"]) <= radius for lat, lon in held) else None


def _apart_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The great-circle distance (haversine) on a sphere of the Earth's mean radius."""
    first, second = math.radians(lat), math.radians(other_lat)
    across = math.sin((second - first) / 2) ** 2
    across += math.cos(first) * math.cos(second) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(across))


def _match(document: Document, inner: Clause, _named: Scores) -> float | None:
    ((field, told),) = inner.items()
    given = told if isinstance(told, dict) else {"query": told}
    wanted, held = words_of(given["query"]), _held(document, field)
    prefix = given.get("prefix_length", 0)
    found = sum(any(_nearly(word, one, _edits(word, given), prefix) for one in held) for word in wanted)
    return float(found) if found >= (len(wanted) if given.get("operator") == "and" else 1) > 0 else None


def _bool_prefix(document: Document, inner: Clause, _named: Scores) -> float | None:
    ((field, given),) = inner.items()
    *whole, last = words_of(given["query"]) or [""]
    held = _held(document, field)
    return 1.0 if last and set(whole) <= set(held) and any(one.startswith(last) for one in held) else None


def _edits(word: str, given: Clause) -> int:
    told = given.get("fuzziness", 0)
    if isinstance(told, int):
        return told
    one, two = map(int, told.removeprefix("AUTO:").split(","))
    return (len(word) >= one) + (len(word) >= two)


def _nearly(word: str, other: str, edits: int, prefix: int) -> bool:
    return word == other or (word[:prefix] == other[:prefix] and 0 < distance(word, other) <= edits)


def distance(word: str, other: str) -> int:
    """Return how many letters are added, left out, changed, or changed in place with their neighbour."""
    rows = [list(range(len(other) + 1))]
    for number, letter in enumerate(word, start=1):
        row = [number]
        for place, same in enumerate(other, start=1):
            best = min(rows[-1][place] + 1, row[-1] + 1, rows[-1][place - 1] + (letter != same))
            swapped = number > 1 and place > 1 and word[number - 2 : number] == other[place - 2 : place][::-1]
            row.append(min(best, rows[-2][place - 2] + 1) if swapped else best)
        rows.append(row)
    return rows[-1][-1]


def _multi_match(document: Document, inner: Clause, named: Scores) -> float | None:
    asked = _phrase if inner["type"] == "phrase" else _match
    scored = [
        score
        for field in inner["fields"]
        if (score := asked(document, {field: {"query": inner["query"]}}, named)) is not None
    ]
    return max(scored) if scored else None


def _phrase(document: Document, inner: Clause, _named: Scores) -> float | None:
    ((field, given),) = inner.items()
    wanted, held = words_of(given["query"] if isinstance(given, dict) else given), _held(document, field)
    for start in range(len(held) - len(wanted) + 1) if wanted else ():
        if held[start : start + len(wanted)] == wanted:
            return float(len(wanted))
    return None


def _held(document: Document, field: str) -> list[str]:
    fields = _ALL if field == "all" else (field.removesuffix(".words"),)
    # An empty word between two values: no phrase goes from one into the next.
    return [word for name in fields for value in values_of(document, name) for word in [*words_of(value), ""]]


def _nothing(_document: Document, _inner: Clause, _named: Scores) -> float | None:
    return None


def _within_floor(document: Document, inner: Clause, _named: Scores) -> float | None:
    """A knn query over few enough documents that its k does not matter: the floor and its own filter do."""
    if inner["field"] not in document or not matches(document, inner["filter"]):
        return None
    asked, held = (
        np.frombuffer(base64.b64decode(one), dtype=">f4") for one in (inner["query_vector"], document[inner["field"]])
    )
    cosine = float(asked @ held)
    return (1.0 + cosine) / 2.0 if cosine >= inner.get("similarity", -1.0) else None


def _constant(document: Document, inner: Clause, named: Scores) -> float | None:
    return None if score_of(document, inner["filter"], named) is None else inner.get("boost", 1.0)


def _dis_max(document: Document, inner: Clause, named: Scores) -> float | None:
    scored = [score for one in inner["queries"] if (score := score_of(document, one, named)) is not None]
    return max(scored) if scored else None


def _bool(document: Document, inner: Clause, named: Scores) -> float | None:
    if any(matches(document, one) for one in inner.get("must_not", [])):
        return None
    if not all(matches(document, one) for one in inner.get("filter", [])):
        return None
    must = [score_of(document, one, named) for one in inner.get("must", [])]
    should = [score_of(document, one, named) for one in inner.get("should", [])]
    met = [score for score in should if score is not None]
    if None in must or len(met) < _least(inner):
        return None
    return float(inner.get("boost", 1.0) * sum([one for one in must if one is not None] + met))


def _least(inner: Clause) -> int:
    told = inner.get("minimum_should_match", 0)
    if isinstance(told, int):
        return told
    # "2<70%": all of two, of more at least 70 %, rounded down.
    few, _, share = told.partition("<")
    clauses = len(inner["should"])
    return clauses if clauses <= int(few) else clauses * int(share.rstrip("%")) // 100


def _function_score(document: Document, inner: Clause, _named: Scores) -> float | None:
    if not matches(document, inner["query"]):
        return None
    drawn = f"{inner['random_score']['seed']} {document['asset_id']}".encode()
    return int.from_bytes(hashlib.sha256(drawn).digest()[:6]) / 2**48


def _everything(_document: Document, _inner: Clause, _named: Scores) -> float | None:
    return 1.0


def _nested(document: Document, inner: Clause, _named: Scores) -> float | None:
    field = inner["query"]["exists"]["field"].removeprefix(f"{inner['path']}.")
    return 1.0 if any(field in one for one in document.get(inner["path"], [])) else None


_KINDS: dict[str, Callable[[Document, Clause, Scores], float | None]] = {
    "term": _term,
    "terms": _terms,
    "ids": _ids,
    "exists": _exists,
    "range": _range,
    "prefix": _prefix,
    "geo_distance": _geo_distance,
    "match": _match,
    "multi_match": _multi_match,
    "match_phrase": _phrase,
    "match_bool_prefix": _bool_prefix,
    "constant_score": _constant,
    "dis_max": _dis_max,
    "match_all": _everything,
    "knn": _within_floor,
    "match_none": _nothing,
    "function_score": _function_score,
    "nested": _nested,
    "bool": _bool,
}
