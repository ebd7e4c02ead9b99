"""An HTTP proxy in front of a real Elasticsearch that misbehaves as it is told."""

import contextlib
import os
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

from drivers.bulk_lines import Refusal, take_out

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_OVERLOADED: Refusal = (429, "es_rejected_execution_exception", "rejected execution: the queue is full (by the proxy)")
_UNAVAILABLE: Refusal = (503, "unavailable_shards_exception", "the primary shard is not active (by the proxy)")
_TOO_LARGE: Refusal = (413, "content_too_long_exception", "the request is too large (by the proxy)")
_READ_ONLY: Refusal = (
    403, "cluster_block_exception", "index blocked by: [FORBIDDEN/5/index read-only (api)] (by the proxy)",
)  # fmt: skip


@dataclass(frozen=True)
class Faults:
    """What goes wrong. Shares are 0 to 1 of the requests, drawn for each anew.

    Attributes:
        refused: No connection is accepted, and those that are there are cut.
        reset: Share whose connection is reset before anything reaches the server.
        overloaded: Share answered with 429; nothing reaches the server.
        unavailable: Share answered with 503; likewise.
        too_large_bytes: A greater body is answered with 413; likewise.
        item_errors: Share of a bulk's items that are answered with 429 or 503 and do not reach the server.
        read_only: Each item of a bulk is answered with 403, as behind an index's read-only block.
        lost_answers: Share that the server carries out, and whose connection is then reset in place of its answer.
        slow: Share that waits before it reaches the server.
        slow_s: For how long, in seconds.
        only: The requests that suffer all this but the first: those whose path has this in it.
    """

    refused: bool = False
    reset: float = 0.0
    overloaded: float = 0.0
    unavailable: float = 0.0
    too_large_bytes: int | None = None
    item_errors: float = 0.0
    read_only: bool = False
    lost_answers: float = 0.0
    slow: float = 0.0
    slow_s: float = 1.0
    only: str = ""


NO_FAULTS = Faults()


class FaultyIndex:
    """Forwards from a port of its own, which it keeps while it refuses connections.

    Args:
        target: Elasticsearch's URL.
        seed: Of what is drawn.
    """

    def __init__(self, target: str, *, seed: int = 1) -> None:
        parts = urlsplit(target)
        self.target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._faults = NO_FAULTS
        self._random = random.Random(seed)  # noqa: S311  repeatable, guards no secret
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        # Bound and never listening: while nobody listens beside it, the port is ours and refuses connections.
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._place.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._place.getsockname()[1]}"
        self._door: _Door | None = None

    @property
    def faults(self) -> Faults:
        """What goes wrong from the next request on; set it from any thread."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        with self._lock:
            self._faults = faults
            self._set_door(open_=not faults.refused)

    @contextlib.contextmanager
    def suffering(self, faults: Faults) -> Iterator[None]:
        """Have these faults for the length of a block, and none after it."""
        self.faults = faults
        try:
            yield
        finally:
            self.faults = NO_FAULTS

    def counts(self) -> Counter[str]:
        """How often what was done, by the names of the faults; `requests`: how many came; `gone`: no server."""
        with self._lock:
            return +self._counts

    def count(self, what: str, times: int = 1) -> None:
        with self._lock:
            self._counts[what] += times

    def draw(self, what: str, share: float) -> bool:
        """Tell whether it is to happen now, and count it."""
        with self._lock:
            happens = share > 0 and self._random.random() < share
            self._counts[what] += happens
        return happens

    def refusal(self, faults: Faults) -> Refusal | None:
        """Return what one item of a bulk is answered with, none where it is sent on."""
        if faults.read_only:
            self.count("read_only")
            return _READ_ONLY
        if not self.draw("item_errors", faults.item_errors):
            return None
        with self._lock:
            return self._random.choice((_OVERLOADED, _UNAVAILABLE))

    def __enter__(self) -> Self:
        with self._lock:
            self._set_door(open_=True)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._set_door(open_=False)
        self._place.close()

    def _set_door(self, *, open_: bool) -> None:
        if open_ and self._door is None:
            self._door = _Door(self)
        elif not open_ and self._door is not None:
            self._door.close()
            self._door = None


class _Door(ThreadingHTTPServer):
    """Listens until closed; then every connection is cut."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_port = True
    request_queue_size = 128

    def __init__(self, proxy: FaultyIndex) -> None:
        self.proxy = proxy
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", urlsplit(proxy.url).port or 0), _Conversation)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that is cut, or that leaves, is what this is for."""

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Conversation(BaseHTTPRequestHandler):
    """One client's connection, and the one to the server that belongs to it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Door

    def setup(self) -> None:
        super().setup()
        self._far: HTTPConnection | None = None

    def finish(self) -> None:
        if self._far is not None:
            self._far.close()
        super().finish()

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        proxy, faults = self.server.proxy, self.server.proxy.faults
        proxy.count("requests")
        if faults.only not in self.path:
            faults = NO_FAULTS
        if proxy.draw("reset", faults.reset):
            self._reset()
            return
        if proxy.draw("slow", faults.slow):
            time.sleep(faults.slow_s)
        refusal = self._refusal(faults, body)
        if refusal is not None:
            self._refuse(refusal)
            return
        self._forward(faults, body)

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815  http.server names them so

    def _refusal(self, faults: Faults, body: bytes) -> Refusal | None:
        proxy = self.server.proxy
        if faults.too_large_bytes is not None and len(body) > faults.too_large_bytes:
            proxy.count("too_large")
            return _TOO_LARGE
        if proxy.draw("overloaded", faults.overloaded):
            return _OVERLOADED
        return _UNAVAILABLE if proxy.draw("unavailable", faults.unavailable) else None

    def _forward(self, faults: Faults, body: bytes) -> None:
        halves = None
        if "_bulk" in self.path and (faults.read_only or faults.item_errors):
            halves = take_out(body, lambda: self.server.proxy.refusal(faults))
        if halves is not None and not halves.kept:
            self._answer(200, {"Content-Type": "application/json"}, halves.merged(None))
            return
        try:
            status, headers, told = self._ask(halves.kept if halves else body)
        except (OSError, HTTPException):
            self.server.proxy.count("gone")
            self._reset()
            return
        if self.server.proxy.draw("lost_answers", faults.lost_answers):
            self._reset()
            return
        merge = halves is not None and halves.refused and status == 200
        self._answer(status, headers, halves.merged(told) if merge and halves else told)

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._far is None:
            self._far = HTTPConnection(*self.server.proxy.target, timeout=120)
            self._far.connect()
            self._far.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
        self._far.request(self.command, self.path, body=body or None, headers=headers)
        answer = self._far.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def _refuse(self, refusal: Refusal) -> None:
        status, kind, reason = refusal
        error = {"type": kind, "reason": reason}
        told = {"error": {"root_cause": [error], **error}, "status": status}
        self._answer(status, {"Content-Type": "application/json"}, orjson.dumps(told))

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        if not any(name.lower() == "x-elastic-product" for name in headers):
            self.send_header("X-Elastic-Product", "Elasticsearch")
        for name, value in headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.command != "HEAD" else b"")
        self.wfile.flush()

    def _reset(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            os.close(self.connection.detach())
