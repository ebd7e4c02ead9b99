"""From a request to its window, and to what is counted beside its first page."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace

from damsight_schemas.search import SearchRequest
from damsight_search.agreement import Agreement
from damsight_search.conditions import facet_counts
from damsight_search.conditions.facet_counts import Counting
from damsight_search.conditions.filters import Clause
from damsight_search.duplication.folding import Folding
from damsight_search.learning.personal import Personal
from damsight_search.plan import Plan, make_plan
from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals
from damsight_search.relevance.weighing import UNCALIBRATED, Weighing
from damsight_search.results import relevant
from damsight_search.results.relevant import Relevant
from damsight_search.results.window import Window, open_window
from damsight_search.vectors.looking import Looking
from damsight_search.vectors.reordering import Reordering
from damsight_search.words.understanding import understood

Chosen = Mapping[str, Sequence[Clause]]
"""The clauses of the filters on each field that is counted."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Opens windows.

    Attributes:
        index: Where the assets are.
        agreement: Which vector fields the index and the models agree on.
        looking: Encodes.
        reordering: Orders by stored vectors.
        folding: Puts duplicates together.
        languages: That the index is made for.
        timeout: As Elasticsearch writes it.
        beside: For what is asked at the same time.
        weighing: Weighs the legs.
        personal: Knows people's profiles; none: nothing is kept of people.
    """

    index: SearchIndex
    agreement: Agreement
    looking: Looking
    reordering: Reordering
    folding: Folding
    languages: Sequence[str]
    timeout: str
    beside: Executor
    weighing: Weighing = UNCALIBRATED
    personal: Personal | None = None

    def window(self, request: SearchRequest, who: Principals, pictures: Sequence[bytes]) -> tuple[Window, Counting]:
        """Return a request's window, and the facets to count with its first page.

        Raises:
            SearchError: As for `damsight_search.service.SearchService.search`.
        """
        looked = self.looking.looked(request, who, pictures)
        plain = make_plan(request, who, looked.legs, self.languages)
        plan = self.weighing.weighed(plain, request, has_picture=bool(pictures))
        plan, said = self._leaning(plan, request, who)
        chosen = _chosen(plan, request) if plan.facets else {}
        wide = self._asked_beside(plan, chosen, request)
        window = open_window(self.index, self.agreement, plan, request, timeout=self.timeout)
        siblings = self._siblings_of(window, wide, plan, chosen, request)
        relevant_now = window.extent.relevant
        counting = relevant.counting(plan.facets, plan.filters, chosen, relevant_now, siblings) if plan.facets else ()
        # Distances are to what was asked for, whatever is subtracted from it to compare by cosines.
        asked = replace(plan, vectors=plain.vectors)
        window = self.reordering.reordered(window, asked, request, who, turns_from=looked.aversion)
        window = self.folding.fold(window, who) if request.group_duplicates else window
        return replace(window, degraded=(*looked.degraded, *said, *window.degraded)), counting

    def _leaning(self, plan: Plan, request: SearchRequest, who: Principals) -> tuple[Plan, tuple[str, ...]]:
        if self.personal is not None:
            return self.personal.leaning(plan, request, who, self.agreement.indexed())
        return plan, ("Not ranked for a person: nothing is kept of people here.",) if request.personal else ()

    def _asked_beside(self, plan: Plan, chosen: Chosen, request: SearchRequest) -> "Future[Relevant] | None":
        """Begin to look for the siblings of what is chosen, where they are sure to be needed: neither needs the other.

        Where the window fails nobody asks for them any more, and they fail alike.
        """
        # Words match the same whatever is chosen; which are nearest, and which are relevant enough, does not.
        return self.beside.submit(self._siblings, plan, chosen, request) if chosen and plan.vectors else None

    def _siblings_of(
        self, window: Window, wide: "Future[Relevant] | None", plan: Plan, chosen: Chosen, request: SearchRequest
    ) -> Relevant:
        if wide is not None:
            return wide.result()
        told = window.extent.relevant
        return self._siblings(plan, chosen, request) if chosen and told.words is None else told

    def _siblings(self, plan: Plan, chosen: Chosen, request: SearchRequest) -> Relevant:
        """Return what would be relevant if nothing of the facets were chosen."""
        refused = [clause for several in chosen.values() for clause in several]
        wide = replace(plan, leaning=None, filters=tuple(facet_counts.without(plan.filters, refused)))
        return open_window(self.index, self.agreement, wide, request, timeout=self.timeout).extent.relevant


def _chosen(plan: Plan, request: SearchRequest) -> Chosen:
    return facet_counts.chosen([*request.filters, *understood(request).filters], plan.facets)
