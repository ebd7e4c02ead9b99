"""An alert: an asset came that a standing search looks for. One CloudEvents event per saved search and asset.

Source: CloudEvents 1.0.2: events of one ``source`` and ``id`` are one event, however often they come.
"""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final, Literal

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from damsight_schemas.asset import AssetId, Principal, Revision
from damsight_schemas.events import STRUCTURED
from damsight_schemas.search import Leg
from damsight_schemas.standing import Name

SOURCE: Final = "/damsight/standing-searches"
_ID_LENGTH = 40


class AlertType(StrEnum):
    """What is told."""

    MATCHED = "dam.alert.matched.v1"


class AlertMatched(BaseModel):
    """The data of an alert.

    Attributes:
        name: Of the saved search, when it was matched.
        owner: Whom to tell.
        revision: Of the asset, that matched.
        relevance: 0..1.
        legs: Which found it; none where the filters alone decide.
    """

    model_config = ConfigDict(frozen=True)

    saved_search_id: str
    name: Name
    owner: Principal
    asset_id: AssetId
    revision: Revision
    relevance: Annotated[float, Field(ge=0, le=1)]
    legs: list[Leg] = []


class AlertEvent(BaseModel):
    """An alert as it stands on the topic, in structured content mode, keyed by the asset's id.

    Attributes:
        id: The same for the same saved search and asset, always: what comes twice is one alert.
        subject: The asset's id.
    """

    model_config = ConfigDict(frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: Literal["/damsight/standing-searches"] = SOURCE
    subject: str
    time: AwareDatetime
    type: Literal[AlertType.MATCHED] = AlertType.MATCHED
    datacontenttype: Literal["application/json"] = "application/json"
    data: AlertMatched


def alert_id(saved_search_id: str, asset_id: str) -> str:
    """Return the one id of a saved search's alert about an asset, 40 hex digits."""
    return sha256(f"{saved_search_id}\n{asset_id}".encode()).hexdigest()[:_ID_LENGTH]


def alert_event(data: AlertMatched, *, time: datetime) -> AlertEvent:
    """Return the event that tells of a match."""
    return AlertEvent(id=alert_id(data.saved_search_id, data.asset_id), subject=data.asset_id, time=time, data=data)


def to_record(event: AlertEvent) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return the Kafka key, value and headers of an alert."""
    return event.subject.encode(), orjson.dumps(event.model_dump(mode="json")), [("content-type", STRUCTURED.encode())]
