"""A server of OpenAI's embeddings API that knows the least: model, input, float; everything else is refused."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "plain-embedder"
DIMENSIONS = 12
_TAKEN = {"model", "input", "encoding_format"}


def plain_vector(text: str) -> list[float]:
    """Return the server's vector of a text: not normalised, as some servers do."""
    return [byte / 16 + 0.1 for byte in hashlib.blake2b(text.encode(), digest_size=DIMENSIONS).digest()]


@contextmanager
def plain_server(*, lists_models: bool = True) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve; yields the address and every body that was sent."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there = lists_models and self.path == "/v1/models"
            self._answer(200 if there else 404, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(body)
            if set(body) - _TAKEN or body.get("encoding_format", "float") != "float" or body["model"] != MODEL:
                self._answer(400, {"error": {"message": f"unknown: {sorted(body)}", "type": "invalid_request_error"}})
                return
            rows = [
                {"object": "embedding", "index": index, "embedding": plain_vector(text)}
                for index, text in enumerate(body["input"])
            ]
            self._answer(200, {"object": "list", "data": rows[::-1], "model": MODEL})

        def _answer(self, status: int, told: dict[str, Any]) -> None:
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join(timeout=120)
    server.server_close()
