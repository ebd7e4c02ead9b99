"""Which servers this process started, by the stack's folder: their pipes and their ends are its business."""

from pathlib import Path

from damsight_devstack.server_process import ServerName, ServerProcess
from damsight_devstack.servers import Servers

_HERE: dict[Path, Servers] = {}


def keep(folder: Path, servers: Servers) -> None:
    """Remember the servers of a stack."""
    _HERE[folder] = servers


def forget(folder: Path) -> None:
    """Remember them no more."""
    _HERE.pop(folder, None)


def kept(folder: Path, name: ServerName) -> ServerProcess | None:
    """The server, if this process started it last."""
    servers = _HERE.get(folder)
    return servers.running.get(name) if servers else None


def keep_one(folder: Path, server: ServerProcess) -> None:
    """Remember a server that was started again in place of the one before it."""
    running = _HERE.setdefault(folder, Servers({})).running
    before = running.get(server.name)
    if before is not None:
        # It has ended already: this takes its exit status and closes its pipe.
        before.kill()
    running[server.name] = server
