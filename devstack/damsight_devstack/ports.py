"""Choose ports on 127.0.0.1 that are free right now."""

import socket
import sys
from contextlib import ExitStack

HOST = "127.0.0.1"


def free_ports(count: int) -> tuple[int, ...]:
    """That many different ports that nobody listens on.

    Another program may take one before the server binds it: whoever starts the server tries again then.
    """
    with ExitStack() as held:
        # All held at once, so that no port is handed out twice.
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return tuple(int(one.getsockname()[1]) for one in sockets)


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        # As the servers do: a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def accepts(port: int) -> bool:
    """Whether somebody listens on the port."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0):
            return True
    except OSError:
        return False


def hold(port: int) -> socket.socket | None:
    """Keep the system from giving the port to an outgoing connection while no server listens on it.

    A server that was killed could not have its port back as long as such a connection, by chance, lives on it. The
    socket that is returned is bound and does not listen: a client is refused, and a server may listen beside it.

    Returns:
        The socket, which holds the port until it is closed; None where the port is taken, or where the system lets
        nobody listen beside a bound socket (elsewhere than on Linux).
    """
    if sys.platform != "linux":
        return None
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind((HOST, port))
    except OSError:
        held.close()
        return None
    return held
