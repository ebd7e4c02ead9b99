"""The addresses of concepts: each belongs to whoever taught it, and may be shared."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from damsight_schemas.concepts import Concept, ConceptDraft, Concepts
from damsight_search.api.auth import Gate
from damsight_search.api.search_routes import written
from damsight_search.learning.concepts import ConceptKeeper
from damsight_search.principal import Principals

ConceptId = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[0-9a-z-]+$")]
_CREATED, _NO_CONTENT = 201, 204


def concept_routes(keeper: ConceptKeeper, gate: Gate) -> APIRouter:
    """Return the routes of concepts."""
    router = APIRouter(prefix="/api/v1/concepts", tags=["concepts"])

    def who(http: Request) -> Principals:
        return gate.principals(http.headers.get("authorization"))

    @router.post("", response_model=Concept, status_code=_CREATED)
    def create(http: Request, draft: ConceptDraft) -> Response:
        """Learn a concept from good and bad examples; `quality` tells how well. One good example is enough to begin."""
        answer = written(keeper.create(draft, who(http)))
        answer.status_code = _CREATED
        return answer

    @router.get("", response_model=Concepts)
    def listed(http: Request) -> Response:
        """Return one's own concepts and those that are shared, by their names."""
        return written(Concepts(concepts=keeper.listed(who(http))))

    @router.get("/{concept_id}", response_model=Concept)
    def one(http: Request, concept_id: ConceptId) -> Response:
        """Return a concept that one may use."""
        return written(keeper.get(concept_id, who(http)))

    @router.put("/{concept_id}", response_model=Concept)
    def replace(http: Request, concept_id: ConceptId, draft: ConceptDraft) -> Response:
        """Learn a concept anew; its owner may, and of a shared one an admin."""
        return written(keeper.replace(concept_id, draft, who(http)))

    @router.delete("/{concept_id}", status_code=_NO_CONTENT)
    def delete(http: Request, concept_id: ConceptId) -> Response:
        """Forget a concept; its owner may, and of a shared one an admin."""
        keeper.delete(concept_id, who(http))
        return Response(status_code=_NO_CONTENT)

    return router
