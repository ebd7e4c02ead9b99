"""The addresses of feedback: what somebody did with a hit, and forgetting all of one's own."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from damsight_schemas.feedback import Feedback, FeedbackForgotten, FeedbackKept
from damsight_search.api.auth import Gate
from damsight_search.api.search_routes import written
from damsight_search.learning.feedback import FeedbackKeeper


def feedback_routes(keeper: FeedbackKeeper, gate: Gate) -> APIRouter:
    """Return the routes of feedback."""
    router = APIRouter(prefix="/api/v1/feedback", tags=["feedback"])

    @router.post("", response_model=FeedbackKept)
    def keep(http: Request, feedback: Feedback) -> Response:
        """Keep what was done with a hit: it may tune the search, and it is theirs to delete. Once per act and hit."""
        kept = keeper.keep(feedback, gate.principals(http.headers.get("authorization")))
        return written(FeedbackKept(kept=kept))

    @router.delete("", response_model=FeedbackForgotten)
    def forget(http: Request) -> Response:
        """Forget all that was kept of whoever asks."""
        forgotten = keeper.forget(gate.principals(http.headers.get("authorization")))
        return written(FeedbackForgotten(forgotten=forgotten))

    return router
