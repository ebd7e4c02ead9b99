"""From a request to its window, and to what is counted beside its first page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from damsight_schemas.search import SearchRequest
from damsight_search.agreement import Agreement
from damsight_search.conditions import facet_counts
from damsight_search.conditions.facet_counts import Counting
from damsight_search.duplication.folding import Folding
from damsight_search.learning.personal import Personal
from damsight_search.plan import Plan, make_plan
from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals
from damsight_search.relevance.weighing import UNCALIBRATED, Weighing
from damsight_search.results import relevant
from damsight_search.results.window import Window, open_window
from damsight_search.vectors.looking import Looking
from damsight_search.vectors.reordering import Reordering
from damsight_search.words.understanding import understood


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
        window = open_window(self.index, self.agreement, plan, request, timeout=self.timeout)
        counting = self._counting(plan, window, request) if plan.facets else ()
        # Distances are to what was asked for, whatever is subtracted from it to compare by cosines.
        asked = replace(plan, vectors=plain.vectors)
        window = self.reordering.reordered(window, asked, request, who, turns_from=looked.aversion)
        window = self.folding.fold(window, who) if request.group_duplicates else window
        return replace(window, degraded=(*looked.degraded, *said, *window.degraded)), counting

    def _leaning(self, plan: Plan, request: SearchRequest, who: Principals) -> tuple[Plan, tuple[str, ...]]:
        if self.personal is not None:
            return self.personal.leaning(plan, request, who, self.agreement.indexed())
        return plan, ("Not ranked for a person: nothing is kept of people here.",) if request.personal else ()

    def _counting(self, plan: Plan, window: Window, request: SearchRequest) -> Counting:
        chosen = facet_counts.chosen([*request.filters, *understood(request).filters], plan.facets)
        siblings = window.extent.relevant
        # Words match the same whatever is chosen; which are nearest, and which are relevant enough, does not.
        if chosen and (siblings.words is None or plan.vectors):
            refused = [clause for several in chosen.values() for clause in several]
            wide = replace(plan, leaning=None, filters=tuple(facet_counts.without(plan.filters, refused)))
            siblings = open_window(self.index, self.agreement, wide, request, timeout=self.timeout).extent.relevant
        return relevant.counting(plan.facets, plan.filters, chosen, window.extent.relevant, siblings)
