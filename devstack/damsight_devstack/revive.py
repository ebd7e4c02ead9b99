"""Start a server again that dies, for as long as the stack's owner wants it."""

import threading
import time
from dataclasses import dataclass

from damsight_devstack.errors import NotRunningError, StackError
from damsight_devstack.layout import Layout
from damsight_devstack.progress import OnProgress, StackProgress
from damsight_devstack.restart import Waiting, start_again
from damsight_devstack.server_process import ServerName, ServerProcess
from damsight_devstack.servers import Servers
from damsight_devstack.state import StateFile

LOOK_EVERY_S = 0.3
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
# A server that ran for so long is in order: its next death is a new one.
IN_ORDER_AFTER_S = 60.0


@dataclass(slots=True)
class _Tries:
    """How one server fares: when it may be tried again and when it was last started (monotonic seconds)."""

    pause_s: float = FIRST_PAUSE_S
    not_before: float = 0.0
    started: float = 0.0

    def failed(self) -> float:
        """Wait longer from time to time; returns how long now."""
        pause, self.pause_s = self.pause_s, min(2 * self.pause_s, LONGEST_PAUSE_S)
        self.not_before = time.monotonic() + pause
        return pause

    def succeeded(self) -> None:
        self.started = time.monotonic()

    def died(self) -> None:
        if self.started and time.monotonic() - self.started > IN_ORDER_AFTER_S:
            self.pause_s = FIRST_PAUSE_S


class Reviver:
    """Watches a stack's servers from a thread, and starts again what died; a longer pause after each failure.

    Args:
        layout: The stack's folder.
        servers: Those that this process started; a new one takes the place of the one that died.
        within_s: Seconds that a start may take.
        on_progress: Told, from the thread, in a line for a person, what died and what became of it.
    """

    def __init__(self, layout: Layout, servers: Servers, *, within_s: float, on_progress: OnProgress) -> None:
        self._layout, self._servers, self._on_progress = layout, servers, on_progress
        self._over = threading.Event()
        self._waiting = Waiting(within_s, on_progress, self._over)
        self._tries: dict[ServerName, _Tries] = {name: _Tries() for name in servers.running}
        self._told: set[int] = set()
        self._thread = threading.Thread(target=self._watch, name="reviver", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more; a start that is under way is broken off."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        try:
            while not self._over.wait(LOOK_EVERY_S):
                for server in list(self._servers.running.values()):
                    self._look_at(server)
        except NotRunningError:
            # The stack was ordered down from elsewhere: that is no death.
            return

    def _look_at(self, server: ServerProcess) -> None:
        code, tries = server.process.poll(), self._tries[server.name]
        if code is None or self._is_ordered_down():
            return
        if server.pid not in self._told:
            self._told.add(server.pid)
            tries.died()
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            self._tell(f"{server.name} {how}: starting it again")
        if time.monotonic() >= tries.not_before:
            self._start_again(server.name, tries)

    def _start_again(self, name: ServerName, tries: _Tries) -> None:
        try:
            start_again(self._layout, name, self._waiting)
        except NotRunningError:
            raise
        except StackError as failed:
            # Told by the next line already; its whole log would bury what else is on the screen.
            self._told.add(self._servers.running[name].pid)
            if not self._over.is_set():
                reason = str(failed).splitlines()[0]
                self._tell(f"{name} did not start again: {reason} The next try is in {tries.failed():.0f} s.")
        else:
            tries.succeeded()

    def _is_ordered_down(self) -> bool:
        state = StateFile(self._layout.state).read()
        return state is None or state.stopped

    def _tell(self, words: str) -> None:
        self._on_progress(StackProgress("note", words))
