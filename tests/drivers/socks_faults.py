"""A SOCKS5 proxy (RFC 1928: no authentication, CONNECT) on which anything can go wrong, for clients that move on.

A Kafka client is told by the broker where to go next: a plain forwarder loses it there, a proxy sees every connection.
"""

import asyncio
import socket

from drivers.tcp_faults import TcpFaults, connected

_VERSION, _NO_AUTHENTICATION, _CONNECT = 5, 0, 1
_IPV4, _NAME = 1, 3
_GRANTED, _UNREACHABLE, _NOT_SUPPORTED = 0, 4, 7


class SocksFaults(TcpFaults):
    """The faults of TcpFaults for every connection that goes through it.

    While answers are dead, requests to connect are granted nevertheless: the proxy is near, the fault is far.

    Attributes:
        reached: Each HOST:PORT that was connected to, in order.
    """

    def __init__(self) -> None:
        super().__init__("", 0)
        self.reached: list[str] = []

    @property
    def url(self) -> str:
        """The address for kafka-python's `proxy_url`."""
        return f"socks5://{self.address}"

    async def reach(self, near: socket.socket) -> socket.socket:
        """Talk SOCKS with the client, and connect to where it wants to go."""
        await self.passes("requests")
        version, count = await _read(near, 2)
        methods = await _read(near, count)
        if version != _VERSION or _NO_AUTHENTICATION not in methods:
            raise ConnectionError("no SOCKS5 without authentication")
        await _write(near, bytes([_VERSION, _NO_AUTHENTICATION]))
        _, command, _, kind = await _read(near, 4)
        if command != _CONNECT or kind not in (_IPV4, _NAME):
            await _answer(near, _NOT_SUPPORTED)
            raise ConnectionError(f"SOCKS command {command} to an address of kind {kind} is not supported")
        host = await _host(near, kind)
        target = host, int.from_bytes(await _read(near, 2), "big")
        try:
            far = await connected(target)
        except OSError:
            await _answer(near, _UNREACHABLE)
            raise
        self.reached.append(f"{target[0]}:{target[1]}")
        await _answer(near, _GRANTED)
        return far


async def _host(near: socket.socket, kind: int) -> str:
    if kind == _IPV4:
        return socket.inet_ntoa(await _read(near, 4))
    (length,) = await _read(near, 1)
    return (await _read(near, length)).decode("idna")


async def _answer(near: socket.socket, code: int) -> None:
    await _write(near, bytes([_VERSION, code, 0, _IPV4]) + bytes(6))


async def _write(near: socket.socket, data: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(near, data)


async def _read(near: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = await asyncio.get_running_loop().sock_recv(near, count - len(data))
        if not more:
            raise ConnectionError("the client is gone")
        data += more
    return data
