"""An HTTP or HTTPS server that serves media, and misbehaves as it is told."""

import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class MediaServer:
    """Serves on 127.0.0.1.

    Args:
        tls: For HTTPS, with its certificate.

    Attributes:
        files: Bytes by path.
        answers: By path, a status and headers that are sent in place of a file.
        pace_s: Waited between two kilobytes.
        seen: The Host and Cookie headers of each request.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.files: dict[str, bytes] = {}
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        self.lengthless: set[str] = set()
        self.pace_s = 0.0
        self.seen: list[tuple[str, str | None]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.seen.append((self.headers["Host"], self.headers["Cookie"]))
                status, headers = server.answers.get(self.path, (200, {}))
                data = server.files.get(self.path, b"") if status == 200 else b""
                if status == 200 and self.path not in server.files:
                    status = 404
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if self.path not in server.lengthless:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                for start in range(0, len(data), 1024):
                    self.wfile.write(data[start : start + 1024])
                    time.sleep(server.pace_s)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server names it so
                pass

        return Handler
