"""An identity provider's token endpoint (RFC 6749, section 4.4), whose tokens nobody signs."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote_plus

CLIENT_ID, CLIENT_SECRET = "dam:sight", "ein Geheimnis & mehr"


@dataclass(slots=True)
class TokenEndpoint:
    """What it does from now on, and what it did.

    Attributes:
        lives_s: How long each token is said to live, in seconds.
        late_s: How long ago each token really ended, in seconds; 0: it has not.
        scopes: What was asked for, one entry a token.
    """

    url: str
    lives_s: float = 3600.0
    late_s: float = 0.0
    scopes: list[str | None] = field(default_factory=list)

    def issue(self) -> str:
        """A token of the present moment."""
        ends = time.time() + (-self.late_s if self.late_s else self.lives_s)
        claims = {"sub": CLIENT_ID, "iat": ends - 7200, "exp": ends}
        return f"{_part({'alg': 'none'})}.{_part(claims)}."


@contextmanager
def token_endpoint() -> Iterator[TokenEndpoint]:
    """Run one on 127.0.0.1 for the length of a block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            given = base64.b64decode(self.headers["authorization"].removeprefix("Basic ")).decode()
            known = [unquote_plus(part) for part in given.split(":")] == [CLIENT_ID, CLIENT_SECRET]
            if not known or form["grant_type"] != ["client_credentials"]:
                self._answer(401, {"error": "invalid_client", "error_description": "who is that?"})
                return
            endpoint.scopes.append(form.get("scope", [None])[0])
            self._answer(200, {"access_token": endpoint.issue(), "expires_in": endpoint.lives_s})

        def _answer(self, status: int, content: dict[str, object]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        endpoint = TokenEndpoint(f"http://127.0.0.1:{server.server_port}/token")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()


def _part(content: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
