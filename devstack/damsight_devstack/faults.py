"""Faults of one server of a running stack, ordered by a test: it is killed, it hangs, it comes back.

A server is known by the stack's folder and its name, since each start gives it another process id; its address stays.
"""

import psutil

from damsight_devstack.errors import NotRunningError
from damsight_devstack.layout import Layout
from damsight_devstack.ownership import kept
from damsight_devstack.pausing import go_on, pause, unguard
from damsight_devstack.progress import OnProgress, silent
from damsight_devstack.restart import Waiting, start_again
from damsight_devstack.server_process import ServerName
from damsight_devstack.settings import StackSettings
from damsight_devstack.state import StateFile
from damsight_devstack.status import Stack

GONE_WITHIN_S = 30.0


def kill_server(stack: Stack, name: ServerName) -> None:
    """End a server by SIGKILL, and nothing else; returns when its process is gone.

    Raises:
        NotRunningError: It does not run.
    """
    process = _running(stack, name)
    process.kill()
    unguard(process.pid)
    ours = kept(stack.folder, name)
    if ours is not None and ours.pid == process.pid:
        ours.process.wait(GONE_WITHIN_S)
    else:
        process.wait(GONE_WITHIN_S)


def pause_server(stack: Stack, name: ServerName) -> None:
    """Stop a server's process where it is (SIGSTOP): its connections stay open and nothing answers.

    If this process ends before `resume_server`, the server goes on, and ends with it where it is bound to it.

    Raises:
        NotRunningError: It does not run.
    """
    pause(_running(stack, name))


def resume_server(stack: Stack, name: ServerName) -> None:
    """Let a paused server go on (SIGCONT).

    Raises:
        NotRunningError: It does not run.
    """
    go_on(_running(stack, name))


def start_server(
    stack: Stack, name: ServerName, *, settings: StackSettings | None = None, on_progress: OnProgress = silent
) -> Stack:
    """Start a server that was killed: same ports, same data, same configuration; returns when it works.

    Args:
        stack: As `running_stack` gave it; its addresses stay right.
        name: Which server.
        settings: Of which only the time that a start may take is used.
        on_progress: Told when it is ready.

    Returns:
        The stack with the new process id.

    Raises:
        StackError: As `restart.start_again`.
    """
    allowed = (settings or StackSettings.from_environment()).start_timeout_s
    return start_again(Layout(stack.folder), name, Waiting(allowed, on_progress))


def _running(stack: Stack, name: ServerName) -> psutil.Process:
    state = StateFile(Layout(stack.folder).state).read()
    process = state.of(name).process() if state else None
    if process is None:
        raise NotRunningError(f"{name} of the stack in {stack.folder} does not run: start it first.")
    return process
