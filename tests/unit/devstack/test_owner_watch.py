import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

# A server in miniature: watches its owner, closes in order on SIGTERM, tells that it did.
SERVER = """
import signal, sys, time
from damsight_devstack.owner_watch import OwnerWatch
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
watch = OwnerWatch()
watch.start(sys.stdin.fileno())
if "half-started" not in sys.argv:
    watch.serving.set()
print("up", flush=True)
signal.sigwait({signal.SIGTERM})
open(sys.argv[1], "w").write("closed")
watch.closed.set()
"""
# Its owner: holds the pipe, tells the server's process id, and does what its first argument says.
OWNER = """
import subprocess, sys, time
server = subprocess.Popen([sys.executable, "-c", sys.argv[2], *sys.argv[3:]], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, start_new_session=True, bufsize=0)
server.stdout.readline()
if sys.argv[1] == "forks":
    import os
    if os.fork() == 0:
        os.close(1)
        time.sleep(60)
        os._exit(0)
if sys.argv[1] == "releases":
    server.stdin.write(b"r")
    server.stdin.close()
print(server.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def killed_owner(tmp_path: Path) -> Iterator[Callable[..., psutil.Process]]:
    """Starts an owner with its server, kills the owner, gives the server."""
    forked: list[psutil.Process] = []

    def run(way: str, *server_arguments: str) -> psutil.Process:
        command = [sys.executable, "-c", OWNER, way, SERVER, str(tmp_path / "closed"), *server_arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
            server = psutil.Process(int(owner.stdout.readline()))
            forked.extend(child for child in psutil.Process(owner.pid).children() if child != server)
            owner.kill()
        return server

    yield run
    for child in forked:
        child.kill()


def _ends(server: psutil.Process, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if server.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_a_server_closes_in_order_when_its_owner_is_killed(killed_owner, tmp_path) -> None:
    """SIGKILL of the owner ends the server, which closes its files first."""
    assert _ends(killed_owner("holds"), 20)
    assert (tmp_path / "closed").read_text() == "closed"


def test_a_half_started_server_ends_at_once(killed_owner, tmp_path) -> None:
    """Before it serves, a server whose owner is killed ends without closing anything."""
    assert _ends(killed_owner("holds", "half-started"), 20)
    assert not (tmp_path / "closed").exists()


def test_a_forked_child_of_the_owner_does_not_hide_its_end(killed_owner) -> None:
    """A worker that the owner forked, and that still holds the pipe, does not keep the server alive."""
    assert _ends(killed_owner("forks"), 20)


def test_a_released_server_outlives_its_owner(killed_owner) -> None:
    """A server that was let go runs on after its owner's end."""
    server = killed_owner("releases")
    try:
        assert not _ends(server, 3)
    finally:
        server.terminate()
        assert _ends(server, 20)
