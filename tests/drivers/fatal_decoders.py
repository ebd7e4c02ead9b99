"""A decoder that does to its process what its bytes say, and programs that own one."""

import contextlib
import ctypes
import json
import os
import resource
import signal
import struct
import sys
import time
from pathlib import Path

from damsight_encoders.content import Picture
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.decode.isolated import IsolatedDecoder
from damsight_encoders.errors import MediaError

SIDES = (
    b'{"content":{"pictures":[{"width":2147483647,"height":9,"original_size":[1,1],"media_format":"PNG","box":null}],'
    b'"cover":0,"parts":[],"samples":null,"rate":null,"words_bytes":0,"duration_s":null,"pages":null}}'
)
FRAMED_SIDES = struct.pack(">I", len(SIDES)) + SIDES
NOISE_BYTES = 4 << 20


class FatalDecoder:
    """Picklable; anything but its own words goes to Pillow."""

    def decode(self, data: bytes, *, at_least: int) -> Picture:
        word, _, rest = data.partition(b":")
        action = getattr(self, f"do_{word.decode('latin-1')}", None) if len(word) < 20 else None
        if action is not None:
            action(rest)
            data = rest.partition(b":")[2]
        return PillowDecoder().decode(data, at_least=at_least)

    def do_segfault(self, _: bytes) -> None:
        ctypes.string_at(0)

    def do_abort(self, _: bytes) -> None:
        os.abort()

    def do_kill(self, _: bytes) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def do_exit(self, _: bytes) -> None:
        sys.exit(7)

    def do_spin(self, _: bytes) -> None:
        # In C, with the interpreter's lock held: no other thread and no handler of this process comes to run.
        sum(range(10**15))

    def do_sleep(self, _: bytes) -> None:
        time.sleep(3600)

    def do_swallow(self, _: bytes) -> None:
        swallowed = []
        while True:
            swallowed.append(bytearray(64 << 20))

    def do_once(self, marker: bytes) -> None:
        """Die the first time, by a marker file; decode what follows after that."""
        path = Path(os.fsdecode(marker.partition(b":")[0]))
        if not path.exists():
            path.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def do_say(self, words: bytes) -> None:
        """Write to the parent in the decoder's name."""
        os.write(0, words)
        time.sleep(3600)

    def do_babble(self, _: bytes) -> None:
        os.write(1, b"noise " * 1000)
        sys.stderr.write("noise " * 1000)
        sys.stderr.flush()

    def do_flood(self, _: bytes) -> None:
        with contextlib.suppress(OSError):
            while True:
                os.write(2, b"x" * NOISE_BYTES)

    def do_tell(self, _: bytes) -> None:
        told = {
            "environment": sorted(os.environ),
            "core": resource.getrlimit(resource.RLIMIT_CORE),
            "torch": "torch" in sys.modules,
        }
        raise MediaError("told", json.dumps(told))


class LostDecoder(PillowDecoder):
    """Cannot be made in another process."""

    def __reduce__(self) -> tuple[object, ...]:
        return (_lost, ())


def _lost() -> None:
    raise RuntimeError("no such decoder here")


def own_one() -> None:
    """Start a child, print its process id, and have it busy for ever."""
    # What runs in the background, as tests may, has it ignored, and hands that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    decoder = IsolatedDecoder(FatalDecoder())
    try:
        _be_busy(decoder)
    except KeyboardInterrupt:
        sys.exit(130)


def _be_busy(decoder: IsolatedDecoder) -> None:
    try:
        decoder.decode(b"tell:", at_least=1)
    except MediaError:
        sys.stdout.write(f"{decoder.child_pid}\n")
        sys.stdout.flush()
    decoder.decode(sys.argv[1].encode(), at_least=1)
