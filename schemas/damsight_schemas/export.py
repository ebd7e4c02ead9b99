"""The contract as files for other languages: JSON Schema 2020-12 and AsyncAPI 3.0, generated from the models."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from damsight_schemas import topics
from damsight_schemas.alerts import AlertEvent, AlertType
from damsight_schemas.document import AssetDocument
from damsight_schemas.events import JSON, STRUCTURED, ChangedEvent, DeletedEvent, DiscriminatedEvent, EventType
from damsight_schemas.feedback import Feedback
from damsight_schemas.saved_searches import SavedSearchDraft
from damsight_schemas.search import ProblemDetails, SearchRequest, SearchResponse

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schemas() -> dict[str, dict[str, Any]]:
    """Return file name to JSON Schema, one file for each thing that crosses a process boundary."""
    schemas = {
        "asset-event": TypeAdapter(DiscriminatedEvent).json_schema(),
        "asset-document": AssetDocument.model_json_schema(),
        "search-request": SearchRequest.model_json_schema(),
        "search-response": SearchResponse.model_json_schema(mode="serialization"),
        "feedback": Feedback.model_json_schema(),
        "alert-event": AlertEvent.model_json_schema(mode="serialization"),
        "saved-search": SavedSearchDraft.model_json_schema(),
        "problem": ProblemDetails.model_json_schema(mode="serialization"),
    }
    return {f"{name}.json": {"$schema": DIALECT, **schema} for name, schema in schemas.items()}


def asyncapi(version: str) -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document of the topics that a DAM writes to, and of those that damsight does.

    Source: AsyncAPI 3.0.0, and its Kafka bindings 0.5.0.
    """
    _, definitions = models_json_schema(
        [(ChangedEvent, "validation"), (DeletedEvent, "validation"), (AlertEvent, "serialization")],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "damsight asset events",
            "version": version,
            "description": "What a media asset manager tells damsight: CloudEvents 1.0 over Kafka, keyed by the "
            "asset's id, in structured or binary content mode.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": STRUCTURED,
        "channels": {
            "assets": _channel(topics.ASSETS, "Live changes."),
            "backfill": _channel(topics.BACKFILL, "The same events for what is there already; live goes first."),
            "deadLetters": {
                "address": topics.DEAD_LETTERS,
                "description": "Records that could not be taken: key, value and headers as they came, and why.",
                "messages": {"record": {"contentType": "application/octet-stream", "payload": {}}},
            },
            "alerts": {
                "address": topics.ALERTS,
                "description": "An asset came that a saved search is watched for. Once for each saved search and "
                "asset; should one come twice, both have the same source and id.",
                "messages": {"alertMatched": {"$ref": "#/components/messages/alertMatched"}},
            },
        },
        "operations": {
            "publishAsset": {"action": "receive", "channel": {"$ref": "#/channels/assets"}},
            "publishBackfill": {"action": "receive", "channel": {"$ref": "#/channels/backfill"}},
            "reportDeadLetter": {"action": "send", "channel": {"$ref": "#/channels/deadLetters"}},
            "tellAlert": {"action": "send", "channel": {"$ref": "#/channels/alerts"}},
        },
        "components": {
            "messages": {
                "assetChanged": _message("ChangedEvent", [EventType.CREATED, EventType.UPDATED]),
                "assetDeleted": _message("DeletedEvent", [EventType.DELETED]),
                "alertMatched": {
                    **_message("AlertEvent", [AlertType.MATCHED]),
                    "description": f"Structured ({STRUCTURED}).",
                },
            },
            "schemas": definitions["$defs"],
        },
    }


def _channel(address: str, description: str) -> dict[str, Any]:
    return {
        "address": address,
        "description": description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in ("assetChanged", "assetDeleted")},
    }


def _message(schema: str, types: Sequence[str]) -> dict[str, Any]:
    return {
        "title": ", ".join(types),
        "contentType": STRUCTURED,
        "description": f"Structured ({STRUCTURED}); in binary mode ({JSON}) the attributes are ce_ headers "
        "and the value is `data` alone.",
        "payload": {"$ref": f"#/components/schemas/{schema}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": "The asset's id."}, "bindingVersion": "0.5.0"}},
    }
