"""The client, and the translation of its errors."""

import inspect
from typing import Any

import elastic_transport
import elasticsearch
import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig

from damsight_index import connect, translated
from damsight_index.connection import reason_of
from damsight_index.errors import (
    IndexAccessError,
    IndexConflictError,
    IndexMissingError,
    IndexRejectedError,
    IndexTimeoutError,
    IndexUnavailableError,
    SearchIndexError,
)
from damsight_schemas.connections import ElasticsearchSettings


def api_error(status: int, body: Any) -> elasticsearch.ApiError:
    meta = ApiResponseMeta(status, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "127.0.0.1", 9200))
    return elasticsearch.ApiError("failed", meta=meta, body=body)


def raised(error: Exception) -> SearchIndexError:
    with pytest.raises(SearchIndexError) as ours, translated("trying"):
        raise error
    return ours.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, IndexRejectedError),
        (401, IndexAccessError),
        (403, IndexAccessError),
        (404, IndexMissingError),
        (409, IndexConflictError),
        (413, IndexRejectedError),
        (429, IndexUnavailableError),
        (503, IndexUnavailableError),
        (504, IndexTimeoutError),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[SearchIndexError]) -> None:
    """Whoever catches learns whether trying again may help, and reads Elasticsearch's own reason."""
    body = {"error": {"type": "x", "reason": "outer", "root_cause": [{"reason": "the root"}]}}
    error = raised(api_error(status, body))
    assert type(error) is kind
    assert str(error).startswith(f"trying: Elasticsearch answered {status}: the root")


def test_an_index_that_is_already_there_is_a_conflict() -> None:
    """Elasticsearch says 400 for it; to us it is a race that was lost."""
    body = {"error": {"type": "resource_already_exists_exception", "reason": "index [a] already exists"}}
    assert type(raised(api_error(400, body))) is IndexConflictError


def test_no_error_of_the_client_gets_through() -> None:
    """Every exception that the vendor's packages export is translated."""
    kinds = {
        kind
        for module in (elasticsearch, elastic_transport)
        for kind in vars(module).values()
        if inspect.isclass(kind) and issubclass(kind, elastic_transport.TransportError | elasticsearch.ApiError)
    }
    assert len(kinds) > 8
    for kind in kinds:
        made = api_error(400, None) if issubclass(kind, elasticsearch.ApiError) else kind("gone")
        assert isinstance(raised(made), SearchIndexError)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, ""),
        ("plain", ""),
        ({"error": "plain"}, "plain"),
        ({"error": {"reason": "a", "caused_by": {"reason": "b"}}}, "a; b"),
        ({"error": {"reason": "a", "root_cause": []}}, "a"),
    ],
)
def test_the_reason_is_found_wherever_it_is(body: Any, reason: str) -> None:
    """Answers of proxies and of Elasticsearch have different shapes."""
    assert reason_of(body) == reason


def test_nothing_connects_before_the_first_request() -> None:
    """A client for a server that is not there can be made, and its first request says what to do."""
    client = connect(ElasticsearchSettings(url="http://127.0.0.1:9", timeout_s=1))
    with pytest.raises(IndexUnavailableError, match="DAMSIGHT_ELASTICSEARCH__URL"), translated("asking"):
        client.cluster.health()
    client.close()
