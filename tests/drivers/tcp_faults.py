"""A TCP connection on which anything can go wrong, ordered by the test while the connection is in use."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

Direction = Literal["requests", "answers"]
BOTH: tuple[Direction, ...] = ("requests", "answers")
HOST = "127.0.0.1"
CHUNK = 65_536
# What a dead direction swallows before its sender is held up: 4 MiB.
CHUNKS_HELD = 64
ORDERED_WITHIN_S = 30.0
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Wire:
    """How connections fare.

    Attributes:
        dead: Directions in which nothing passes; what is sent there is held, and passes late if the wire heals.
        delay_s: Added to each way.
        resets: New connections are reset at once.
        refuses: Nobody listens.
    """

    dead: tuple[Direction, ...] = ()
    delay_s: float = 0.0
    resets: bool = False
    refuses: bool = False


class TcpFaults:
    """Forwards from a port of its own to a server, and fails as it is told; used as a context manager.

    Attributes:
        host: Where it listens.
        port: Where it listens; the same for its whole life.
        accepted: How many connections were made to it.

    Args:
        target_host: The server.
        target_port: The server.
    """

    def __init__(self, target_host: str, target_port: int) -> None:
        self._target = (target_host, target_port)
        self._wire = Wire()
        self._alive: dict[Direction, asyncio.Event] = {direction: asyncio.Event() for direction in BOTH}
        self._relays: set[_Relay] = set()
        self._listening: tuple[socket.socket, asyncio.Task[None]] | None = None
        self.host, self.accepted = HOST, 0
        # Bound and never listening: the port stays ours while nobody listens.
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind((HOST, 0))
        self.port = int(self._held.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp faults", daemon=True)

    @classmethod
    def before(cls, url: str) -> Self:
        """Stand before the server of a URL, or of HOST:PORT."""
        parts = urlsplit(url if "//" in url else f"//{url}")
        return cls(parts.hostname or HOST, parts.port or 80)

    @property
    def url(self) -> str:
        """The address for an HTTP client."""
        return f"http://{self.address}"

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"{self.host}:{self.port}"

    @property
    def open_connections(self) -> int:
        """How many there are now."""
        return len(self._relays)

    def pass_through(self) -> None:
        """Heal: from now on everything passes, what was held first."""
        self._order(self._become(Wire()))

    def reset(self) -> None:
        """Reset all connections (RST), and each new one as soon as it is made."""
        self._order(self._become(Wire(resets=True), cut=True))

    def reset_once(self) -> None:
        """Reset all connections (RST) and leave everything else as it is: new ones fare as before."""
        self._order(self._become(self._wire, cut=True))

    def refuse(self) -> None:
        """Do as a server that died: reset all connections, and let nobody make a new one."""
        self._order(self._become(Wire(refuses=True), cut=True))

    def blackhole(self) -> None:
        """Let nothing pass either way: connections stall, new ones are accepted and never answered.

        What is sent meanwhile is held, and arrives when the wire heals, as what TCP sends again does; `reset` or
        `reset_once` before that throws it away.
        """
        self._order(self._become(Wire(dead=BOTH)))

    def half_open(self, dead: Direction = "answers") -> None:
        """Let one direction alone go dead: by default requests arrive, and their answers never come back."""
        self._order(self._become(Wire(dead=(dead,))))

    def latency(self, seconds: float) -> None:
        """Let everything pass, so much later each way."""
        self._order(self._become(Wire(delay_s=seconds)))

    def __enter__(self) -> Self:
        self._thread.start()
        self._order(self._become(Wire()))
        return self

    def __exit__(self, *_: object) -> None:
        self._order(self._become(Wire(refuses=True), cut=True))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ORDERED_WITHIN_S)
        self._loop.close()
        self._held.close()

    def _order(self, change: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(change, self._loop).result(ORDERED_WITHIN_S)

    async def _become(self, wire: Wire, *, cut: bool = False) -> None:
        self._wire = wire
        for direction, alive in self._alive.items():
            if direction in wire.dead:
                alive.clear()
            else:
                alive.set()
        if wire.refuses:
            await self._stop_listening()
        elif self._listening is None:
            self._listen()
        if cut:
            await asyncio.gather(*(relay.reset() for relay in list(self._relays)))

    def _listen(self) -> None:
        listener = socket.socket()
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        listener.listen(128)
        self._listening = listener, self._loop.create_task(self._accept(listener))

    async def _stop_listening(self) -> None:
        if self._listening is not None:
            (listener, accepting), self._listening = self._listening, None
            accepting.cancel()
            await asyncio.wait([accepting])
            listener.close()

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            near, _ = await self._loop.sock_accept(listener)
            near.setblocking(False)
            self.accepted += 1
            if self._wire.resets:
                _reset(near)
            else:
                relay = _Relay(self, near)
                self._relays.add(relay)
                relay.task.add_done_callback(lambda _, ended=relay: self._relays.discard(ended))

    async def reach(self, near: socket.socket) -> socket.socket:
        """Connect to where a client's connection leads; overridden where the client says where.

        Raises:
            OSError: It cannot be reached, or the client is gone.
        """
        del near
        await self.passes("requests")
        return await connected(self._target)

    async def passes(self, direction: Direction) -> None:
        """Return when the direction is alive."""
        await self._alive[direction].wait()

    def due(self) -> float:
        """Return when what is sent now arrives, on the loop's clock."""
        return self._loop.time() + self._wire.delay_s


class _Relay:
    """One client's connection, and ours to the server."""

    def __init__(self, faults: TcpFaults, near: socket.socket) -> None:
        self._faults = faults
        self._sockets = [near]
        self.task = asyncio.get_running_loop().create_task(self._run(near))

    async def reset(self) -> None:
        """End both ways with RST."""
        for each in self._sockets:
            _reset_at_close(each)
        self.task.cancel()
        await asyncio.wait([self.task])

    async def _run(self, near: socket.socket) -> None:
        try:
            far = await self._faults.reach(near)
            self._sockets.append(far)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._way(near, far, "requests"))
                ways.create_task(self._way(far, near, "answers"))
        except* OSError:
            # One side was reset, or is not there: so is the other.
            for each in self._sockets:
                _reset_at_close(each)
        finally:
            for each in self._sockets:
                each.close()

    async def _way(self, source: socket.socket, sink: socket.socket, direction: Direction) -> None:
        held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(CHUNKS_HELD)
        async with asyncio.TaskGroup() as both_ends:
            both_ends.create_task(self._take(source, held))
            both_ends.create_task(self._give(sink, held, direction))

    async def _take(self, source: socket.socket, held: "asyncio.Queue[tuple[float, bytes]]") -> None:
        data = b"any"
        while data:
            data = await asyncio.get_running_loop().sock_recv(source, CHUNK)
            await held.put((self._faults.due(), data))

    async def _give(
        self, sink: socket.socket, held: "asyncio.Queue[tuple[float, bytes]]", direction: Direction
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, data = await held.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            await self._faults.passes(direction)
            if not data:
                break
            await loop.sock_sendall(sink, data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


async def connected(address: tuple[str, int]) -> socket.socket:
    """Return a connection to an IPv4 address or a host's name.

    Raises:
        OSError: It cannot be reached.
    """
    loop = asyncio.get_running_loop()
    (*_, sockaddr), *_ = await loop.getaddrinfo(*address, family=socket.AF_INET, type=socket.SOCK_STREAM)
    far = socket.socket()
    far.setblocking(False)
    try:
        await loop.sock_connect(far, sockaddr)
    except BaseException:
        far.close()
        raise
    return far


def _reset_at_close(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)


def _reset(each: socket.socket) -> None:
    _reset_at_close(each)
    each.close()
