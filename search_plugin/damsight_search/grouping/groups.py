"""Groups of a search's candidates: alike pictures together, named, and each with its place on a map."""

import time
from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np

from damsight_schemas.groups import FEWEST_GROUPS, MOST_GROUPS, Group, GroupsRequest, GroupsResponse, Place
from damsight_schemas.search import MAX_SIZE, Hit, SearchRequest, SearchResponse
from damsight_search.grouping.clusters import Clusters, clustered, placed
from damsight_search.grouping.group_names import names_of, telling_terms
from damsight_search.ports import SearchIndex, Vector
from damsight_search.principal import Principals
from damsight_search.results.page_bodies import vectors_body

COMPARED = 300
"""How many candidates are put into groups at most: the window of a search."""

TIMEOUT = "5000ms"
_AT_ONCE = 200
_MS = 1000
Compared = Literal["image_vector", "caption_vector"]
_FIELDS: tuple[Compared, Compared] = ("image_vector", "caption_vector")


class Searching(Protocol):
    """Answers searches, as `damsight_search.service.SearchService` does."""

    def search(self, request: SearchRequest, principals: Sequence[str]) -> SearchResponse:
        """Answer a request under the permissions of whoever asks."""
        ...


class Groups:
    """Puts candidates into groups. Safe to call from many threads.

    Args:
        service: Finds the candidates.
        index: For their vectors.
        timeout: As Elasticsearch writes it.
    """

    def __init__(self, service: Searching, index: SearchIndex, *, timeout: str = TIMEOUT) -> None:
        self._service = service
        self._index = index
        self._timeout = timeout

    def of(self, request: GroupsRequest, principals: Sequence[str]) -> GroupsResponse:
        """Return the groups of a request's first candidates.

        Raises:
            SearchError: As for `damsight_search.service.SearchService.search`.
        """
        started = time.perf_counter()
        who = Principals(principals)
        hits, first = self._candidates(request, who)
        compared_by, vectors = self._vectors([hit.asset_id for hit in hits], who)
        compared = [hit for hit in hits if hit.asset_id in vectors]
        groups: list[Group] = []
        places: list[Place] = []
        if compared:
            rows = np.stack([vectors[hit.asset_id] for hit in compared])
            found = clustered(rows, fewest=request.count or FEWEST_GROUPS, most=request.count or MOST_GROUPS)
            groups = _groups(compared, found, request.size)
            places = _places(compared, found, rows)
        return GroupsResponse(
            groups=groups,
            places=places,
            without_vector=[hit.asset_id for hit in hits if hit.asset_id not in vectors],
            compared_by=compared_by,
            counted=len(compared),
            total=first.total,
            took_ms=round((time.perf_counter() - started) * _MS, 2),
            degraded=first.degraded,
        )

    def _candidates(self, request: GroupsRequest, who: Principals) -> tuple[list[Hit], SearchResponse]:
        fields = {name: getattr(request, name) for name in SearchRequest.model_fields}
        asked = SearchRequest(**{**fields, "size": MAX_SIZE})
        first = self._service.search(asked, who)
        hits, cursor = list(first.hits), first.cursor
        while cursor and len(hits) < COMPARED:
            page = asked.model_copy(update={"cursor": cursor, "size": min(MAX_SIZE, COMPARED - len(hits))})
            answer = self._service.search(page, who)
            hits, cursor = [*hits, *answer.hits], answer.cursor
        return hits, first

    def _vectors(self, ids: Sequence[str], who: Principals) -> tuple[Compared | None, dict[str, Vector]]:
        """Return the image vectors, or the captions' where less than half have one: two spaces are never mixed."""
        images: dict[str, Vector] = {}
        captions: dict[str, Vector] = {}
        for start in range(0, len(ids), _AT_ONCE):
            asked = ids[start : start + _AT_ONCE]
            body = vectors_body(asked, who, fields=("asset_id", *_FIELDS), timeout=self._timeout)
            for found in self._index.search(body).found:
                for name, vectors in zip(_FIELDS, (images, captions), strict=True):
                    if name in found.source:
                        vectors[found.asset_id] = np.asarray(found.source[name], dtype=np.float32)
        if images and (2 * len(images) >= len(ids) or len(images) >= len(captions)):
            return "image_vector", images
        return ("caption_vector", captions) if captions else (None, {})


def _groups(hits: Sequence[Hit], found: Clusters, told: int) -> list[Group]:
    members = [_nearest_first(found, label) for label in range(found.count)]
    terms = telling_terms([[hits[position].asset for position in group] for group in members])
    names = names_of(terms, [{"asset_id": hits[group[0]].asset_id} | hits[group[0]].asset for group in members])
    return [
        Group(
            name=name,
            terms=telling,
            assets=[hits[position].asset_id for position in group],
            hits=[hits[position] for position in group[:told]],
        )
        for name, telling, group in zip(names, terms, members, strict=True)
    ]


def _nearest_first(found: Clusters, label: int) -> list[int]:
    positions = np.flatnonzero(found.labels == label)
    ordered: list[int] = positions[np.argsort(np.round(found.apart[positions], 9), kind="stable")].tolist()
    return ordered


def _places(
    hits: Sequence[Hit], found: Clusters, rows: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> list[Place]:
    return [
        Place(asset_id=hit.asset_id, group=int(label), x=float(x), y=float(y))
        for hit, label, (x, y) in zip(hits, found.labels, placed(rows), strict=True)
    ]
