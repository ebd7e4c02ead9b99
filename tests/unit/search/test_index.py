"""The adapter for Elasticsearch: what it makes of answers and faults, over a real connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from typing import Any

import orjson
import pytest

from damsight_index import connect
from damsight_schemas.connections import ElasticsearchSettings
from damsight_search.errors import IndexRefusedError, SearchTimeoutError, SearchUnavailableError
from damsight_search.index import ElasticsearchIndex

BODY = {"size": 1, "timeout": "5000ms"}
EMPTY = {
    "timed_out": False,
    "_shards": {"total": 2, "successful": 2, "failed": 0},
    "hits": {"total": {"value": 0, "relation": "eq"}, "hits": []},
}


@contextmanager
def answering(status: int, told: dict[str, Any] | None, *, slow: float = 0) -> Iterator[ElasticsearchIndex]:
    """An index behind a server that always answers so; None closes the connection without a word."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            sleep(slow)
            if told is None:
                self.close_connection = True
                return
            content = orjson.dumps(told)
            self.send_response(status)
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_given: Any) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    client = connect(ElasticsearchSettings(url=f"http://127.0.0.1:{server.server_port}", timeout_s=0.5))
    try:
        yield ElasticsearchIndex(client, "assets")
    finally:
        client.close()
        server.shutdown()
        server.server_close()
        thread.join()


def error(kind: str, reason: str) -> dict[str, Any]:
    return {"error": {"type": kind, "reason": "outer", "root_cause": [{"type": kind, "reason": reason}]}, "status": 400}


def test_a_search_that_timed_out_is_an_error_and_no_empty_page() -> None:
    """Elasticsearch answers 200 with no hits and timed_out: that is no answer."""
    with answering(200, {**EMPTY, "timed_out": True}) as index, pytest.raises(SearchTimeoutError, match="5000ms"):
        index.search(BODY)


def test_lost_shards_are_counted() -> None:
    """The caller learns how many parts did not answer."""
    with answering(200, {**EMPTY, "_shards": {"total": 3, "successful": 2, "failed": 1}}) as index:
        answer = index.search(BODY)
    assert (answer.shards, answer.lost_shards, answer.found) == (3, 1, ())


@pytest.mark.parametrize(
    ("status", "told", "kind", "says"),
    [
        (400, error("parsing_exception", "unknown field [x]"), IndexRefusedError, "unknown field"),
        (404, error("index_not_found_exception", "no such index"), SearchUnavailableError, "damsight index create"),
        (401, error("security_exception", "missing credentials"), SearchUnavailableError, "DAMSIGHT_ELASTICSEARCH__"),
        (429, error("circuit_breaking_exception", "too much"), SearchUnavailableError, "too much"),
        (503, error("no_shard_available", "all shards failed"), SearchUnavailableError, "all shards failed"),
        (504, error("timeout", "gateway"), SearchTimeoutError, "gateway"),
        (200, None, SearchUnavailableError, "cannot be reached"),
    ],
    ids=str,
)
def test_faults_become_ours(status: int, told: dict[str, Any] | None, kind: type[Exception], says: str) -> None:
    """No error of the vendor's gets through, and each says what to do."""
    with answering(status, told) as index, pytest.raises(kind, match=says):
        index.search(BODY)


def test_a_server_that_is_silent_is_a_timeout() -> None:
    """The client's own timeout counts as the search's."""
    with answering(200, EMPTY, slow=1.0) as index, pytest.raises(SearchTimeoutError):
        index.search(BODY)
