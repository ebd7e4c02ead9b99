"""Wait, for all servers at once, until each has done its first piece of work."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from damsight_devstack.errors import NotReadyError, StackError
from damsight_devstack.ports import accepts
from damsight_devstack.progress import OnProgress, StackProgress
from damsight_devstack.server_process import ServerProcess, log_tail

Problem = Callable[[], str | None]
LOOK_EVERY_S = 0.1


def wait_until_ready(
    servers: Mapping[ServerProcess, Problem],
    *,
    within_s: float,
    on_progress: OnProgress,
    broken_off: threading.Event | None = None,
) -> None:
    """Return when each server's `Problem` has become None.

    Args:
        servers: What to wait for.
        within_s: For so many seconds.
        on_progress: Told of each that is ready.
        broken_off: Set by who wants to wait no more.

    Raises:
        StackError: A server ended (as `ServerProcess.check_alive` says), or NotReadyError: it took too long, or
            nobody waits any more.
    """
    abandon = threading.Event()
    deadline = time.monotonic() + within_s
    pool = ThreadPoolExecutor(len(servers), thread_name_prefix="ready")
    try:
        waits = {
            pool.submit(_wait_for_one, server, problem, deadline, abandon, on_progress)
            for server, problem in servers.items()
        }
        while waits:
            done, waits = wait(waits, timeout=LOOK_EVERY_S, return_when=FIRST_COMPLETED)
            for one in done:
                one.result()
            if waits and broken_off is not None and broken_off.is_set():
                raise NotReadyError("The start was broken off.")
    finally:
        abandon.set()
        # Not waited for: an interrupted start ends the servers next, and with them the last probes.
        pool.shutdown(wait=False, cancel_futures=True)


def _wait_for_one(
    server: ServerProcess, problem: Problem, deadline: float, abandon: threading.Event, on_progress: OnProgress
) -> None:
    began = time.monotonic()
    last: str | None = "it did not listen yet"
    while not abandon.is_set():
        server.check_alive()
        # The port first: a client against a server that does not listen yet only fills logs with refusals.
        if accepts(server.port):
            last = problem()
            if last is None:
                taken = time.monotonic() - began
                on_progress(StackProgress("ready", f"{server.name} is ready after {taken:.1f} s"))
                return
        if time.monotonic() > deadline:
            raise _too_late(server, last)
        abandon.wait(LOOK_EVERY_S)


def _too_late(server: ServerProcess, last: str | None) -> StackError:
    return NotReadyError(
        f"{server.name} runs but is not ready in time; last: {last}. Allow more time with "
        f"DAMSIGHT_STACK__START_TIMEOUT_S. Its log is {server.log} and ends with:\n{log_tail(server.log)}"
    )
