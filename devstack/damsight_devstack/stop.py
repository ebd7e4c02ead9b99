"""End a folder's servers in order, whoever started them."""

from contextlib import suppress

import psutil

from damsight_devstack.errors import StopFailedError
from damsight_devstack.layout import Layout
from damsight_devstack.pausing import go_on
from damsight_devstack.state import StateFile

KILLED_WITHIN_S = 10.0


def stop_servers(layout: Layout, *, within_s: float) -> bool:
    """Ask both to close, kill what has not closed in time; whether any ran.

    Raises:
        StopFailedError: A server could not be ended.
    """
    state = StateFile(layout.state).read()
    servers = (state.kafka, state.elasticsearch) if state else ()
    if state is not None and not state.stopped:
        # On a full disk it cannot be written, and the servers must be stopped all the same.
        with suppress(OSError):
            StateFile(layout.state).write(state.model_copy(update={"stopped": True}))
    running = [process for server in servers if (process := server.process())]
    try:
        return _end(layout, running, within_s)
    except psutil.AccessDenied as denied:
        raise StopFailedError(
            f"The stack in {layout.folder} belongs to another user (process {denied.pid}): stop it as that user."
        ) from denied


def _end(layout: Layout, running: list[psutil.Process], within_s: float) -> bool:
    for process in running:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
            # A process that was paused sees no signal before it goes on.
            go_on(process)
    _, late = psutil.wait_procs(running, timeout=within_s)
    for process in late:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _, left = psutil.wait_procs(late, timeout=KILLED_WITHIN_S)
    if left:
        ids = ", ".join(str(process.pid) for process in left)
        raise StopFailedError(f"The stack in {layout.folder} could not be stopped: end these processes: {ids}.")
    return bool(running)
