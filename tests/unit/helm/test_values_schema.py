"""What the chart takes, and what it says of what it does not take."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from drivers.helm_chart import CHART, Document, Helm, RefusedError

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


def _resolved(schema: Document) -> Document:
    while "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _declared(schema: Document, path: str = "") -> Iterator[str]:
    """The dotted path of every value that the schema names."""
    schema = _resolved(schema)
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}{name}"
        yield from _declared(inner, f"{path}{name}.")


def _objects(schema: Document, path: str = "") -> Iterator[tuple[str, Document]]:
    schema = _resolved(schema)
    if schema.get("properties"):
        yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _objects(inner, f"{path}.{name}")


def _given(values: Any, path: str = "") -> Iterator[str]:
    if isinstance(values, dict):
        for name, inner in values.items():
            yield f"{path}{name}"
            yield from _given(inner, f"{path}{name}.")


def test_every_value_is_declared_and_every_declared_value_is_there() -> None:
    """values.yaml and values.schema.json name the same values, so that neither hides one."""
    # Helm's own (global), and what lies below free-form objects.
    components = ("consumer", "backfill", "search", "encoder", "indexJob")
    free = ("global", *(f"{component}.resources." for component in components))
    rolling = tuple(f"{component}.strategy.rollingUpdate." for component in ("consumer", "search", "encoder"))
    own = ("search.settings.auth", "search.settings.search")
    in_values = {path for path in _given(VALUES) if not path.startswith((*free, *rolling, *own))}
    in_schema = {path for path in _declared(SCHEMA) if not path.startswith(free)}
    assert in_values == in_schema


def test_no_object_takes_unknown_values() -> None:
    """A misspelt value is refused everywhere, not ignored."""
    open_ones = [path for path, schema in _objects(SCHEMA) if schema.get("additionalProperties") is not False]
    assert open_ones == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"consumer": {"replica": 2}}, "at '/consumer': additional properties 'replica' not allowed"),
        ({"consumer": {"replicas": "two"}}, "at '/consumer/replicas': got string, want integer"),
        ({"consumer": {"replicas": -1}}, "at '/consumer/replicas': minimum: got -1, want 0"),
        ({"consumer": {"terminationGracePeriodSeconds": 5}}, "at '/consumer/terminationGracePeriodSeconds': minimum"),
        ({"consumer": {"resources": {"limits": {"memory": "2 GB"}}}}, "'2 GB' does not match pattern"),
        ({"consumer": {"image": {"digest": "sha256:12"}}}, "at '/consumer/image/digest': 'sha256:12' does not match"),
        ({"consumer": {"settings": {"FETCH": {}}}}, "invalid propertyName 'FETCH'"),
        ({"consumer": {"extraEnv": [{"value": "x"}]}}, "missing property 'name'"),
        ({"search": {"service": {"port": 70000}}}, "at '/search/service/port': maximum: got 70,000, want 65,535"),
        ({"search": {"ingress": {"enabled": True}}}, "at '/search/ingress/hosts': minItems: got 0, want 1"),
        ({"secrets": {"values": {"auth": {"secret": "short"}}}}, "at '/secrets/values/auth/secret': 'short' does not"),
        ({"image": {"pullPolicy": "Sometimes"}}, "at '/image/pullPolicy': value must be one of 'Always'"),
        ({"consumer": {"autoscaling": {"minReplicas": 0}}}, "at '/consumer/autoscaling/minReplicas': minimum: got 0"),
        (
            {"consumer": {"autoscaling": {"min": 1}}},
            "at '/consumer/autoscaling': additional properties 'min' not allowed",
        ),
        ({"backfill": {"replicas": "two"}}, "at '/backfill/replicas': got string, want integer"),
        ({"monitoring": {"runbookUrl": "our wiki"}}, "at '/monitoring/runbookUrl': 'our wiki' does not match pattern"),
        ({"encoder": {"gpu": {"count": 0}}}, "at '/encoder/gpu/count': minimum: got 0, want 1"),
        ({"encoders": {}}, "additional properties 'encoders' not allowed"),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
def test_bad_values_are_refused(
    helm: Helm, values_file: Callable[[Document], Path], values: Document, said: str
) -> None:
    """A bad value is refused before anything is installed; the message names its path and what it takes."""
    with pytest.raises(RefusedError) as refused:
        helm.template(values=values_file(values))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("kafka.bootstrap_servers=kafka", "at '/settings/kafka/bootstrap_servers': 'kafka' does not match pattern"),
        ("elasticsearch.url=elasticsearch:9200", "at '/settings/elasticsearch/url'"),
        ("index.alias=Assets", "at '/settings/index/alias': 'Assets' does not match pattern"),
        ("models.device=gpu", "at '/settings/models/device': 'gpu' does not match pattern"),
        ("kafka.bootstrapServers=kafka:9092", "additional properties 'bootstrapServers' not allowed"),
    ],
)
def test_bad_settings_are_refused(helm: Helm, settings: str, said: str) -> None:
    """A setting that the program would refuse is refused at install time already."""
    with pytest.raises(RefusedError) as refused:
        helm.template("--set", f"settings.{settings}")
    assert said in str(refused.value)
