import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from damsight_devstack.errors import (
    DiskFullError,
    NotReadyError,
    PortTakenError,
    ServerDiedError,
    StackError,
)
from damsight_devstack.ports import free_ports
from damsight_devstack.progress import silent
from damsight_devstack.readiness import wait_until_ready
from damsight_devstack.server_process import ServerProcess, log_tail

LISTEN = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"


class Started:
    """Starts real processes in a server's place, and ends them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: list[ServerProcess] = []

    def __call__(self, program: str) -> ServerProcess:
        port, log = free_ports(1)[0], self.folder / "kafka.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", program, str(port)], stdin=subprocess.PIPE, stdout=output, stderr=output
            )
        self.servers.append(ServerProcess("kafka", port, log, process))
        return self.servers[-1]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    starter = Started(tmp_path)
    yield starter
    for server in starter.servers:
        server.kill()


@pytest.mark.parametrize(
    ("last_words", "code", "kind", "message"),
    [
        ("java.net.BindException: Address already in use", 1, PortTakenError, "DAMSIGHT_STACK__KAFKA_PORT"),
        ("java.io.IOException: No space left on device", 1, DiskFullError, "disk .* is full.*--folder"),
        ("NullPointerException", 7, ServerDiedError, "ended with code 7(.|\n)*NullPointerException"),
    ],
)
def test_a_server_that_dies_is_explained(
    started: Started, last_words: str, code: int, kind: type[StackError], message: str
) -> None:
    """The end of a dead server's log decides the error: a taken port, a full disk, or its own words."""
    server = started(f"print({last_words!r}); [print('shutting down') for _ in range(9)]; raise SystemExit({code})")
    with pytest.raises(kind, match=message):
        wait_until_ready({server: lambda: None}, within_s=30, on_progress=silent)


def test_a_killed_server_is_explained(started: Started) -> None:
    """A server that the system killed is told as killed, with memory as the likely cause."""
    server = started("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(ServerDiedError, match=r"was killed by signal 9(.|\n)*memory may be short"):
        wait_until_ready({server: lambda: None}, within_s=30, on_progress=silent)


def test_the_first_death_ends_the_wait_for_both(started: Started) -> None:
    """When one server dies, nobody waits for the other one's deadline."""
    slow, dead = started("import time; time.sleep(60)"), started("raise SystemExit(1)")
    with pytest.raises(ServerDiedError):
        wait_until_ready({slow: lambda: None, dead: lambda: None}, within_s=300, on_progress=silent)


def test_a_server_that_never_gets_ready_is_told_with_its_last_problem(started: Started) -> None:
    """At the deadline the error holds what was last wrong, and the setting that allows more time."""
    server = started(LISTEN)
    with pytest.raises(NotReadyError, match=r"last: the cluster is red.*DAMSIGHT_STACK__START_TIMEOUT_S"):
        wait_until_ready({server: lambda: "the cluster is red"}, within_s=1.5, on_progress=silent)


def test_ready_is_when_the_problem_is_gone(started: Started) -> None:
    """The wait returns after the first probe that found nothing wrong, and tells the listener."""
    server, answers, heard = started(LISTEN), ["not yet", "not yet", None], []
    wait_until_ready({server: lambda: answers.pop(0)}, within_s=30, on_progress=heard.append)
    assert answers == []
    assert [(progress.step, progress.message.split()[0]) for progress in heard] == [("ready", "kafka")]


def test_a_long_log_is_shown_by_its_end(tmp_path: Path) -> None:
    """Of a long log the last 25 lines are shown, and bytes that are no UTF-8 do not hide them."""
    log = tmp_path / "kafka.log"
    log.write_bytes(b"\xff\n" * 10 + b"".join(b"line %d\n" % number for number in range(100_000)))
    assert log_tail(log).splitlines() == [f"line {number}" for number in range(99_975, 100_000)]


def test_an_empty_or_missing_log_says_so(tmp_path: Path) -> None:
    """No log is told as such, never as an error about an error."""
    (tmp_path / "empty.log").write_bytes(b"")
    assert log_tail(tmp_path / "empty.log") == "(the log is empty)"
    assert "cannot be read" in log_tail(tmp_path / "none.log")
