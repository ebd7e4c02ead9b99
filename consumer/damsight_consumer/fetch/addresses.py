"""Which addresses may be connected to: no asset may make the consumer speak to our own network.

Source: OWASP "Server-Side Request Forgery Prevention"; IANA special-purpose registries, as Python's ipaddress has them.
"""

import ipaddress
import socket
from collections.abc import Iterable

import httpcore

from damsight_consumer.errors import MediaMissingError, MediaRefusedError, StorageUnavailableError

# IPv6 forms that carry an IPv4 address, which a gateway would connect to.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Tell whether an address is one of the open Internet's: not private, loopback, link-local, shared, reserved."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo or (None, None))[1]
        if inner is None and parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return parsed.is_global and not parsed.is_multicast


class GuardedBackend(httpcore.NetworkBackend):
    """Resolves a host, checks every address, and connects to one of those that were checked.

    The name is resolved once and the connection goes to the address itself, so a name server cannot answer the check
    with one address and the connection with another. TLS still verifies the host's name, which httpcore passes on by
    itself. It is asked for every new connection, and so on every redirect to another host.

    Args:
        private_hosts: Host names and addresses that are let through whatever their address.
    """

    def __init__(self, private_hosts: Iterable[str]) -> None:
        self._private_hosts = frozenset(host.lower() for host in private_hosts)
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host that may be connected to.

        Raises:
            MediaRefusedError: Its address is of our own network.
            MediaMissingError: There is no such host.
            StorageUnavailableError: The name server does not answer now.
            httpcore.ConnectError: It cannot be reached.
        """
        addresses = self._checked(host, port)
        for address in addresses[:-1]:
            try:
                return self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._sockets.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    def _checked(self, host: str, port: int) -> list[str]:
        addresses = resolve(host, port)
        if host.lower() in self._private_hosts:
            return addresses
        refused = [address for address in addresses if not is_public(address)]
        if refused:
            raise MediaRefusedError(
                "forbidden_address",
                f"host {host!r} has the address {refused[0]}, which is of a private network. If its assets shall be "
                f"read, name the host in DAMSIGHT_FETCH__PRIVATE_HOSTS",
            )
        return addresses


def resolve(host: str, port: int) -> list[str]:
    """Return a host's addresses, in the order that the system prefers.

    Raises:
        MediaMissingError: There is no such host.
        StorageUnavailableError: The name server does not answer now.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        words = f"host {host!r} cannot be resolved: {error.strerror}"
        if error.errno in (socket.EAI_AGAIN, socket.EAI_SYSTEM, socket.EAI_MEMORY):
            raise StorageUnavailableError("dns", words) from error
        raise MediaMissingError("unknown_host", words) from error
    except UnicodeError as error:
        raise MediaMissingError("unknown_host", f"{host!r} is no host name: {error}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
