"""Asset events are read in both content modes, and what is wrong with one is told by field."""

import json
from typing import Any

import orjson
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, from_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from damsight_schemas.errors import EventError
from damsight_schemas.events import (
    MAX_EVENT_BYTES,
    ChangedEvent,
    DeletedEvent,
    EventType,
    parse_event,
    to_binary,
    to_structured,
)
from examples.events import BAD_EVENTS, body, with_data

STRUCTURED = [("content-type", b"application/cloudevents+json")]


def value(whole: dict[str, Any]) -> bytes:
    return orjson.dumps(whole)


def binary(whole: dict[str, Any]) -> tuple[bytes, list[tuple[str, bytes | None]]]:
    attributes = {k: v for k, v in whole.items() if k not in ("data", "datacontenttype")}
    headers: list[tuple[str, bytes | None]] = [(f"ce_{k}", str(v).encode()) for k, v in attributes.items()]
    return orjson.dumps(whole["data"]), [*headers, ("content-type", b"application/json")]


def test_structured_and_binary_modes_read_the_same_event() -> None:
    """Both content modes of the Kafka binding carry the same event."""
    structured = parse_event(value(body()), STRUCTURED)
    in_binary = parse_event(*binary(body()))
    assert structured == in_binary
    assert isinstance(structured, ChangedEvent)
    assert structured.data.metadata.title == "Élan"
    assert structured.data.metadata.created_at is None
    assert structured.data.media is not None
    assert structured.data.media.sha256 is None


def test_a_record_without_headers_is_read_as_structured() -> None:
    """Producers that leave the content type out are understood."""
    assert parse_event(value(body())).data.asset_id == "asset-42"


def test_a_deleted_event_carries_id_and_revision_alone() -> None:
    """A deletion needs neither media nor acl."""
    event = parse_event(value(body(type="dam.asset.deleted.v1", data={"asset_id": "asset-42", "revision": 8})))
    assert isinstance(event, DeletedEvent)
    assert event.data.revision == 8


@pytest.mark.parametrize("mode", [to_structured, to_binary])
def test_what_is_written_is_read_back(mode: Any) -> None:
    """Writing and reading an event, extensions included, is lossless in both modes."""
    event = parse_event(value(body(traceparent="00-abc-def-01")), STRUCTURED)
    key, written, headers = mode(event)
    assert key == b"asset-42"
    assert parse_event(written, headers) == event


def test_another_library_reads_what_is_written() -> None:
    """The CNCF's own SDK reads both modes: the form is the standard's, not ours."""
    event = parse_event(value(body()), STRUCTURED)
    for mode, read in ((to_structured, from_structured), (to_binary, from_binary)):
        key, written, headers = mode(event)
        message = KafkaMessage(headers=dict(headers), key=key, value=written)
        theirs = read(message, JSONFormat(), CloudEvent)
        assert theirs.get_id() == "e-1"
        assert theirs.get_type() == EventType.CREATED
        assert theirs.get_subject() == "asset-42"


@pytest.mark.parametrize(("whole", "field"), BAD_EVENTS)
def test_a_bad_event_names_the_field(whole: dict[str, Any], field: str) -> None:
    """Each way an event can be wrong ends in an error that names the field and stays short."""
    with pytest.raises(EventError) as caught:
        parse_event(value(whole), STRUCTURED)
    assert field in [problem.field for problem in caught.value.problems]
    assert len(str(caught.value)) < 2000


def test_the_error_names_the_asset_where_it_is_known() -> None:
    """An operator sees which asset is concerned."""
    with pytest.raises(EventError, match="asset-42") as caught:
        parse_event(value(with_data(revision=0)))
    assert caught.value.asset_id == "asset-42"


BAD_RECORDS = [
    pytest.param(None, [], "value", id="kafka-tombstone"),
    pytest.param(b"", [], "value", id="empty"),
    pytest.param(b"not json", [], "value", id="no-json"),
    pytest.param(b"[1]", [], "value", id="a-list"),
    pytest.param(b'{"a": "\xff"}', [], "value", id="invalid-utf8"),
    pytest.param(b" " * (MAX_EVENT_BYTES + 1), [], "value", id="too-big"),
    pytest.param(b"{}", [("ce_id", None)], "header ce_id", id="none-header"),
    pytest.param(b"{}", [("ce_id", b"1"), ("CE_ID", b"2")], "header ce_id", id="header-twice"),
    pytest.param(b"{}", [("ce_id", b"\xff")], "header ce_id", id="header-no-utf8"),
    pytest.param(b"{}", [("content-type", b"application/cloudevents-batch+json")], "content-type", id="batch"),
    pytest.param(b"{}", [("ce_id", b"1"), ("content-type", b"text/plain")], "content-type", id="binary-text"),
    pytest.param(b"nope", [("ce_id", b"1"), ("ce_type", b"dam.asset.created.v1")], "data", id="binary-no-json"),
]


@pytest.mark.parametrize(("raw", "headers", "field"), BAD_RECORDS)
def test_a_bad_record_names_what_is_wrong(
    raw: bytes | None, headers: list[tuple[str, bytes | None]], field: str
) -> None:
    """Bytes and headers that are no event at all are told apart, never crashed on."""
    with pytest.raises(EventError) as caught:
        parse_event(raw, headers)
    assert field in [problem.field for problem in caught.value.problems]


def test_a_missing_acl_is_an_error_and_an_empty_one_is_nobody() -> None:
    """Nobody becomes visible by forgetting a field."""
    data = {k: v for k, v in body()["data"].items() if k != "acl"}
    with pytest.raises(EventError, match=r"data\.acl"):
        parse_event(value(body(data=data)))
    event = parse_event(value(with_data(acl=[])))
    assert isinstance(event, ChangedEvent)
    assert event.data.acl == []


def test_unknown_fields_in_the_data_are_passed_over() -> None:
    """A newer DAM may send more than this version reads."""
    assert parse_event(value(with_data(colour="red"))).data.asset_id == "asset-42"


def is_event_or_told(raw: bytes, headers: Any) -> bool:
    try:
        return parse_event(raw, headers).specversion == "1.0"
    except EventError as error:
        return len(error.problems) > 0


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.binary(max_size=300), st.lists(st.tuples(st.text(max_size=20), st.none() | st.binary(max_size=20)), max_size=5)
)
def test_no_bytes_raise_anything_but_an_event_error(raw: bytes, headers: list[tuple[str, bytes | None]]) -> None:
    """Whatever a record holds, it is an event or an EventError."""
    assert is_event_or_told(raw, headers)


@given(st.sampled_from(sorted(body())), JSON_VALUES)
def test_no_json_raises_anything_but_an_event_error(field: str, given_value: Any) -> None:
    """Whatever JSON stands in a field, it is an event or an EventError."""
    assert is_event_or_told(json.dumps(body(**{field: given_value})).encode(), STRUCTURED)
