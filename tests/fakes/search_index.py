"""An index in memory that executes the very bodies the search sends, so that a filter that is missing is missed."""

import html
from collections import Counter
from collections.abc import Callable
from typing import Any

from damsight_schemas.space import VECTOR_FIELDS, IndexSpaces, Similarity
from damsight_search.errors import FrozenViewGoneError
from damsight_search.ports import Answer, Body, Found, Part
from fakes.clauses import WORD, Document, matches, moment, score_of, values_of, words_of
from fakes.nearest import best_part, nearest, unpacked


class FakeIndex:
    """Holds documents as they are indexed (vectors as base64), and answers bodies.

    Attributes:
        documents: By asset id; change it as an index changes.
        asked: Every body, in order.
        before: Called with each body first; it may raise what an index raises.
        generation: Which answers.
    """

    def __init__(self, spaces: IndexSpaces) -> None:
        self.documents: dict[str, Document] = {}
        self.asked: list[Body] = []
        self.before: Callable[[Body], None] = lambda _body: None
        self.generation = "assets-000001"
        self.indexed_spaces = spaces
        self.lost_shards = 0
        self.views: dict[str, dict[str, Document]] = {}

    def freeze(self) -> str:
        name = f"view-{len(self.views)}"
        self.views[name] = dict(self.documents)
        return name

    def spaces(self) -> IndexSpaces:
        return self.indexed_spaces

    def search(self, body: Body) -> Answer:
        self.asked.append(body)
        self.before(body)
        # The read alias hides tombstones, as the real one's filter does.
        living = [{**one, "_index": self.generation} for one in self._documents(body).values() if not one["deleted"]]
        scored = _scored(living, body, self.indexed_spaces.similarity)
        shown = [row for row in scored if "post_filter" not in body or matches(row[0], body["post_filter"])]
        ordered = _ordered(shown, body)
        after = body.get("search_after")
        if after is not None:
            ordered = [row for row in ordered if _sort_values(row, body) > _sortable(after, body)]
        start = body.get("from", 0)
        found = tuple(_found(row, body) for row in ordered[start : start + body["size"]])
        return Answer(
            found=found,
            total=len(shown),
            aggregations=_aggregated([row[0] for row in scored], body.get("aggs", {})),
            generation=self.generation if found else "",
            shards=2,
            lost_shards=self.lost_shards,
        )

    def _documents(self, body: Body) -> dict[str, Document]:
        if "pit" not in body:
            return self.documents
        view = self.views.get(body["pit"]["id"])
        if view is None:
            raise FrozenViewGoneError("the view is kept no longer")
        return view


Row = tuple[Document, float, dict[str, float], Part | None]


def _scored(documents: list[Document], body: Body, similarity: Similarity) -> list[Row]:
    rows: dict[str, Row] = {}
    for document in documents if "query" in body else ():
        named: dict[str, float] = {}
        score = score_of(document, body["query"], named)
        if score is not None:
            rows[document["asset_id"]] = (document, score, named, None)
    for leg in body.get("knn", []):
        for near in nearest(documents, leg, similarity):
            _, before, named, part = rows.get(near.document["asset_id"], (near.document, 0.0, {}, None))
            told = {**named, leg["_name"]: near.score} if "_name" in leg else named
            rows[near.document["asset_id"]] = (near.document, before + near.score, told, part)
    looking_inside = [leg for leg in body.get("knn", []) if "inner_hits" in leg]
    return [_with_part(row, looking_inside, similarity) for row in rows.values()]


def _with_part(row: Row, legs: list[dict[str, Any]], similarity: Similarity) -> Row:
    """Tell the best part of every hit that has parts, as the real one does, whichever leg brought it."""
    document, score, named, part = row
    for leg in legs:
        best = best_part(document, leg, similarity)
        if best is not None:
            part = best.part
    return document, score, named, part


def _ordered(rows: list[Row], body: Body) -> list[Row]:
    if "sort" in body:
        return sorted(rows, key=lambda row: _sort_values(row, body))
    return sorted(rows, key=lambda row: (-row[1], row[0]["asset_id"]))


def _sort_values(row: Row, body: Body) -> list[Any]:
    return _sortable([_sort_value(row, field) for field in _sort_fields(body)], body)


def _sort_value(row: Row, field: str) -> Any:
    document, score, *_ = row
    if field == "_score":
        return score
    if field == "_shard_doc":
        return 0
    values = values_of(document, field)
    if not values:
        return None
    return moment(values[0]) if field == "created_at" else values[0]


def _sortable(values: Any, body: Body) -> list[Any]:
    """Missing values last, in either direction; numbers descend by their negative, text by its code points'."""
    rows = []
    for order, value in zip(body["sort"], values, strict=True):
        (told,) = order.values()
        descends = (told["order"] if isinstance(told, dict) else told) == "desc"
        rows.append((value is None, _turned(value) if descends and value is not None else value or 0))
    return rows


def _turned(value: Any) -> Any:
    # What is longer comes before what it begins with.
    return -value if isinstance(value, float | int) else [*(-ord(character) for character in value), 1]


def _sort_fields(body: Body) -> list[str]:
    return [next(iter(order)) for order in body["sort"]]


def _found(row: Row, body: Body) -> Found:
    document, score, named, part = row
    fields = {}
    for asked in body.get("docvalue_fields", []):
        name = asked if isinstance(asked, str) else asked["field"]
        values = values_of(document, name)
        if values:
            fields[name] = [str(int(moment(values[0])))] if name == "created_at" else values
    return Found(
        asset_id=document["asset_id"],
        # As the real one: a score is worked out where the order needs it.
        score=0.0 if "sort" in body and "_score" not in _sort_fields(body) else score,
        scores=named,
        fields=fields,
        source={} if body.get("stored_fields") == "_none_" else _source(document, body.get("_source", {})),
        highlight=_highlighted(document, body.get("highlight")),
        sort=tuple(_sort_value(row, field) for field in _sort_fields(body)) if "sort" in body else (),
        part=part,
    )


def _source(document: Document, asked: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in document.items() if name not in (*VECTOR_FIELDS, "_index")}
    if asked.get("exclude_vectors") is False:
        told |= {name: unpacked(document[name]).tolist() for name in VECTOR_FIELDS if name in document}
    kept = set(asked.get("includes", told)) - set(asked.get("excludes", ()))
    return {name: value for name, value in told.items() if name in kept}


def _highlighted(document: Document, asked: dict[str, Any] | None) -> dict[str, list[str]]:
    if not asked:
        return {}
    wanted = [words_of(one["multi_match"]["query"]) for one in asked["highlight_query"]["dis_max"]["queries"]]
    marked = {}
    for field in asked["fields"]:
        hits = [told for text in values_of(document, field) if (told := _marked(text, wanted)) is not None]
        if hits:
            marked[field] = hits
    return marked


def _marked(text: str, wanted: list[list[str]]) -> str | None:
    """Mark each phrase where it stands, word by word, and escape the rest."""
    words = list(WORD.finditer(text))
    folded = [word[0].lower() for word in words]
    places = {
        place
        for phrase in wanted
        for start in range(len(words) - len(phrase) + 1 if phrase else 0)
        if folded[start : start + len(phrase)] == phrase
        for place in range(start, start + len(phrase))
    }
    told, end = "", 0
    for place, word in enumerate(words):
        shown = _escaped(word[0])
        told += _escaped(text[end : word.start()]) + (f"<mark>{shown}</mark>" if place in places else shown)
        end = word.end()
    return told + _escaped(text[end:]) if places else None


def _escaped(text: str) -> str:
    # Lucene's encoder escapes the slash too.
    return html.escape(text).replace("/", "&#x2F;")


def _aggregated(documents: list[Document], asked: dict[str, Any]) -> dict[str, Any]:
    return {name: _aggregation(documents, told) for name, told in asked.items()}


def _aggregation(documents: list[Document], told: dict[str, Any]) -> dict[str, Any]:
    if "filter" not in told:
        return {"buckets": _buckets(documents, told)}
    counted = [one for one in documents if matches(one, told["filter"])]
    return {"doc_count": len(counted), **_aggregated(counted, told.get("aggs", {}))}


def _buckets(documents: list[Document], told: dict[str, Any]) -> Any:
    ((kind, inner),) = told.items()
    if kind == "filters":
        return {
            name: {"doc_count": sum(matches(one, clause) for one in documents)}
            for name, clause in inner["filters"].items()
        }
    if kind == "date_histogram":
        years = Counter(
            str(values_of(one, inner["field"])[0])[:4] for one in documents if values_of(one, inner["field"])
        )
        return [
            {"key": int(year), "key_as_string": year, "doc_count": years[year]} for year in sorted(years, reverse=True)
        ]
    counted = Counter(value for one in documents for value in set(values_of(one, inner["field"])))
    ordered = sorted(counted, key=lambda value: (-counted[value], value))
    return [{"key": value, "doc_count": counted[value]} for value in ordered[: inner["size"]]]
