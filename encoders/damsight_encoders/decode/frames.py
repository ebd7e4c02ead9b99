"""What the two processes of an isolated decoder say to each other: a JSON header with its length before it, raw bytes.

Nothing that comes from the child is unpickled: whoever takes the child over must not get any further.
"""

import json
import socket
import struct
import time
from typing import Final

from damsight_encoders.errors import EncoderError

HEADER_BYTES: Final = 512 * 1024
_LENGTH: Final = struct.Struct(">I")


class FrameError(EncoderError):
    """The other side says what is not of this protocol."""


class Channel:
    """One end of a socket pair.

    Args:
        connection: The end; closed with this.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._deadline: float | None = None

    def give_up_in(self, seconds: float) -> None:
        """Let everything from now on take this long together, in seconds; then TimeoutError."""
        self._deadline = time.monotonic() + seconds

    def send(self, header: dict[str, object], *bodies: bytes | memoryview) -> None:
        """Send a header, and the bytes that it speaks of.

        Raises:
            OSError: The other side is gone (ConnectionError), or does not read in time (TimeoutError).
        """
        text = json.dumps(header).encode()
        for part in (_LENGTH.pack(len(text)), text, *bodies):
            self._wait_no_longer()
            self._connection.sendall(part)

    def receive(self) -> bytes:
        """Receive a header's JSON, at most 512 KiB.

        Raises:
            EOFError: The other side is gone.
            OSError: As for `send`.
            FrameError: It is longer.
        """
        length: int = _LENGTH.unpack(self._receive_bytes(_LENGTH.size))[0]
        if length > HEADER_BYTES:
            raise FrameError(f"a header of {length:,} bytes where at most {HEADER_BYTES:,} are allowed")
        return bytes(self._receive_bytes(length))

    def receive_into(self, place: memoryview) -> None:
        """Fill a place with what comes.

        Raises:
            EOFError: The other side is gone.
            OSError: As for `send`.
        """
        filled = 0
        while filled < len(place):
            self._wait_no_longer()
            count = self._connection.recv_into(place[filled:])
            if count == 0:
                raise EOFError("the other side is gone")
            filled += count

    def close(self) -> None:
        """Close this end; the other one sees it."""
        self._connection.close()

    def _receive_bytes(self, count: int) -> bytearray:
        place = bytearray(count)
        self.receive_into(memoryview(place))
        return place

    def _wait_no_longer(self) -> None:
        if self._deadline is None:
            return
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is over")
        self._connection.settimeout(left)
