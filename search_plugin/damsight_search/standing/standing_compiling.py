"""A saved search becomes a standing one: what the consumer holds arriving assets against, without the server."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from pydantic import ValidationError

from damsight_schemas.errors import FieldProblem
from damsight_schemas.search import Leg, SearchRequest
from damsight_schemas.standing import StandingQuery, StandingVector, require_evaluable
from damsight_search.agreement import Agreement
from damsight_search.conditions.filters import permitted
from damsight_search.errors import RefusedRequestError
from damsight_search.plan import Plan, browses, make_plan
from damsight_search.principal import Principals
from damsight_search.relevance.calibration import Calibration
from damsight_search.relevance.cutting import AUTO
from damsight_search.relevance.weighing import UNCALIBRATED, Weighing
from damsight_search.standing.standing_scales import calibrated_scale, conservative_scale
from damsight_search.standing.standing_words import watched_name, watched_words
from damsight_search.vectors.looking import Looked, Looking


class Compiling:
    """Compiles. Safe to call from many threads.

    Args:
        looking: Encodes requests.
        agreement: Knows the index's spaces.
        weighing: Weighs the legs, and knows how the index's scores are calibrated.
    """

    def __init__(self, looking: Looking, agreement: Agreement, weighing: Weighing = UNCALIBRATED) -> None:
        self._looking = looking
        self._agreement = agreement
        self._weighing = weighing

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
        plan = self._weighing.weighed(make_plan(request, who, looked.legs), request, has_picture=False)
        conditions = [dict(clause) for clause in plan.filters[len(permitted(who)) :]]
        _refuse_unwatchable(conditions)
        calibration = plan.calibration
        try:
            return StandingQuery(
                saved_search_id=saved_search_id,
                name=name,
                owner=owner,
                principals=tuple(who),
                filters=tuple(conditions),
                words=watched_words(plan.wording) if "keyword" in plan.weights else (),
                exact=watched_name(plan.wording) if "exact" in plan.weights else "",
                vectors=tuple(self._vectors(plan, calibration)),
                agree="any" if calibration is None else "sum",
                words_weight=_share(plan, "keyword"),
                among=None if calibration is None else max(1.0, float(calibration.assets)),
                compiled_by=_sign(calibration),
                without=plan.excluded,
                at_least=_at_least(request, calibration),
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
        """Tell whether a standing search is what would be compiled now, as far as the index and its models tell."""
        spaces, calibration = self._agreement.indexed(), self._weighing.known()
        same_spaces = all(vector.space == getattr(spaces, vector.field) for vector in query.vectors)
        return not query.lacks and same_spaces and (not query.vectors or query.compiled_by == _sign(calibration))

    def _vectors(self, plan: Plan, calibration: Calibration | None) -> list[StandingVector]:
        spaces = self._agreement.indexed()
        return [
            StandingVector(
                leg=leg.leg,
                field=leg.field,
                space=space,
                vector=base64.b64encode(np.asarray(leg.vector, dtype=">f4").tobytes()).decode("ascii"),
                scale=conservative_scale(leg) if calibration is None else calibrated_scale(leg, calibration),
                weight=_share(plan, leg.leg),
            )
            for leg in plan.vectors
            if leg.leg in plan.weights and (space := getattr(spaces, leg.field)) is not None
        ]


def _sign(calibration: Calibration | None) -> str:
    return "" if calibration is None else f"{calibration.generation}@{calibration.taken_at}"


def _share(plan: Plan, leg: Leg) -> float:
    """Return a leg's weight beside the largest, as the search adds evidence up."""
    largest = max((weight for name, weight in plan.weights.items() if name != "exact"), default=1.0)
    return min(1.0, plan.weights.get(leg, 0.0) / largest)


def _at_least(request: SearchRequest, calibration: Calibration | None) -> float:
    if request.min_relevance != "auto":
        return request.min_relevance
    return 0.0 if calibration is None else AUTO


def _refuse_unwatchable(conditions: Sequence[dict[str, Any]]) -> None:
    for clause in conditions:
        try:
            require_evaluable(clause)
        except ValueError as error:
            raise RefusedRequestError([FieldProblem("request.filters", f"{error}; save it without alert")]) from error
