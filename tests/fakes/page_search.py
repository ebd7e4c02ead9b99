"""A search over a list in memory, for the page's tests: real filters, counts, cursors; words match as words."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from damsight_schemas.filters import Filter
from damsight_schemas.search import Facet, FacetValue, Hit, LegScore, SearchRequest, SearchResponse, Total
from damsight_search.errors import AssetNotFoundError, SearchError


@dataclass(frozen=True)
class FakeSuggestion:
    text: str
    origin: str


@dataclass
class FakePageSearch:
    """Answers from `documents` (asset id -> metadata with ``acl``).

    Attributes:
        fails: Raised by the next search, once.
        suggesting_fails: Raised by the next suggestion, once; while somebody types, any moment may bring one.
        asked: Every request, with the picture's size.
    """

    documents: dict[str, dict[str, Any]]
    degraded: list[str] = field(default_factory=list)
    fails: list[SearchError] = field(default_factory=list)
    suggesting_fails: list[SearchError] = field(default_factory=list)
    asked: list[tuple[SearchRequest, int]] = field(default_factory=list)

    def search(
        self, request: SearchRequest, principals: Sequence[str], pictures: Sequence[bytes] = ()
    ) -> SearchResponse:
        self.asked.append((request, sum(map(len, pictures))))
        if self.fails:
            raise self.fails.pop()
        found = [
            hit for hit in self._hits(request, principals, bool(pictures)) if self._fits(hit.asset, request.filters)
        ]
        found = _sorted(found, request)
        start = int(request.cursor or 0)
        end = start + request.size
        return SearchResponse(
            hits=found[start:end],
            total=Total(value=len(found), relation="eq"),
            facets={name: _facet(name, found) for name in request.facets},
            cursor=str(end) if end < len(found) else None,
            took_ms=12.3,
            degraded=self.degraded,
        )

    def asset(self, asset_id: str, principals: Sequence[str]) -> dict[str, Any]:
        document = self.documents.get(asset_id)
        if document is None or not set(document["acl"]) & set(principals):
            raise AssetNotFoundError(asset_id)
        return {name: value for name, value in document.items() if name != "acl"}

    def explain(self, asset_id: str, request: SearchRequest, principals: Sequence[str]) -> Hit:
        found = self.search(request.model_copy(update={"size": 200}), principals)
        bare = Hit(asset_id=asset_id, relevance=0.0, asset=self.asset(asset_id, principals))
        return next((hit for hit in found.hits if hit.asset_id == asset_id), bare)

    def suggest(self, text: str, principals: Sequence[str]) -> list[FakeSuggestion]:
        if self.suggesting_fails:
            raise self.suggesting_fails.pop()
        titles = [d["title"] for d in self.documents.values() if set(d["acl"]) & set(principals)]
        return [FakeSuggestion(title, "title") for title in titles if text.lower() in title.lower()][:6]

    def _hits(self, request: SearchRequest, principals: Sequence[str], picture: bool) -> Iterable[Hit]:
        words = re.findall(r"\w+", request.text.lower())
        liked = {tag for asset_id in request.like for tag in self.asset(asset_id, principals)["tags"]}
        for asset_id, document in self.documents.items():
            if not set(document["acl"]) & set(principals):
                continue
            text = " ".join([document["title"], *document["tags"], document["description"]]).lower()
            matched = sum(word in text for word in words)
            alike = len(liked & set(document["tags"])) + (3 if asset_id in request.like else 0)
            if (words or liked or picture) and not (matched or alike or picture):
                continue
            yield _hit(asset_id, document, request, matched, alike)

    def _fits(self, asset: dict[str, Any], filters: Sequence[Filter]) -> bool:
        return all(_holds(asset, each) for each in filters)


def _hit(asset_id: str, document: dict[str, Any], request: SearchRequest, matched: int, alike: int) -> Hit:
    legs = []
    if matched:
        legs.append(LegScore(leg="keyword", rank=1 + len(document["title"]), score=3.5 * matched, contribution=0.4))
    if matched or alike or not request.text:
        legs.append(LegScore(leg="image", rank=2 + len(document["tags"]), score=0.61, contribution=0.25 + 0.1 * alike))
    return Hit(
        asset_id=asset_id,
        relevance=min(1.0, 0.2 * matched + 0.1 * alike),
        legs=legs if request.explain else [],
        highlights=_highlights(document, request.text),
        asset={name: value for name, value in document.items() if name != "acl"},
    )


def _highlights(document: dict[str, Any], text: str) -> dict[str, list[str]]:
    marked = {}
    for name in ("title", "description"):
        fragment = escape(document[name])
        for word in re.findall(r"\w+", text):
            fragment = re.sub(rf"(?i)({re.escape(word)})", r"<mark>\1</mark>", fragment)
        if "<mark>" in fragment:
            marked[name] = [fragment]
    return marked


def _sorted(found: list[Hit], request: SearchRequest) -> list[Hit]:
    if request.sort.by == "relevance":
        return sorted(found, key=lambda hit: -hit.relevance)
    return sorted(found, key=lambda hit: str(hit.asset[request.sort.by]), reverse=request.sort.order == "desc")


def _holds(asset: dict[str, Any], condition: Filter) -> bool:
    held = asset.get(condition.field)
    if condition.op == "range" and isinstance(condition.value, dict):
        bounds = condition.value
        return str(bounds.get("gte", "")) <= str(held) <= str(bounds.get("lte", "9999-99"))
    return condition.value in held if isinstance(held, list) else held == condition.value


def _facet(name: str, found: Sequence[Hit]) -> Facet:
    counts: Counter[str] = Counter()
    for hit in found:
        held = hit.asset.get(name)
        counts.update(held if isinstance(held, list) else [str(held)[:4] if name == "created_at" else held])
    values = sorted(counts.items(), reverse=True) if name == "created_at" else counts.most_common(50)
    return Facet(values=[FacetValue(value=v, count=c) for v, c in values], counted=len(found), bound="all")
