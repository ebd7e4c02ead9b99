"""From a place in the frozen order to a page of hits: documents are read late, and only the page's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from damsight_schemas.languages import DEFAULT
from damsight_schemas.search import Facet, Hit, LegScore, SearchRequest
from damsight_search.conditions import facet_counts
from damsight_search.conditions.facet_counts import Counting
from damsight_search.ports import Found, SearchIndex, Vector
from damsight_search.principal import Principals
from damsight_search.relevance.fusion import Ranked, found_by_frames
from damsight_search.results.page_bodies import best_parts, documents_body
from damsight_search.results.shown import shown
from damsight_search.results.window import lost
from damsight_search.words.understanding import understood
from damsight_search.words.wording import wording_of

_BASE_NAMES = {"tags.words": "tags", "collections.words": "collections", "creator.words": "creator"}


@dataclass(frozen=True, slots=True)
class Beside:
    """What is read in the same request as a page's documents.

    Attributes:
        ids: Of other assets; one that is not there for the asker is left out.
        counting: The facets.
    """

    ids: tuple[str, ...] = ()
    counting: Counting = ()


NOTHING_BESIDE = Beside()


@dataclass(frozen=True, slots=True)
class Taken:
    """A page, and what was read with it.

    Attributes:
        left: Of the window.
        degraded: What went wrong, in words.
        gone: How many of the window were passed over.
        beside: The documents of the other assets.
    """

    hits: list[Hit]
    left: Sequence[Ranked]
    degraded: list[str]
    gone: int = 0
    beside: Sequence[Found] = ()
    facets: Mapping[str, Facet] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Read:
    documents: Mapping[str, Found]
    degraded: Sequence[str]
    facets: Mapping[str, Facet]


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
        self,
        window: Sequence[Ranked],
        request: SearchRequest,
        principals: Principals,
        beside: Beside = NOTHING_BESIDE,
        *,
        shown: Vector | None = None,
    ) -> Taken:
        """Return a page from the window's beginning.

        An asset that was deleted or withdrawn since the window was frozen is passed over, and the next takes its
        place: a page is short only where the window ends. Of duplicates, the first that is there leads.

        Args:
            window: What is left of the frozen order.
            request: How many, and which words are marked.
            principals: Who asks.
            beside: What else is read, once.
            shown: What was looked for in frames, pages and slices.

        Raises:
            SearchError: The index, or the host's own check of rights, does not answer as it should.
        """
        taken = Taken([], window, [])
        asks = bool(beside.ids or beside.counting)
        while (taken.left and len(taken.hits) < request.size) or asks:
            wanted = taken.left[: request.size - len(taken.hits)]
            named = [one.asset_id for candidate in wanted for one in (candidate, *candidate.duplicates)]
            looked = shown if any(map(found_by_frames, wanted)) else None
            ids = list(dict.fromkeys([*named, *beside.ids]))
            read = self._read(ids, request, principals, beside.counting, looked)
            groups = [there for candidate in wanted if (there := _there(candidate, read.documents))]
            hits = [
                hit_of(read.documents[first.asset_id], first, with_legs=request.explain, duplicates=same)
                for first, *same in groups
            ]
            others = [read.documents[asset_id] for asset_id in beside.ids if asset_id in read.documents]
            taken = Taken(
                [*taken.hits, *hits],
                taken.left[len(wanted) :],
                list(dict.fromkeys([*taken.degraded, *read.degraded])),
                taken.gone + len(wanted) - len(groups),
                others if asks else taken.beside,
                read.facets if asks else taken.facets,
            )
            asks, beside = False, NOTHING_BESIDE
        return taken

    def _read(
        self,
        ids: Sequence[str],
        request: SearchRequest,
        principals: Principals,
        counting: Counting,
        looked: Vector | None,
    ) -> _Read:
        told = understood(request)
        wording = wording_of(told, self._languages)
        body = documents_body(ids, principals, wording=wording, phrases=told.phrases, timeout=self._timeout)
        if looked is not None:
            body |= best_parts(ids, principals, looked)
        answer = self._index.search(facet_counts.beside(body, counting))
        documents = {found.asset_id: found for found in answer.found}
        counted = facet_counts.read(answer.aggregations, counting, lost_shards=answer.lost_shards)
        return _Read(documents, lost(answer), counted)


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
        frame=found.part._asdict() if found.part and found_by_frames(candidate) else None,
        duplicates=[other.asset_id for other in duplicates],
    )
