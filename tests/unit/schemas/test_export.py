"""The generated contract files are valid, complete, and the same as the models they come from."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate as validate_openapi

from damsight_schemas import topics
from damsight_schemas.export import asyncapi, json_schemas
from examples.events import BAD_EVENTS, body

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", sorted(json_schemas()))
def test_each_json_schema_is_valid(name: str) -> None:
    """Each file is a JSON Schema of its own dialect."""
    Draft202012Validator.check_schema(json_schemas()[name])


def test_the_event_schema_takes_and_refuses_what_the_reader_does() -> None:
    """Somebody who validates with the schema alone gets the same answer for types, ranges and missing fields."""
    validator = Draft202012Validator(json_schemas()["asset-event.json"])
    plain = body()
    plain["data"]["media"].pop("sha256")
    plain["data"]["metadata"].pop("created_at")
    validator.validate(plain)
    by_name = {case.id: case.values[0] for case in BAD_EVENTS}
    for name in ("unknown-version", "unknown-type", "no-id", "revision-zero", "revision-text", "unknown-principal"):
        assert not validator.is_valid(by_name[name]), name


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    if isinstance(node, list):
        return [found for value in node for found in references(value)]
    return []


def test_asyncapi_names_the_topics_and_every_reference_leads_somewhere() -> None:
    """The document is whole: each $ref is there, and the channels are the real topics."""
    document = asyncapi("1.2.3")
    for reference in references(document):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {topics.ASSETS, topics.BACKFILL, topics.DEAD_LETTERS, topics.ALERTS}
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_files_in_the_repository_are_as_generated() -> None:
    """Nobody changes a model without the files that others read."""
    outcome = subprocess.run(
        [sys.executable, ROOT / "scripts" / "export_contract.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, f"{outcome.stdout}{outcome.stderr}: run python scripts/export_contract.py"


def test_openapi_is_a_valid_3_1_document() -> None:
    """The HTTP API's document holds against the OpenAPI 3.1 schema."""
    document = yaml.safe_load((ROOT / "schemas" / "openapi.yaml").read_text(encoding="utf-8"))
    assert document["openapi"].startswith("3.1")
    validate_openapi(document)
