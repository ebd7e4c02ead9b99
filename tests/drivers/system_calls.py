"""Watch by strace which files a process opens and whom it calls, native code included."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

_WATCHED = "openat,open,creat,openat2,connect,bind,socket,execve,unlink,unlinkat,rename"
_CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)")
_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ATTACH_WITHIN_S = 120.0
_LOOKED_AT = (
    "/lib/",
    "/lib64/",
    "/etc/ld.so",
    "/etc/localtime",
    "/etc/fonts",
    "/var/cache/fontconfig",
    "/sys/",
    "/dev/null",
    "/dev/urandom",
)


class SystemCalls:
    """Follows one process after the other, and the children of each; a context manager. It needs strace."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._strace: subprocess.Popen[bytes] | None = None
        self._followed: int | None = None
        # What the interpreter and its libraries are made of, and what they look at to start.
        places = (sys.prefix, sys.base_prefix, Path(__file__).parents[2], "/usr", "/lib", "/lib64", "/proc")
        fonts = (str(Path.home() / ".fonts"), str(Path.home() / ".local/share/fonts"))
        self._allowed = (*(os.path.realpath(place) for place in places), sys.prefix, *_LOOKED_AT, *fonts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._folder.cleanup()

    def follow(self, process: int | None) -> None:
        """Follow a process from now on, where it is not followed already."""
        if process is None or process == self._followed:
            return
        self._stop()
        written = Path(self._folder.name) / f"calls-{process}"
        self._strace = subprocess.Popen(
            ["strace", "-f", "-qq", "-s", "300", "-e", f"trace={_WATCHED}", "-o", str(written), "-p", str(process)],
            stderr=subprocess.DEVNULL,
        )
        self._followed = process
        _wait_until_traced(process)

    def forbidden(self) -> list[str]:
        """Every call to a network, and every file outside of what Python and its libraries are made of."""
        self._stop()
        lines = [
            line
            for written in Path(self._folder.name).iterdir()
            for line in written.read_text(encoding="utf-8", errors="replace").splitlines()
        ]
        return sorted({line.split(" ", 1)[-1] for line in lines if self._is_forbidden(line)})

    def _is_forbidden(self, line: str) -> bool:
        match = _CALL.match(line)
        if match is None:
            return False
        call, arguments = match.groups()
        if call in ("connect", "bind", "socket"):
            return "AF_UNIX" not in arguments
        path = _PATH.search(arguments)
        return path is not None and not path[1].startswith(self._allowed)

    def _stop(self) -> None:
        if self._strace is not None:
            self._strace.send_signal(signal.SIGINT)
            self._strace.wait()
            self._strace = None


def _wait_until_traced(process: int) -> None:
    end = time.monotonic() + _ATTACH_WITHIN_S
    while time.monotonic() < end:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
        if "TracerPid:\t0\n" not in status:
            return
        time.sleep(0.05)
    raise TimeoutError("strace does not come to follow the decoder; is ptrace allowed here?")
