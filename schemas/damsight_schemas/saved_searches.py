"""Saved searches and the alerts of those that are watched for: what the API takes and answers."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from damsight_schemas.search import Leg, SearchRequest
from damsight_schemas.standing import Name

MOST_AT_ONCE = 200
_ALERT_ID = r"^[0-9a-f]{40}$"

AlertId = Annotated[str, Field(pattern=_ALERT_ID)]


class SavedSearchDraft(BaseModel):
    """A search to save.

    Attributes:
        request: Without a cursor.
        alert: Tell its owner of assets that arrive and match.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    request: SearchRequest
    alert: bool = False

    @model_validator(mode="after")
    def _begins_at_the_beginning(self) -> Self:
        if self.request.cursor is not None:
            raise ValueError("a saved request takes no cursor: leave it out")
        return self


class StandingState(BaseModel):
    """How a search is watched for.

    Attributes:
        watched: Arriving assets are held against it; false until it could be compiled.
        until: After which it is not any more, unless its owner comes back.
        lacks: What is not watched for, in words.
    """

    model_config = ConfigDict(frozen=True)

    watched: bool
    until: datetime | None = None
    lacks: list[str] = []


class SavedSearch(BaseModel):
    """A saved search, as its owner sees it.

    Attributes:
        standing: Where `alert` is true.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: Name
    request: SearchRequest
    alert: bool
    created_at: datetime
    modified_at: datetime
    standing: StandingState | None = None


class SavedSearches(BaseModel):
    """All of somebody's saved searches, by their names."""

    model_config = ConfigDict(frozen=True)

    saved_searches: list[SavedSearch]


class Alert(BaseModel):
    """An asset came that a saved search looks for, and its owner may see it now.

    Attributes:
        name: Of the saved search, when it matched.
        revision: Of the asset, that matched.
        relevance: 0..1.
        legs: Which found it; none where filters alone decide.
        at: When it came.
        asset: The metadata as it is now; never a vector.
    """

    model_config = ConfigDict(frozen=True)

    id: AlertId
    saved_search_id: str
    name: Name
    asset_id: str
    revision: int
    relevance: float
    legs: list[Leg] = []
    at: datetime
    read: bool
    asset: dict[str, Any] = {}


class Alerts(BaseModel):
    """Somebody's alerts, the newest first.

    Attributes:
        cursor: For those that follow; none where there are no more.
        unread: How many are not read; counted to 100.
    """

    model_config = ConfigDict(frozen=True)

    alerts: list[Alert]
    cursor: str | None = None
    unread: int


class AlertsRead(BaseModel):
    """Which alerts somebody has read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alert_ids: Annotated[list[AlertId], Field(min_length=1, max_length=MOST_AT_ONCE)]


class Changed(BaseModel):
    """How many were changed; those of others, and those that are not there, are not counted."""

    model_config = ConfigDict(frozen=True)

    changed: int
