"""A Maven repository on 127.0.0.1, with faults to order."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from damsight_devstack.jar_lock import Jar


@dataclass
class Repository:
    """`answers` are the (status, body) that a path gets in turn; the last one stays."""

    url: str
    answers: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def offer(self, coordinate: str, body: bytes, *before: tuple[int, bytes]) -> Jar:
        """Offer a jar, after other answers; returns its line of the lock."""
        jar = Jar(coordinate=coordinate, bytes=len(body), sha256=hashlib.sha256(body).hexdigest())
        self.answers[f"/{jar.path}"] = [*before, (200, body)]
        return jar


@pytest.fixture
def repository() -> Iterator[Repository]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            offered.asked.append(self.path)
            turns = offered.answers.get(self.path, [(404, b"")])
            status, body = turns.pop(0) if len(turns) > 1 else turns[0]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        offered = Repository(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield offered
        server.shutdown()
        thread.join()
