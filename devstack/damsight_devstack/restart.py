"""Start one server of a stack again: same ports, same data, same configuration."""

import threading
from dataclasses import dataclass

from damsight_devstack.alone import CHOOSE_ANOTHER, alone
from damsight_devstack.disk_faults import writing
from damsight_devstack.errors import NotRunningError
from damsight_devstack.layout import Layout
from damsight_devstack.ownership import keep_one
from damsight_devstack.progress import OnProgress, silent
from damsight_devstack.readiness import wait_until_ready
from damsight_devstack.server_process import ServerName, ServerProcess, start_server
from damsight_devstack.servers import problem_of
from damsight_devstack.state import ServerIdentity, StackState, StateFile
from damsight_devstack.status import Stack, stack_of


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a start is waited for: so many seconds, told to somebody, until it is broken off."""

    within_s: float
    on_progress: OnProgress = silent
    broken_off: threading.Event | None = None


def start_again(layout: Layout, name: ServerName, waiting: Waiting) -> Stack:
    """Start a server that ended, and return when it works; one that runs is left as it is.

    In a stack that ends with its owner the new server ends with this process; in one that stays up it stays up.

    Raises:
        NotRunningError: No stack was started in the folder, or it was ordered down.
        StackError: The server does not start; it is not left running.
    """
    with alone(layout):
        state = StateFile(layout.state).read()
        if state is None or state.stopped:
            raise NotRunningError(
                f"No stack runs in {layout.folder}: start both servers, with `damsight stack up --folder "
                f"{layout.folder}` or with running_stack."
            )
        if state.of(name).process() is None:
            state = _start(layout, name, state, waiting)
        return stack_of(layout.folder, state)


def _start(layout: Layout, name: ServerName, state: StackState, waiting: Waiting) -> StackState:
    server = start_server(name, layout, state.of(name).port)
    try:
        # Known before it is ready, so that an end of the stack in between ends it too.
        keep_one(layout.folder, server)
        new = _ready(layout, server, state, waiting)
    except BaseException:
        server.kill()
        raise
    if not state.owned:
        server.release()
    return new


def _ready(layout: Layout, server: ServerProcess, state: StackState, waiting: Waiting) -> StackState:
    wait_until_ready(
        {server: problem_of(server.name, server.port)},
        within_s=waiting.within_s,
        on_progress=waiting.on_progress,
        broken_off=waiting.broken_off,
    )
    new = state.model_copy(update={server.name: ServerIdentity.of(server.pid, server.port)})
    with writing(layout.folder, choose_another=CHOOSE_ANOTHER):
        StateFile(layout.state).write(new)
    return new
