"""The bulk writer before something that is no Elasticsearch: a proxy that is set up wrongly, or a page of some kind."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from damsight_consumer.errors import IndexUnavailableError
from damsight_consumer.ports import Versioned
from damsight_consumer.write import BulkWriter
from damsight_index.connection import connect
from damsight_schemas.connections import ElasticsearchSettings


@contextmanager
def answering(status: int, headers: dict[str, str], body: bytes) -> Iterator[str]:
    """A server that answers every request alike."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 411, 415, 429, 500, 501, 502, 503, 504])
def test_what_is_not_said_of_a_document_rejects_none(status: int) -> None:
    """Somebody mends it, and until then everything is tried again: no document is dead-lettered for it."""
    with (
        answering(status, {"Content-Type": "text/html"}, b"<h1>no</h1>") as url,
        connect(ElasticsearchSettings(url=url, timeout_s=60)) as client,
        pytest.raises(IndexUnavailableError, match=r"storing 1 documents in 'assets-write'"),
    ):
        BulkWriter(client, "assets-write").write([Versioned("a", 8, b"{}")])


@pytest.mark.parametrize("headers", [{"Content-Type": "text/html"}, {"Content-Type": "application/json"}])
def test_a_page_that_answers_in_its_place_stores_nothing(headers: dict[str, str]) -> None:
    """A 200 counts only where Elasticsearch gives it."""
    with (
        answering(200, headers, b"{}") as url,
        connect(ElasticsearchSettings(url=url, timeout_s=60)) as client,
        pytest.raises(IndexUnavailableError),
    ):
        BulkWriter(client, "assets-write").write([Versioned("a", 8, b"{}")])


def test_nothing_to_store_asks_nobody() -> None:
    """No request is made for it, so no server is needed."""
    with connect(ElasticsearchSettings(url="http://127.0.0.1:9", timeout_s=1)) as client:
        assert BulkWriter(client, "assets-write").write([]) == []
