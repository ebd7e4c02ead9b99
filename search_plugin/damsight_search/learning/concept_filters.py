"""Filters by a concept, made into clauses before anything is planned: what it takes is the asker's own matter."""

from collections.abc import Sequence
from dataclasses import dataclass

from damsight_schemas.errors import FieldProblem
from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest
from damsight_search.conditions.filters import CONCEPT, Clause, CompiledFilter, permitted
from damsight_search.errors import RefusedRequestError
from damsight_search.learning.concept_clauses import MEETING, MOST, counting_body, meeting, within
from damsight_search.learning.concept_records import KeptConcept
from damsight_search.learning.concepts import ConceptKeeper
from damsight_search.principal import Principals


@dataclass(frozen=True, slots=True)
class ConceptFilters:
    """Makes filters by concepts into clauses.

    Attributes:
        keeper: Knows the concepts.
    """

    keeper: ConceptKeeper

    def compiled(self, request: SearchRequest, who: Principals) -> tuple[SearchRequest, list[str]]:
        """Return a request whose filters can be asked for, and what is to be said of it.

        A request without such a filter costs nothing; each one costs two small requests.

        Raises:
            RefusedRequestError: There is no such concept, or it cannot be learnt in the index's space (yet).
            SearchError: The index does not answer as it should.
        """
        if not any(one.field == CONCEPT for one in request.filters):
            return request, []
        said: list[str] = []
        filters = [
            self._compiled(one, f"filters.{place}", who, said) if one.field == CONCEPT else one
            for place, one in enumerate(request.filters)
        ]
        return request.model_copy(update={"filters": filters}), said

    def _compiled(self, one: Filter, place: str, who: Principals, said: list[str]) -> Filter:
        if one.op not in ("is", "not") or not isinstance(one.value, str):
            raise RefusedRequestError([FieldProblem(f"{place}.op", "a concept takes 'is' or 'not', and its name")])
        kept = self.keeper.named(one.value, who)
        if kept is None:
            raise RefusedRequestError([FieldProblem(f"{place}.value", f"there is no concept {one.value!r:.120}")])
        clause, generation, count = self._asked(kept, place, who)
        if count >= MOST:
            said.append(
                f"The concept {kept.name!r} is met by {count:,} assets or more: of each part of the index the "
                f"{MOST:,} that meet it best are taken."
            )
        clause = within(generation, clause, wanted=one.op == "is")
        return CompiledFilter(field=one.field, op=one.op, value=one.value, clause=clause)

    def _asked(self, kept: KeptConcept, place: str, who: Principals) -> tuple[Clause, str, int]:
        learning, filters = self.keeper.learning, permitted(who)
        clause, generation, count = self._tried(kept, place, who, filters)
        if not learning.agreement.holds(generation):
            # Another generation is live than the one that we knew; its spaces are known now.
            clause, generation, count = self._tried(kept, place, who, filters)
        return clause, generation, count

    def _tried(
        self, kept: KeptConcept, place: str, who: Principals, filters: Sequence[Clause]
    ) -> tuple[Clause, str, int]:
        learning = self.keeper.learning
        try:
            probe = self.keeper.fitting(kept, who).learnt.probe
        except RefusedRequestError as error:
            problem = f"the concept {kept.name!r} cannot be learnt in {learning.space()}: {error}"
            raise RefusedRequestError([FieldProblem(f"{place}.value", problem)]) from error
        clause = meeting(probe, filters, learning.agreement.indexed().similarity)
        answer = learning.index.search(counting_body(clause, filters, timeout=learning.timeout))
        return clause, answer.generation, int(answer.aggregations[MEETING]["doc_count"])
