"""From a place in the frozen order to a page of hits: documents are read late, and only the page's."""

from collections.abc import Mapping, Sequence

from damsight_schemas.languages import DEFAULT
from damsight_schemas.search import Hit, LegScore, SearchRequest
from damsight_search.fusion import Ranked
from damsight_search.page_bodies import documents_body
from damsight_search.ports import Found, SearchIndex
from damsight_search.principal import Principals
from damsight_search.shown import shown
from damsight_search.understanding import understood
from damsight_search.window import lost
from damsight_search.wording import wording_of

_BASE_NAMES = {"tags.words": "tags", "collections.words": "collections", "creator.words": "creator"}


class Pages:
    """Reads pages.

    Args:
        index: Where the documents are.
        timeout: As Elasticsearch writes it.
        languages: That the index is made for.
    """

    def __init__(self, index: SearchIndex, *, timeout: str, languages: Sequence[str] = DEFAULT) -> None:
        self._index = index
        self._timeout = timeout
        self._languages = languages

    def take(
        self, window: Sequence[Ranked], request: SearchRequest, principals: Principals
    ) -> tuple[list[Hit], Sequence[Ranked], list[str]]:
        """Return a page from the window's beginning, what is left of the window, and what went wrong in words.

        An asset that was deleted or withdrawn since the window was frozen is passed over, and the next takes its
        place: a page is short only where the window ends. Of duplicates, the first that is there leads.
        """
        hits, window, degraded, _ = self.take_beside(window, request, principals, ())
        return hits, window, degraded

    def take_beside(
        self, window: Sequence[Ranked], request: SearchRequest, principals: Principals, beside: Sequence[str]
    ) -> tuple[list[Hit], Sequence[Ranked], list[str], list[Found]]:
        """Return what `take` does, and the documents of other assets that are read with the page's own.

        Args:
            window: What is left of the frozen order.
            request: How many, and which words are marked.
            principals: Who asks.
            beside: Ids of the others; one that is not there for the asker is left out.
        """
        hits: list[Hit] = []
        degraded: list[str] = []
        others: dict[str, Found] = {}
        while (window and len(hits) < request.size) or (beside and not others):
            wanted, window = window[: request.size - len(hits)], window[request.size - len(hits) :]
            named = [one.asset_id for candidate in wanted for one in (candidate, *candidate.duplicates)]
            documents, said = self._documents(list(dict.fromkeys([*named, *beside])), request, principals)
            others |= {asset_id: documents[asset_id] for asset_id in beside if asset_id in documents}
            beside = ()
            degraded += said
            groups = [there for candidate in wanted if (there := _there(candidate, documents))]
            hits += [
                hit_of(documents[first.asset_id], first, with_legs=request.explain, duplicates=same)
                for first, *same in groups
            ]
        return hits, window, list(dict.fromkeys(degraded)), list(others.values())

    def _documents(
        self, ids: Sequence[str], request: SearchRequest, principals: Principals
    ) -> tuple[dict[str, Found], list[str]]:
        told = understood(request)
        wording = wording_of(told, self._languages)
        body = documents_body(ids, principals, wording=wording, phrases=told.phrases, timeout=self._timeout)
        answer = self._index.search(body)
        return {found.asset_id: found for found in answer.found}, lost(answer)


def _there(candidate: Ranked, documents: Mapping[str, Found]) -> list[Ranked]:
    """Return those of a group that are there, the first first."""
    return [one for one in (candidate, *candidate.duplicates) if one.asset_id in documents]


def hit_of(found: Found, candidate: Ranked, *, with_legs: bool, duplicates: Sequence[Ranked] = ()) -> Hit:
    """Return a hit with its metadata and marked words."""
    return Hit.model_construct(
        asset_id=found.asset_id,
        relevance=round(candidate.relevance, 6),
        legs=[LegScore(**leg._asdict()) for leg in candidate.legs] if with_legs else [],
        highlights={_BASE_NAMES.get(name, name): marked for name, marked in found.highlight.items()},
        asset=shown(found.source),
        frame=candidate.part._asdict() if candidate.part else None,
        duplicates=[other.asset_id for other in duplicates],
    )
