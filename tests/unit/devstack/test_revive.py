"""What starts a dead server again, with real processes in the servers' place."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from damsight_devstack import revive
from damsight_devstack.errors import NotRunningError, PortTakenError
from damsight_devstack.layout import Layout
from damsight_devstack.pausing import go_on, pause
from damsight_devstack.restart import Waiting, start_again
from damsight_devstack.revive import Reviver
from damsight_devstack.server_process import ServerName, ServerProcess
from damsight_devstack.servers import Servers
from damsight_devstack.state import ServerIdentity, StackState, StateFile

PATIENCE_S = 120.0
PAUSER = """
import sys, time, psutil
from damsight_devstack.pausing import pause
pause(psutil.Process(int(sys.argv[1])))
print("paused", flush=True)
time.sleep(600)
"""


class Stage:
    """A stack of sleeping processes, whose restarts the test decides."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder)
        self.layout.create()
        self.servers = Servers({name: self.process(name) for name in ("kafka", "elasticsearch")})
        self.told: list[str] = []
        self.tried: list[ServerName] = []
        self.failures: list[Exception] = []
        self.write(stopped=False)

    def process(self, name: ServerName) -> ServerProcess:
        sleeping = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdin=subprocess.PIPE)
        return ServerProcess(name, 1, self.layout.log(name), sleeping)

    def write(self, *, stopped: bool) -> None:
        identities = {name: ServerIdentity.of(one.pid, 1) for name, one in self.servers.running.items()}
        StateFile(self.layout.state).write(StackState(**identities, owned=True, stopped=stopped))

    def start_again(self, _layout: Layout, name: ServerName, _waiting: Waiting) -> None:
        self.tried.append(name)
        if self.failures:
            raise self.failures.pop(0)
        self.servers.running[name].kill()
        self.servers.running[name] = self.process(name)

    def die(self, name: ServerName) -> None:
        self.servers.running[name].process.kill()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    made = Stage(tmp_path)
    monkeypatch.setattr(revive, "start_again", made.start_again)
    monkeypatch.setattr(revive, "LOOK_EVERY_S", 0.01)
    yield made
    made.servers.kill()


@pytest.fixture
def reviver(stage: Stage) -> Iterator[Reviver]:
    made = Reviver(stage.layout, stage.servers, within_s=1, on_progress=lambda told: stage.told.append(told.message))
    made.start()
    yield made
    made.stop()


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.usefixtures("reviver")
def test_a_dead_server_is_started_again_and_told_in_a_line(stage: Stage) -> None:
    """Each death is told once, by name and signal, and only the dead server is started."""
    stage.die("elasticsearch")
    eventually(lambda: stage.tried == ["elasticsearch"])
    eventually(lambda: stage.servers.running["elasticsearch"].process.poll() is None)
    stage.die("elasticsearch")
    eventually(lambda: stage.tried == ["elasticsearch"] * 2)
    assert stage.told == ["elasticsearch was killed by signal 9: starting it again"] * 2


@pytest.mark.usefixtures("reviver")
def test_a_start_that_fails_is_tried_again_later(stage: Stage) -> None:
    """A failed start is told by its first line with the pause before the next, and goes on until it works."""
    stage.failures = [PortTakenError("Its port is taken.\nA long log"), PortTakenError("Its port is taken.")]
    stage.die("kafka")
    eventually(lambda: stage.tried == ["kafka"] * 3)
    eventually(lambda: stage.servers.running["kafka"].process.poll() is None)
    failed = "kafka did not start again: Its port is taken. The next try is in"
    assert stage.told == ["kafka was killed by signal 9: starting it again", f"{failed} 1 s.", f"{failed} 2 s."]


def test_what_was_ordered_down_stays_down(stage: Stage, reviver: Reviver) -> None:
    """Servers that somebody else stopped by order are no deaths."""
    stage.write(stopped=True)
    stage.die("kafka")
    stage.servers.running["kafka"].process.wait()
    time.sleep(0.1)
    reviver.stop()
    assert stage.tried == []
    assert stage.told == []


def test_the_pauses_grow_to_a_limit() -> None:
    """From the first pause each is twice the one before, up to the longest."""
    tries = revive._Tries()
    assert [tries.failed() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_nothing_is_started_again_where_nothing_runs(tmp_path: Path, stage: Stage) -> None:
    """A folder without a stack, and a stack that was ordered down, are refused with the command that starts one."""
    empty = Layout(tmp_path / "empty")
    empty.create()
    with pytest.raises(NotRunningError, match="damsight stack up"):
        start_again(empty, "kafka", Waiting(1))
    stage.write(stopped=True)
    with pytest.raises(NotRunningError, match="damsight stack up"):
        start_again(stage.layout, "kafka", Waiting(1, broken_off=threading.Event()))


def test_a_server_that_runs_is_left_as_it_is(stage: Stage) -> None:
    """To start what runs already changes nothing."""
    now = start_again(stage.layout, "kafka", Waiting(1))
    assert now.kafka_pid == stage.servers.running["kafka"].pid


def test_a_paused_process_goes_on(stage: Stage) -> None:
    """Pause stops a process, going on starts it, and both may be said twice."""
    process = psutil.Process(stage.servers.running["kafka"].pid)
    for _ in range(2):
        pause(process)
        assert process.status() == psutil.STATUS_STOPPED
    for _ in range(2):
        go_on(process)
    eventually(lambda: process.status() != psutil.STATUS_STOPPED)


def test_a_process_whose_pauser_is_killed_goes_on(stage: Stage) -> None:
    """Whoever paused a server and was killed leaves it running, so that it can see its owner's end."""
    process = psutil.Process(stage.servers.running["kafka"].pid)
    with subprocess.Popen([sys.executable, "-c", PAUSER, str(process.pid)], stdout=subprocess.PIPE) as pauser:
        try:
            pauser.stdout.readline()
            assert process.status() == psutil.STATUS_STOPPED
        finally:
            pauser.kill()
    eventually(lambda: process.status() != psutil.STATUS_STOPPED)
