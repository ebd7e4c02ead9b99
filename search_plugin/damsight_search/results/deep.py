"""Beyond the window: a listing of everything that matches, in a frozen view of the index, without an end.

Three orders are listed so: what is browsed, in its own sort; the words' matches beyond the window, in the order of the
words' score; and the relevant set by date or title. The view (Elasticsearch's point in time) is kept from the first of
these pages on, and what was told before is known by a short hash, so nothing comes twice and nothing is passed over,
whatever is added, changed or deleted meanwhile. Where a view is gone, another is taken and the answer says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from damsight_schemas.languages import DEFAULT
from damsight_schemas.search import SearchRequest
from damsight_search.errors import FrozenViewGoneError, IndexRefusedError, SearchUnavailableError
from damsight_search.plan import Plan, make_plan
from damsight_search.ports import Answer, SearchIndex
from damsight_search.principal import Principals
from damsight_search.relevance.fusion import Ranked
from damsight_search.relevance.weighing import UNCALIBRATED, Weighing
from damsight_search.results.deep_bodies import deep_body
from damsight_search.results.listing import Listing, hash_of
from damsight_search.results.views import Views
from damsight_search.results.window import judged, lost

RENEWED = (
    "These pages go on in another view of the index than they began in: what was changed meanwhile may come twice or "
    "not at all."
)
BEYOND = "From here on by words alone, in the order of the words' score: every leg was compared only before."
# Nothing is looked for when browsing, so everything that passes the filters fits as well as it can.
_BROWSED = 1.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What comes next.

    Attributes:
        ranked: In the listing's order.
        listing: Where it goes on; none at its end.
        degraded: What could not be done, in words.
        notes: How these came, in words.
    """

    ranked: tuple[Ranked, ...]
    listing: Listing | None
    degraded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Deep:
    """Reads listings.

    Args:
        index: Where the documents are.
        timeout: As Elasticsearch writes it.
        languages: That the index is made for.
        weighing: Calibrates.
    """

    def __init__(
        self,
        index: SearchIndex,
        *,
        timeout: str,
        languages: Sequence[str] = DEFAULT,
        weighing: Weighing = UNCALIBRATED,
    ) -> None:
        self._index = index
        self._views = Views(index.freeze)
        self._weighing = weighing
        self._languages = languages
        self._timeout = timeout

    def more(self, listing: Listing, request: SearchRequest, principals: Principals, wanted: int) -> Batch:
        """Return the next candidates, at most as many as wanted; fewer only where many were told before, or at the end.

        Raises:
            SearchError: The index does not answer as it should.
        """
        plan = self._weighing.calibrated(_plan(request, principals, listing, self._languages))
        known = listing.known()
        # At the beginning all that was told before may stand first. One more tells whether there is a next.
        size = wanted + 1 + (0 if listing.after else len(known))
        answer, listing = self._read(plan, listing, size)
        new = [one for one in answer.found if hash_of(one.asset_id) not in known][:wanted]
        ranked = _relevances(replace(answer, found=tuple(new)), plan, listing)
        kept = tuple(one for one in ranked if one.relevance >= listing.at_least)
        last = new[-1] if len(new) == wanted else next(reversed(answer.found), None)
        cut = plan.sort.by == "relevance" and len(kept) < len(new)
        following = None
        if last is not None and not cut and (last is not answer.found[-1] or len(answer.found) == size):
            floor = min([listing.floor, *(one.relevance for one in kept)])
            following = replace(listing, after=last.sort[:2], told=listing.told + len(new), floor=floor)
        said = [*lost(answer), *([RENEWED] if listing.renewed else [])]
        notes = (BEYOND,) if plan.text and plan.sort.by == "relevance" else ()
        return Batch(kept, following, tuple(said), notes)

    def _read(self, plan: Plan, listing: Listing, size: int) -> tuple[Answer, Listing]:
        listing = listing if listing.view else self._viewed(listing)
        try:
            return self._search(plan, listing, size), listing
        except FrozenViewGoneError:
            listing = self._viewed(replace(listing, renewed=True))
            return self._search(plan, listing, size), listing

    def _search(self, plan: Plan, listing: Listing, size: int) -> Answer:
        also = [one.asset_id for one in listing.also]
        return self._index.search(
            deep_body(plan, also=also, after=listing.after, view=listing.view, size=size, timeout=self._timeout)
        )

    def _viewed(self, listing: Listing) -> Listing:
        try:
            return replace(listing, view=self._views.take(instead_of=listing.view))
        except (IndexRefusedError, SearchUnavailableError):
            # A server that keeps no views, or none of an index in parts: each page is read from it as it is then.
            return replace(listing, view="", renewed=True)


def _plan(request: SearchRequest, principals: Principals, listing: Listing, languages: Sequence[str]) -> Plan:
    """Return what the text legs ask; the others, which have nothing to say of these, weigh as they did before."""
    plan = make_plan(request, principals, [], languages)
    return replace(plan, weights=dict(listing.weights)) if listing.weights else plan


def _relevances(answer: Answer, plan: Plan, listing: Listing) -> Sequence[Ranked]:
    if not plan.text:
        return [Ranked(one.asset_id, _BROWSED) for one in answer.found]
    known = {one.asset_id: one for one in listing.also}
    by_words = {one.asset_id: one for one in judged(answer, plan)}
    ranked, floor = [], listing.floor
    for found in answer.found:
        one = known.get(found.asset_id)
        if one is None:
            one = _beyond(by_words[found.asset_id], listing.told, floor)
            floor = one.relevance
        ranked.append(one)
    return ranked


def _beyond(one: Ranked, told: int, floor: float) -> Ranked:
    """Return a match beyond the window: it follows those before it in rank and in relevance."""
    relevance = min(one.relevance, floor)
    share = relevance / one.relevance if one.relevance else 0.0
    legs = tuple(leg._replace(rank=leg.rank + told, contribution=leg.contribution * share) for leg in one.legs)
    return one._replace(relevance=relevance, legs=legs)
