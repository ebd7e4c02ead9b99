"""Standing searches, and what they find, in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from damsight_consumer.errors import DeadLettersUnavailableError
from damsight_schemas.alerts import AlertEvent
from damsight_schemas.standing import STANDING_SEARCH, StandingQuery

ANNA = "user:anna"


class FakeAlerts:
    """See `damsight_consumer.standing.ports.Alerts`.

    Attributes:
        published: What was acknowledged, each time that it was.
        troubles: How many of the next tries are not.
    """

    def __init__(self) -> None:
        self.published: list[AlertEvent] = []
        self.troubles = 0

    def publish(self, events: Sequence[AlertEvent]) -> None:
        if self.troubles > 0:
            self.troubles -= 1
            raise DeadLettersUnavailableError("the fake topic does not acknowledge")
        self.published.extend(events)

    def close(self) -> None:
        pass


def standing(saved_search_id: str = "one", **told: Any) -> StandingQuery:
    """Return a standing search of Anna's, for what is public unless told otherwise."""
    return StandingQuery(
        **{
            "saved_search_id": saved_search_id,
            "name": f"search {saved_search_id}",
            "owner": ANNA,
            "principals": ("public", ANNA),
            "until": datetime.now(UTC) + timedelta(days=1),
            **told,
        }
    )


def words(*each: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Return words to look for, each with one way."""
    return tuple(((one,),) for one in each)


def body_of(query: StandingQuery) -> dict[str, Any]:
    """Return what is kept of one."""
    return query.model_dump(mode="json")


KIND = STANDING_SEARCH
