"""Stop a process where it is and let it go on, such that it never stays stopped for ever."""

import subprocess
import time

import psutil

# Lets the process go on when the pipe ends, be it that we were killed: a paused server cannot see its owner end.
_GUARD = 'read -r _; kill -CONT "$0" 2>/dev/null'
_STILL = {psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
_LOOK_EVERY_S = 0.005
_GUARDS: "dict[int, subprocess.Popen[bytes]]" = {}


def pause(process: psutil.Process) -> None:
    """Stop it (SIGSTOP) until `go_on`, or until this process ends; returns when it stands still.

    Raises:
        psutil.NoSuchProcess: It has ended.
    """
    if process.pid not in _GUARDS:
        _GUARDS[process.pid] = subprocess.Popen(  # noqa: S603 our own program, no word of anybody else
            ["/bin/sh", "-c", _GUARD, str(process.pid)], stdin=subprocess.PIPE, start_new_session=True
        )
    process.suspend()
    while process.status() not in _STILL:
        time.sleep(_LOOK_EVERY_S)


def go_on(process: psutil.Process) -> None:
    """Let it go on (SIGCONT); nothing happens to one that was not paused.

    Raises:
        psutil.NoSuchProcess: It has ended.
    """
    unguard(process.pid)
    process.resume()


def unguard(pid: int) -> None:
    """Guard it no more."""
    guard = _GUARDS.pop(pid, None)
    if guard is not None and guard.stdin is not None:
        guard.stdin.close()
        guard.wait()
