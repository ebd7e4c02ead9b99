import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from damsight_devstack import stack_status, stop_stack
from damsight_devstack.state import ServerIdentity, StackState, StateFile


def _state(server: ServerIdentity) -> StackState:
    return StackState(kafka=server, elasticsearch=server, owned=False)


def test_a_state_comes_back(tmp_path: Path) -> None:
    """What is written is read, in one file and nothing beside it."""
    state = _state(ServerIdentity.of(os.getpid(), 9092))
    StateFile(tmp_path / "stack.json").write(state)
    assert StateFile(tmp_path / "stack.json").read() == state
    assert [path.name for path in tmp_path.iterdir()] == ["stack.json"]


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"kafka": 1}', b"\xff"])
def test_no_state_or_a_damaged_one_is_none(tmp_path: Path, content: bytes | None) -> None:
    """Half a state file, as a power cut leaves it, means that nothing is known to run."""
    if content is not None:
        (tmp_path / "stack.json").write_bytes(content)
    assert StateFile(tmp_path / "stack.json").read() is None


def test_a_running_process_is_found() -> None:
    """The identity of a process that runs finds that process."""
    found = ServerIdentity.of(os.getpid(), 1).process()
    assert found is not None
    assert found.pid == os.getpid()


def test_a_recycled_process_id_is_nobody() -> None:
    """A process of the same id that began at another time is not the server, and is never signalled."""
    mine = psutil.Process().create_time()
    assert ServerIdentity(pid=os.getpid(), created=mine - 60, port=1).process() is None


def test_an_ended_child_is_nobody() -> None:
    """A process that ended and was not waited for yet does not count as running."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        identity = ServerIdentity.of(child.pid, 1)
        child.kill()
        psutil.wait_procs([psutil.Process(child.pid)], timeout=0.2)
        assert identity.process() is None


def test_a_stale_state_means_stopped(tmp_path: Path) -> None:
    """After a crash the state file is still there; status says stopped, and a stop finds nothing to stop."""
    gone = ServerIdentity(pid=os.getpid(), created=1.0, port=1)
    StateFile(tmp_path / "stack.json").write(_state(gone))
    status = stack_status(tmp_path)
    assert (status.kafka, status.elasticsearch, status.stack) == ("stopped", "stopped", None)
    assert stop_stack(tmp_path) is False


def test_a_stop_is_written_down(tmp_path: Path) -> None:
    """After a stop the state says that it was ordered, so that nobody takes it for a death."""
    StateFile(tmp_path / "stack.json").write(_state(ServerIdentity(pid=os.getpid(), created=1.0, port=1)))
    stop_stack(tmp_path)
    state = StateFile(tmp_path / "stack.json").read()
    assert state is not None
    assert state.stopped


def test_a_folder_that_is_not_there_is_left_alone(tmp_path: Path) -> None:
    """Asking after a stack, or stopping it, makes no folder."""
    assert stack_status(tmp_path / "none").stack is None
    assert stop_stack(tmp_path / "none") is False
    assert not (tmp_path / "none").exists()
