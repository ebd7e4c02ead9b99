"""The process that an isolated decoder decodes in: `python -m damsight_encoders.decode.child LIFE_PIPE`.

stdin is the socket to the parent. Whatever happens here, and whoever takes this process over, the parent only reads
frames of a fixed form.
"""

import contextlib
import fcntl
import json
import math
import os
import pickle
import resource
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any, Final, cast

from damsight_encoders.content import Content
from damsight_encoders.decode.answers import told_of
from damsight_encoders.decode.frames import Channel
from damsight_encoders.errors import MediaError
from damsight_encoders.ports import MediaDecoder, PictureDecoder

STDERR_BYTES: Final = 64 * 1024
_MESSAGE_CHARACTERS: Final = 4000
_PARENT_ENDED: Final = 3


def main() -> None:
    """Decode one file after the other until the parent is gone."""
    _end_with_parent(int(sys.argv[1]))
    channel = Channel(socket.socket(fileno=sys.stdin.fileno()))
    with contextlib.suppress(EOFError, ConnectionError):
        start = json.loads(channel.receive())
        _limit(start["address_space_bytes"])
        decoder = _received_decoder(channel, start["bytes"])
        channel.send({"ready": True})
        while True:
            _answer(channel, decoder, start["cpu_s"])


def _end_with_parent(life: int) -> None:
    """Have the kernel end this process when the other end of a pipe closes, even in the midst of a decoder's C code.

    Not PR_SET_PDEATHSIG: that signal comes when the parent's thread ends that started this process, and threads of a
    pool come and go. SIGIO's default is to end the process, and only the parent's end makes it come.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGIO})
    fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([life], [], [], 0)[0]:
        os._exit(_PARENT_ENDED)


def _limit(address_space_bytes: int) -> None:
    # A child that eats the machine's memory is the one that the kernel must end, not the parent.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    # 1 and not 0: where core_pattern is a pipe, Linux asks for no core at 1 alone (core(5), fs/coredump.c).
    _lower(resource.RLIMIT_CORE, 1)
    _lower(resource.RLIMIT_FSIZE, STDERR_BYTES)
    _lower(resource.RLIMIT_AS, address_space_bytes)


def _lower(which: int, limit: int) -> None:
    hard = resource.getrlimit(which)[1]
    allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(which, (allowed, allowed))


def _received_decoder(channel: Channel, length: int) -> PictureDecoder | MediaDecoder:
    pickled = bytearray(length)
    channel.receive_into(memoryview(pickled))
    decoder: PictureDecoder | MediaDecoder = pickle.loads(pickled)  # noqa: S301 - our own parent's, sent before any asset
    return decoder


def _answer(channel: Channel, decoder: PictureDecoder | MediaDecoder, cpu_s: int) -> None:
    request = json.loads(channel.receive())
    data = bytearray(request["bytes"])
    channel.receive_into(memoryview(data))
    # Room for this file's complaints, whatever the ones before it left.
    os.ftruncate(sys.stderr.fileno(), os.lseek(sys.stderr.fileno(), 0, os.SEEK_SET))
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + cpu_s, hard))
    try:
        content = _decoded(decoder, bytes(data), request)
    except MediaError as error:
        channel.send({"refused": {"reason": error.reason, "message": _plain(str(error))}})
    except Exception as error:  # noqa: BLE001 - the parent must hear of it, whatever a decoder raises
        channel.send({"failed": _plain(f"{type(error).__name__}: {error}")})
    else:
        _answer_with(channel, content)


def _answer_with(channel: Channel, content: Content) -> None:
    try:
        header, bodies = told_of(content)
    except (AttributeError, TypeError, ValueError) as error:
        channel.send({"failed": _plain(f"{type(error).__name__}: {error}")})
    else:
        channel.send(header, *bodies)


def _decoded(decoder: PictureDecoder | MediaDecoder, data: bytes, request: dict[str, Any]) -> Content:
    if request["whole"]:
        media = cast("MediaDecoder", decoder)
        return media.decode_media(data, at_least=request["at_least"], sound_rate=request["sound_rate"])
    return Content(cover=cast("PictureDecoder", decoder).decode(data, at_least=request["at_least"]))


def _plain(words: str) -> str:
    """Cut words to what fits in a header, without half characters."""
    return words[:_MESSAGE_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


if __name__ == "__main__":
    main()
