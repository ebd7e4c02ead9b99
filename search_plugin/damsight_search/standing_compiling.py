"""A saved search becomes a standing one: what the consumer holds arriving assets against, without the server."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from pydantic import ValidationError

from damsight_schemas.errors import FieldProblem
from damsight_schemas.search import SearchRequest
from damsight_schemas.standing import StandingQuery, StandingVector, require_evaluable
from damsight_search.agreement import Agreement
from damsight_search.errors import RefusedRequestError
from damsight_search.filters import permitted
from damsight_search.looking import Looked, Looking
from damsight_search.plan import VectorLeg, browses, make_plan
from damsight_search.principal import Principals
from damsight_search.standing_scales import Scales
from damsight_search.standing_words import watched_name, watched_words


class Compiling:
    """Compiles. Safe to call from many threads.

    Args:
        looking: Encodes requests.
        agreement: Knows the index's spaces.
        scales: Tells how near is near enough.
    """

    def __init__(self, looking: Looking, agreement: Agreement, scales: Scales) -> None:
        self._looking = looking
        self._agreement = agreement
        self._scales = scales

    def compiled(
        self, request: SearchRequest, who: Principals, *, saved_search_id: str, name: str, owner: str, until: datetime
    ) -> StandingQuery:
        """Return what is watched for.

        Args:
            request: What is looked for.
            who: Whose rights count, from now on.
            saved_search_id: Of which it is compiled.
            name: Its name.
            owner: Whom to tell.
            until: After which it is watched no more.

        Raises:
            RefusedRequestError: It looks for nothing, or for what cannot be watched.
            SearchError: As `Looking.looked`: an asset to be like is not there, the encoder does not answer ...
        """
        looks = not browses(request)
        looked = self._looking.looked(request, who) if looks else Looked(())
        plan = make_plan(request, who, looked.legs)
        conditions = [dict(clause) for clause in plan.filters[len(permitted(who)) :]]
        _refuse_unwatchable(conditions)
        at_least = None if request.min_relevance == "auto" else request.min_relevance
        try:
            return StandingQuery(
                saved_search_id=saved_search_id,
                name=name,
                owner=owner,
                principals=tuple(who),
                filters=tuple(conditions),
                words=watched_words(plan.wording) if "keyword" in plan.weights else (),
                exact=watched_name(plan.wording) if "exact" in plan.weights else "",
                vectors=tuple(self._vectors(plan.vectors, at_least)),
                without=plan.excluded,
                at_least=at_least or 0.0,
                until=until,
                lacks=looked.degraded,
            )
        except ValidationError as error:
            raise RefusedRequestError(
                [FieldProblem("alert", "takes a search that looks for something: words, assets to be like, or filters")]
            ) from error

    def look_again(self) -> None:
        """Read the index's spaces anew.

        Raises:
            SearchUnavailableError: It does not answer.
        """
        self._agreement.look_again()

    def fits(self, query: StandingQuery) -> bool:
        """Tell whether the vectors of a standing search are those of the index, and none is lacking."""
        spaces = self._agreement.indexed()
        return not query.lacks and all(vector.space == getattr(spaces, vector.field) for vector in query.vectors)

    def _vectors(self, legs: Sequence[VectorLeg], at_least: float | None) -> list[StandingVector]:
        spaces = self._agreement.indexed()
        return [
            StandingVector(
                leg=leg.leg,
                field=leg.field,
                space=space,
                vector=base64.b64encode(np.asarray(leg.vector, dtype=">f4").tobytes()).decode("ascii"),
                scale=self._scales.scale(leg, at_least),
            )
            for leg in legs
            if (space := getattr(spaces, leg.field)) is not None
        ]


def _refuse_unwatchable(conditions: Sequence[dict[str, Any]]) -> None:
    for clause in conditions:
        try:
            require_evaluable(clause)
        except ValueError as error:
            raise RefusedRequestError([FieldProblem("request.filters", f"{error}; save it without alert")]) from error
