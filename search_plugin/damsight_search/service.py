"""The search: every question a host asks of it, each under the permissions of whoever asks."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from damsight_schemas.errors import FieldProblem
from damsight_schemas.filters import Filter
from damsight_schemas.languages import DEFAULT
from damsight_schemas.search import Hit, SearchRequest, SearchResponse
from damsight_search.agreement import Agreement
from damsight_search.conditions.filters import CONCEPT
from damsight_search.duplication.folding import Folding
from damsight_search.errors import AssetNotFoundError, NotOfferedError, SearchError
from damsight_search.learning.concept_filters import ConceptFilters
from damsight_search.learning.personal import Personal
from damsight_search.pictures.asset_pictures import AssetPictures
from damsight_search.plan import browses, refuse_what_is_not_offered
from damsight_search.ports import QueryEncoder, SearchIndex
from damsight_search.principal import Principals
from damsight_search.relevance.weighing import UNCALIBRATED, Weighing
from damsight_search.results.answering import Answering
from damsight_search.results.browsing import Browsing
from damsight_search.results.deep import Deep
from damsight_search.results.grouped_browsing import GroupedBrowsing
from damsight_search.results.opening import Opening
from damsight_search.results.page_bodies import documents_body
from damsight_search.results.pages import Pages
from damsight_search.results.paging import Cursors, Rest, pictures_digest
from damsight_search.results.shown import shown
from damsight_search.results.window import Window
from damsight_search.vectors.explaining import Explaining
from damsight_search.vectors.looking import Looking
from damsight_search.vectors.reordering import Reordering
from damsight_search.words.recent_searches import RecentSearches
from damsight_search.words.suggesting import Suggesting, Suggestion
from damsight_search.words.understanding import understood

TIMEOUT_S = 5.0
# Requests to the index that go beside another of the same search, over all searches; a thread begins when needed.
MOST_BESIDE = 32
MEDIA = ("asset_id", "revision", "uri", "mime_type", "kind", "thumbnail", "preview")
UNRANKED = "Not ranked for a person: nothing is looked for, so what passes the filters is listed."
_MS = 1000


def timeout_of(seconds: float) -> str:
    """Return a timeout as Elasticsearch writes it."""
    return f"{max(1, round(seconds * _MS))}ms"


class SearchService:
    """Answers searches. Safe to call from many threads.

    Principals are `damsight_search.principal.Principals` or any sequence of such names; an empty one is refused.

    Args:
        index: Where the assets are.
        encoder: For words and pictures.
        cursors: For paging.
        timeout_s: After which a search is an error.
        pictures: Reads the pictures of assets, for searches by a part of one.
        languages: That the index is made for (`IndexSettings.languages`).
        recent: Keeps what people searched for, to suggest it to them.
        personal: For ranking by what a person liked.
        concepts: For filters by what people taught, and their names as suggestions.
        weighing: Weighs what the legs say.
    """

    def __init__(
        self,
        index: SearchIndex,
        encoder: QueryEncoder,
        cursors: Cursors,
        *,
        timeout_s: float = TIMEOUT_S,
        pictures: AssetPictures | None = None,
        languages: Sequence[str] = DEFAULT,
        recent: RecentSearches | None = None,
        concepts: ConceptFilters | None = None,
        weighing: Weighing = UNCALIBRATED,
        personal: Personal | None = None,
    ) -> None:
        self._index = index
        self._cursors = cursors
        self._timeout = timeout_of(timeout_s)
        self._agreement = Agreement(index, encoder)
        looking = Looking(index, encoder, self._agreement, timeout=self._timeout, pictures=pictures)
        self._explaining = Explaining(index, encoder, self._agreement, timeout=self._timeout)
        self._pages = Pages(index, timeout=self._timeout, languages=languages)
        self._recent = recent
        self._concepts = concepts
        names = concepts.keeper.names if concepts is not None else None
        self._suggesting = Suggesting(index, timeout=self._timeout, recent=recent, concepts=names)
        folding = Folding(index, timeout=self._timeout)
        self._opening = Opening(
            index,
            self._agreement,
            looking,
            Reordering(index, self._timeout),
            folding,
            languages,
            self._timeout,
            ThreadPoolExecutor(MOST_BESIDE, thread_name_prefix="search-beside"),
            weighing,
            personal,
        )
        deep = Deep(index, timeout=self._timeout, languages=languages, weighing=weighing)
        self._answering = Answering(cursors, self._pages, deep)
        self._browsing = Browsing(index, self._answering, self._timeout)
        self._grouped = GroupedBrowsing(index, cursors, folding, self._pages, timeout=self._timeout)

    @property
    def timeout(self) -> str:
        """Of one request, as Elasticsearch writes it."""
        return self._timeout

    def require_matching_models(self, index_name: str) -> None:
        """Stop a start with models that did not fill the index.

        Raises:
            SpaceMismatchError: Both names are told, with the way out.
            SearchUnavailableError: The index does not answer.
        """
        self._agreement.require(index_name)

    def is_ready(self) -> bool:
        """Tell whether the index is there and answers."""
        try:
            self._index.spaces()
        except SearchError:
            return False
        return True

    def search(
        self, request: SearchRequest, principals: Sequence[str], pictures: Sequence[bytes] = ()
    ) -> SearchResponse:
        """Answer a request: the first page, or with a cursor the next.

        Args:
            request: What is looked for.
            principals: Who asks.
            pictures: The bytes of the pictures that the hits should look like.

        Raises:
            NoPrincipalError: Nobody asks.
            RefusedRequestError: A field is not taken; NotOfferedError, CursorError and PictureRefusedError are such.
            AssetNotFoundError: An asset to be like or unlike is not there for these principals.
            NothingToCompareError: The assets to be like have no vectors, and nothing else is looked for.
            EncoderDownError: The query could not be encoded, and there are no words to search by.
            SearchTimeoutError: It did not end in time.
            SearchUnavailableError: The index does not answer.
        """
        started = time.perf_counter()
        who = Principals(principals)
        refuse_what_is_not_offered(request)
        rest = self._cursors.read(request, who, pictures) if request.cursor else None
        request, said = self._compiled(request, who)
        if request.personal and browses(request, has_picture=bool(pictures)):
            said = [*said, UNRANKED]
        response = self._answered(request, who, pictures, rest)
        if said and not request.cursor:
            response = response.model_copy(update={"degraded": [*said, *response.degraded]})
        if self._recent is not None and rest is None:
            self._recent.note(request.text, who)
        told = {} if response.understood or request.cursor else {"understood": understood(request)}
        return response.model_copy(update={"took_ms": round((time.perf_counter() - started) * _MS, 2), **told})

    def similar(
        self,
        asset_id: str,
        principals: Sequence[str],
        size: int = 24,
        *,
        filters: Sequence[Filter] = (),
        cursor: str | None = None,
    ) -> SearchResponse:
        """Return the assets that look like one; those without a picture are compared by what their captions mean.

        Raises:
            AssetNotFoundError: It is not there for these principals.
            SearchError: As for `search`.
        """
        request = SearchRequest(like=[asset_id], filters=list(filters), size=size, cursor=cursor, explain=True)
        return self.search(request, principals)

    def asset(self, asset_id: str, principals: Sequence[str]) -> dict[str, Any]:
        """Return one asset's metadata.

        Raises:
            AssetNotFoundError: It is not there for these principals, whether or not it is there for others.
        """
        return shown(self._document(asset_id, Principals(principals)))

    def media(self, asset_id: str, principals: Sequence[str]) -> dict[str, Any]:
        """Return where one asset's bytes are: asset_id, revision, and uri, mime_type, kind and its previews' keys.

        For the deployable's own use: neither uri nor keys are told to anybody. What an asset lacks is left out.

        Raises:
            AssetNotFoundError: It is not there for these principals.
        """
        source = self._document(asset_id, Principals(principals))
        return {name: source[name] for name in MEDIA if name in source}

    def suggest(self, text: str, principals: Sequence[str]) -> list[Suggestion]:
        """Return ways to go on typing: own searches, concepts, titles and tags, and what may have been meant.

        Raises:
            SearchError: As for `search`.
        """
        return self._suggesting.suggest(text, Principals(principals))

    def explain(
        self, asset_id: str, request: SearchRequest, principals: Sequence[str], pictures: Sequence[bytes] = ()
    ) -> Hit:
        """Tell why a request brings an asset: each leg's rank, raw score and contribution, and the words it holds.

        A hit without legs was brought by none.

        Raises:
            AssetNotFoundError: The asset is not there for these principals.
            SearchError: As for `search`.
        """
        who = Principals(principals)
        asset = shown(self._document(asset_id, who))
        alone: dict[str, Any] = {"cursor": None, "facets": [], "explain": True, "size": 1, "group_duplicates": False}
        asked = self._compiled(request, who)[0].model_copy(update=alone)
        if browses(asked, has_picture=bool(pictures)):
            return Hit(asset_id=asset_id, relevance=0.0, asset=asset)
        window = self._window(asked, who, pictures)
        ranked = [one for one in window.ranked if one.asset_id == asset_id]
        hits = self._pages.take(ranked, asked, who, shown=window.shown).hits
        if hits:
            return hits[0]
        return Hit(asset_id=asset_id, relevance=0.0, asset=asset)

    def candidates(self, request: SearchRequest, principals: Sequence[str]) -> Window:
        """Return a request's whole window, with what each leg says of each candidate: what is measured and tuned by.

        Raises:
            SearchError: As for `search`.
        """
        who = Principals(principals)
        return self._window(self._compiled(request, who)[0].model_copy(update={"cursor": None}), who, ())

    def where(self, picture: bytes, principals: Sequence[str], *, text: str = "", like: str = "") -> bytes:
        """Return a PNG of an asset's picture and where it shows the words, or what the asset ``like`` shows.

        Raises:
            AssetNotFoundError: The asset to be like is not there for these principals.
            SearchError: As for `Explaining.drawn`.
        """
        return self._explaining.drawn(picture, Principals(principals), text=text, like=like)

    def _compiled(self, request: SearchRequest, who: Principals) -> tuple[SearchRequest, list[str]]:
        if self._concepts is not None:
            return self._concepts.compiled(request, who)
        places = [place for place, one in enumerate(request.filters) if one.field == CONCEPT]
        if places:
            raise NotOfferedError([FieldProblem(f"filters.{places[0]}.field", "concepts are not kept here")])
        return request, []

    def _answered(
        self, request: SearchRequest, who: Principals, pictures: Sequence[bytes], rest: Rest | None
    ) -> SearchResponse:
        browsed = rest is None and browses(request, has_picture=bool(pictures))
        if request.group_duplicates and (browsed or (rest is not None and rest.after)):
            return self._grouped.page(request, who, rest)
        if rest is not None:
            return self._answering.page(rest, request, who)
        if browsed:
            return self._browsing.first(request, who)
        window, counting = self._opening.window(request, who, pictures)
        return self._answering.first(window, request, who, counting, pictures_digest(pictures))

    def _window(self, request: SearchRequest, who: Principals, pictures: Sequence[bytes]) -> Window:
        return self._opening.window(request, who, pictures)[0]

    def _document(self, asset_id: str, who: Principals) -> Mapping[str, Any]:
        answer = self._index.search(documents_body([asset_id], who, timeout=self._timeout))
        if not answer.found:
            raise AssetNotFoundError(asset_id)
        return answer.found[0].source
