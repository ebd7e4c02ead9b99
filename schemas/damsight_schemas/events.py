"""Asset events: CloudEvents 1.0 in both content modes of its Kafka binding.

Source: CloudEvents 1.0.2 core, JSON format, and Kafka protocol binding.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, NoReturn
from uuid import uuid4

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from damsight_schemas.asset import AssetId, AssetMetadata, Media, Principal, Revision, Time
from damsight_schemas.errors import EventError, FieldProblem
from damsight_schemas.validation import field_problems

MAX_EVENT_BYTES = 4 * 1024 * 1024
STRUCTURED = "application/cloudevents+json"
JSON = "application/json"

Headers = Iterable[tuple[str, bytes | None]]


class EventType(StrEnum):
    """What happened to the asset."""

    CREATED = "dam.asset.created.v1"
    UPDATED = "dam.asset.updated.v1"
    DELETED = "dam.asset.deleted.v1"


class AssetDeleted(BaseModel):
    """The data of a deleted event: which asset, at which revision."""

    model_config = ConfigDict(frozen=True)

    asset_id: AssetId
    revision: Revision


class AssetChanged(AssetDeleted):
    """The data of a created or updated event: the whole asset as it now is.

    Attributes:
        media: Where its bytes are; left out for an asset that has none.
        metadata: What is typed about it.
        acl: Who may see it; an empty list is nobody.
    """

    media: Media | None = None
    metadata: AssetMetadata = AssetMetadata()
    acl: list[Principal]


class _Envelope(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"]
    id: Annotated[str, StringConstraints(min_length=1, max_length=1024, strict=True)]
    source: Annotated[str, StringConstraints(min_length=1, max_length=2048, strict=True)]
    subject: Annotated[str, StringConstraints(strict=True)] | None = None
    time: Time | None = None
    datacontenttype: Annotated[str, StringConstraints(pattern=r"^application/json\b")] | None = None


class ChangedEvent(_Envelope):
    """A created or updated asset."""

    type: Literal[EventType.CREATED, EventType.UPDATED]
    data: AssetChanged


class DeletedEvent(_Envelope):
    """A deleted asset."""

    type: Literal[EventType.DELETED]
    data: AssetDeleted


AssetEvent = ChangedEvent | DeletedEvent
DiscriminatedEvent = Annotated[AssetEvent, Field(discriminator="type")]
_MODELS: Mapping[str, type[ChangedEvent] | type[DeletedEvent]] = {
    EventType.CREATED: ChangedEvent,
    EventType.UPDATED: ChangedEvent,
    EventType.DELETED: DeletedEvent,
}


def parse_event(value: bytes | None, headers: Headers = ()) -> AssetEvent:
    """Read a Kafka record's value and headers as an asset event, in either content mode.

    A record without a content-type header and without ``ce_`` headers is read as structured JSON, since many
    producers leave the header out.

    Raises:
        EventError: It is no event that we take; every wrong field is named.
    """
    if value is None:
        _refuse("value", "is empty (a Kafka tombstone); a deletion is an event of type dam.asset.deleted.v1")
    if len(value) > MAX_EVENT_BYTES:
        _refuse("value", f"is {len(value):,} bytes; an event takes at most {MAX_EVENT_BYTES:,}")
    named = _named(headers)
    content_type = named.get("content-type", "").partition(";")[0].strip().lower()
    if content_type.startswith("application/cloudevents") and content_type != STRUCTURED:
        _refuse("content-type", f"{content_type!r} is not taken; send {STRUCTURED} or the binary mode")
    attributes = {name[3:]: text for name, text in named.items() if name.startswith("ce_")}
    if content_type == STRUCTURED or not attributes:
        return _validated(_object(value, "value"))
    if content_type not in ("", JSON):
        _refuse("content-type", f"{content_type!r} is not taken; the data of an asset event is {JSON}")
    return _validated({**attributes, "datacontenttype": JSON, "data": _object(value, "data")})


def to_structured(event: AssetEvent) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return the Kafka key, value and headers of an event in structured content mode."""
    body = orjson.dumps(event.model_dump(mode="json", exclude_none=True))
    return event.data.asset_id.encode(), body, [("content-type", STRUCTURED.encode())]


def to_binary(event: AssetEvent) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return the Kafka key, value and headers of an event in binary content mode."""
    whole = event.model_dump(mode="json", exclude_none=True)
    data = whole.pop("data")
    whole.pop("datacontenttype", None)
    headers = [(f"ce_{name}", _canonical(value).encode()) for name, value in whole.items()]
    return event.data.asset_id.encode(), orjson.dumps(data), [*headers, ("content-type", JSON.encode())]


def changed(
    data: AssetChanged,
    *,
    source: str,
    time: Any = None,
    created: bool = False,
    id: str | None = None,  # noqa: A002  CloudEvents' own word
) -> ChangedEvent:
    """Make a created or updated event around an asset, with a fresh event id where none is given."""
    kind: Literal[EventType.CREATED, EventType.UPDATED] = EventType.CREATED if created else EventType.UPDATED
    return ChangedEvent(
        specversion="1.0", id=id or str(uuid4()), source=source, subject=data.asset_id, time=time, type=kind,
        datacontenttype=JSON, data=data,
    )  # fmt: skip


def deleted(asset_id: str, revision: int, *, source: str, time: Any = None) -> DeletedEvent:
    """Make a deleted event with a fresh event id."""
    return DeletedEvent(
        specversion="1.0", id=str(uuid4()), source=source, subject=asset_id, time=time, type=EventType.DELETED,
        datacontenttype=JSON, data=AssetDeleted(asset_id=asset_id, revision=revision),
    )  # fmt: skip


def _canonical(value: object) -> str:
    # CloudEvents 1.0.2, type system: the canonical string of a boolean is lower case.
    return str(value).lower() if isinstance(value, bool) else str(value)


def _validated(body: dict[str, Any]) -> AssetEvent:
    data = body.get("data")
    told = data.get("asset_id") if isinstance(data, dict) else None
    asset_id = told if isinstance(told, str) else None
    model = _MODELS.get(body["type"]) if isinstance(body.get("type"), str) else None
    if model is None:
        known = ", ".join(EventType)
        given = repr(body["type"]) if "type" in body else "nothing"
        raise EventError([FieldProblem("type", f"takes one of {known} (given: {given})")], asset_id)
    try:
        event = model.model_validate(body)
    except ValidationError as error:
        raise EventError(field_problems(error), asset_id) from error
    if event.subject not in (None, event.data.asset_id):
        problem = f"is not data.asset_id; send the asset's id in both (given: {event.subject!r})"
        raise EventError([FieldProblem("subject", problem)], event.data.asset_id)
    return event


def _object(value: bytes, field: str) -> dict[str, Any]:
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise EventError([FieldProblem(field, f"is not JSON: {error}")]) from error
    if not isinstance(parsed, dict):
        _refuse(field, f"takes a JSON object (given: {type(parsed).__name__})")
    return parsed


def _named(headers: Headers) -> dict[str, str]:
    named: dict[str, str] = {}
    for raw_name, raw in headers:
        name = raw_name.lower()
        if not (name == "content-type" or name.startswith("ce_")):
            continue
        if raw is None:
            _refuse(f"header {name}", "has no value; leave the header out or give it one")
        if name in named:
            _refuse(f"header {name}", "is there twice; CloudEvents takes each attribute once")
        try:
            named[name] = raw.decode()
        except UnicodeDecodeError as error:
            raise EventError([FieldProblem(f"header {name}", f"is not UTF-8: {error}")]) from error
    return named


def _refuse(field: str, problem: str) -> NoReturn:
    raise EventError([FieldProblem(field, problem)])
