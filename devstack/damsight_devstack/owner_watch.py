"""End a server process with its owner, however the owner ends.

The server's stdin is a pipe whose other end only the owner holds. One byte on it means "you are on your own now"
(a stack that stays up); its end without that byte means that the owner is gone, by SIGKILL too. A pipe end that a
forked grandchild of the owner kept open would hide this, so the parent's process id is watched as well.
"""

import os
import select
import signal
import threading
from dataclasses import dataclass, field

RELEASE = b"r"
LOOK_EVERY_S = 0.5
CLOSE_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class OwnerWatch:
    """Watches the owner from a thread; `serving` tells whether there is a running server to close in order."""

    serving: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)

    def start(self, pipe: int) -> None:
        """Watch from now on."""
        threading.Thread(target=self._watch, args=(pipe, os.getppid()), name="owner", daemon=True).start()

    def _watch(self, pipe: int, owner: int) -> None:
        if not _owner_is_gone(pipe, owner):
            return
        if not self.serving.is_set():
            # Half started: nothing was promised to anybody, so nothing is lost.
            os._exit(1)
        os.kill(os.getpid(), signal.SIGTERM)
        self.closed.wait(CLOSE_WITHIN_S)
        os._exit(1)


def _owner_is_gone(pipe: int, owner: int) -> bool:
    """Block until the owner is gone (True) or has let this process go (False)."""
    while os.getppid() == owner:
        readable, _, _ = select.select([pipe], [], [], LOOK_EVERY_S)
        if readable:
            return os.read(pipe, 1) != RELEASE
    return True
