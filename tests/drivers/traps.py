"""What nobody may touch: a file that tells when it is opened, by whatever code, and a server that tells who calls."""

import ctypes
import os
import socket
import struct
from pathlib import Path
from typing import Self

_IN_OPEN = 0x20
_EVENT = struct.Struct("iIII")


class Traps:
    """A watched file and a listening socket on 127.0.0.1; a context manager.

    Args:
        place: A folder for the file.
        content: Of the file: what a decoder that opened it would gladly take.
    """

    def __init__(self, place: Path, content: bytes) -> None:
        self.path = place / "honeypot.mp4"
        self.path.write_bytes(content)
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._server.setblocking(False)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/honeypot.mp4"
        library = ctypes.CDLL(None, use_errno=True)
        # inotify(7): native code is seen too, which Python's audit hooks do not.
        self._watch = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._watch < 0 or library.inotify_add_watch(self._watch, os.fsencode(self.path), _IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), "no watch can be set on the file")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        os.close(self._watch)

    def sprung(self) -> list[str]:
        """What was touched since the last time that this was asked."""
        touched = []
        try:
            os.read(self._watch, 64 * _EVENT.size)
            touched.append("file")
        except BlockingIOError:
            pass
        try:
            self._server.accept()[0].close()
            touched.append("server")
        except BlockingIOError:
            pass
        return touched
